// Package gitlab keeps one note on a merge request up to date with a deployment,
// if asked for. It hears the events of a step like any reporter (step.Listener);
// what GitLab does not take is warned of once, and fails no step.
//
// Its facts come from GitLab's documentation: "Notes API", "Commits API", "Users
// API", "Pagination" and "Authentication" of the REST API, "Predefined CI/CD
// variables reference", "GitLab CI/CD job token", "GitLab quick actions".
package gitlab

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/internal/story"
)

// Inputs are the inputs of every step that may write the note.
type Inputs struct {
	_     struct{} `group:"GitLab"`
	Token string   `flag:"gitlab-token" env:"GITLAB_TOKEN" file:"no" secret:"true" help:"Token for GitLab's API, for --gitlab-note: an access token of the project with the scope api. A job's own token may only read notes."`
	Note  bool     `flag:"gitlab-note" help:"Keep one note on the merge request up to date with the deployment."`
	// The names as the step was given them: they tell its note from others'.
	Application     string `flag:"application" help:"Name of the application, to be shown."`
	DeploymentGroup string `flag:"deployment-group" help:"Name of the deployment group, to be shown."`

	pause func(context.Context, time.Duration) error // nil: the real time
}

// place is where on a GitLab a step runs, and what for.
type place struct {
	api         *url.URL
	project     string // id of the project that has the merge request
	request     int    // its number in the project; 0 if the job is not of one
	commit      string
	environment string
	run         string
}

// placeOf reads a job's predefined variables. In a pipeline of a merge request
// from a fork the request is the other project's.
func placeOf(env *step.Env) place {
	p := place{project: env.Getenv("CI_PROJECT_ID"), commit: env.Build.Commit, environment: env.Getenv("CI_ENVIRONMENT_NAME"), run: story.Address(env.Build.URL)}
	if n, err := strconv.Atoi(env.Getenv("CI_MERGE_REQUEST_IID")); err == nil && n > 0 {
		p.request = n
		if of := env.Getenv("CI_MERGE_REQUEST_PROJECT_ID"); of != "" {
			p.project = of
		}
	}
	if u, err := url.Parse(strings.TrimSuffix(env.Getenv("CI_API_V4_URL"), "/")); err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") {
		p.api = u
	}
	if _, err := strconv.ParseUint(p.project, 10, 63); err != nil {
		p.api = nil
	}
	return p
}

// Listen begins to write the note, if the inputs ask for it.
func (in *Inputs) Listen(ctx context.Context, env *step.Env) (event.Sink, func(context.Context, *report.Failure)) {
	if !in.Note {
		return nil, nil
	}
	at := placeOf(env)
	switch {
	case strings.TrimSpace(in.Token) == "":
		env.Warn("the merge request has no note on the deployment: --gitlab-token is not set. Give an access token of the project with the scope api as a masked variable GITLAB_TOKEN; the job's own token may only read notes.")
		return nil, nil
	case at.api == nil:
		env.Warn("the merge request has no note on the deployment: CI_API_V4_URL names no address, or CI_PROJECT_ID no project. Is this a job of GitLab's?")
		return nil, nil
	}
	l := newListener(ctx, in, at, env)
	return l, l.finish
}
