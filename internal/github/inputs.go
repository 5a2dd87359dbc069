// Package github tells GitHub of a deployment, if asked for: as a Deployment of
// GitHub's with its statuses, and as one comment on the pull request. It also
// finds the commit that a github:// revision means.
//
// It hears the events of a step like any reporter (step.Listener): no step
// knows of it beyond the inputs that it embeds. What GitHub does not take is
// warned of once, and fails no step. Everything that speaks to GitHub's API is
// here; its facts come from GitHub's REST API description, 2022-11-28.
package github

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// Account is how GitHub's API is called.
type Account struct {
	_     struct{} `group:"GitHub"`
	Token string   `flag:"github-token" env:"GITHUB_TOKEN,GH_TOKEN" file:"no" secret:"true" help:"Token for GitHub's API: contents: read to find the commit of a github:// revision, deployments: write for --github-deployment, pull-requests: write for --github-comment."`

	pause func(context.Context, time.Duration) error // nil: the real time
}

// Inputs are the inputs of every step that may tell GitHub of its deployment.
type Inputs struct {
	_ struct{} `group:"GitHub"`
	Account
	Deployment     bool   `flag:"github-deployment" help:"Show the deployment on GitHub, with its statuses. A job with environment: has one already."`
	Environment    string `flag:"github-environment" help:"Environment of the deployment on GitHub; the deployment group's name if empty."`
	EnvironmentURL string `flag:"github-environment-url" help:"Address at which the environment can be looked at, shown with the deployment on GitHub."`
	Comment        bool   `flag:"github-comment" help:"Keep one comment on the pull request up to date with the deployment."`
	// The names as the step was given them, for what happens before it says them.
	Application     string `flag:"application" help:"Name of the application, to be shown."`
	DeploymentGroup string `flag:"deployment-group" help:"Name of the deployment group, to be shown."`
}

// Listen begins to tell GitHub what the step says, if the inputs ask for it.
func (in *Inputs) Listen(ctx context.Context, env *step.Env) (event.Sink, func(context.Context, *report.Failure)) {
	if !in.Deployment && !in.Comment {
		return nil, nil
	}
	at := placeOf(env)
	switch {
	case strings.TrimSpace(in.Token) == "":
		env.Warn("GitHub is not told of the deployment: --github-token is not set. In a workflow pass ${{ github.token }}; a fork's pull request has a token that may only read.")
		return nil, nil
	case at.owner == "" || at.api == nil:
		env.Warn("GitHub is not told of the deployment: GITHUB_REPOSITORY does not name a repository, or GITHUB_API_URL no address.")
		return nil, nil
	}
	settings := *in
	if u, err := url.Parse(in.EnvironmentURL); err != nil || in.EnvironmentURL != "" && (u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		env.Warn("--github-environment-url is left out: it is not a URL that begins with https://")
		settings.EnvironmentURL = ""
	}
	l := newListener(ctx, &settings, at, env)
	return l, l.finish
}

// wait waits, or less if ctx ends.
func (in *Account) wait(ctx context.Context, d time.Duration) error {
	if in.pause != nil {
		return in.pause(ctx, d)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
