// Package wait is the step that follows a deployment to its end: what happens on
// each target, why it failed, and the rollback if there is one.
package wait

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/github"
	"github.com/codedeploy-steps/codedeploy-steps/internal/gitlab"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// Options are the inputs of every step that waits.
type Options struct {
	_         struct{}      `group:"Waiting"`
	Timeout   time.Duration `flag:"timeout" default:"60m" help:"How long to wait for a deployment, such as 90s, 30m or 2h; a bare number is seconds."`
	OnCancel  string        `flag:"on-cancel" enum:"stop,leave" default:"stop" help:"What becomes of the deployment when the step is cancelled: stop it, or leave it running."`
	OnTimeout string        `flag:"on-timeout" enum:"stop,leave" default:"stop" help:"What becomes of the deployment when the time is over: stop it, or leave it running."`

	step.Reports
	// AnyEnd takes every end for a good one: stop asks for no more.
	AnyEnd bool
	// GoesBack says if the stop that was asked for is followed by a rollback; nil is
	// what the deployment's own settings say.
	GoesBack *bool
	// Then gives what is told with a success, such as where a rollback led.
	Then func() string

	back bool // it is the service's rollback that is followed
}

// Inputs of the step.
type Inputs struct {
	step.Common
	awsconf.Inputs
	DeploymentID string `flag:"deployment-id" arg:"true" required:"true" help:"The deployment."`
	// What others made is left running unless the user says otherwise.
	OnCancel  string `flag:"on-cancel" group:"Waiting" enum:"stop,leave" default:"leave" help:"What becomes of the deployment when the step is cancelled: stop it, or leave it running."`
	OnTimeout string `flag:"on-timeout" group:"Waiting" enum:"stop,leave" default:"leave" help:"What becomes of the deployment when the time is over: stop it, or leave it running."`
	Options
	GitHub github.Inputs
	GitLab gitlab.Inputs

	open awsconf.Opener
}

// Outputs of every step that waits.
var Outputs = []string{"status", "rollback-deployment-id"}

// Calls of every step that waits, where the given inputs say so.
func Calls(when ...string) []step.Call {
	stop := func(input string) []string { return append(slices.Clone(when), input+"=stop") }
	return []step.Call{
		{Operation: "CodeDeploy GetDeployment", If: when},
		{Operation: "CodeDeploy ListDeploymentTargets", If: when},
		{Operation: "CodeDeploy BatchGetDeploymentTargets", If: when},
		{Operation: "CodeDeploy StopDeployment", If: stop("on-cancel")},
		{Operation: "CodeDeploy StopDeployment", If: stop("on-timeout")},
	}
}

// Step declares the step.
func Step(open awsconf.Opener) step.Step {
	return step.Step{
		Name:      "wait",
		Summary:   "Follow a deployment to its end, and its rollback.",
		Outputs:   append([]string{"deployment-id"}, Outputs...),
		Calls:     Calls(),
		Documents: report.DeploymentFormats(),
		New:       func() step.Inputs { return &Inputs{open: open} },
	}
}

// Run follows the deployment.
func (in *Inputs) Run(ctx context.Context, env *step.Env) error {
	if in.DeploymentID == "" {
		return step.Errorf(step.Misused, "--deployment-id is not set").
			Do("Give the id that deploy put out, or pass --outputs to both steps.")
	}
	c, err := in.open.Open(ctx, env, &in.Inputs)
	if err != nil {
		return err
	}
	return in.Options.Follow(ctx, env, c, "wait", func(context.Context) (string, error) { return in.DeploymentID, nil })
}

// errTimeout is the cause of a wait that took too long.
var errTimeout = errors.New("the time is over")
