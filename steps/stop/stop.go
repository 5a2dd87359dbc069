// Package stop is the step that stops a deployment (deployments-stop.md).
package stop

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps/wait"
)

// Inputs of the step.
type Inputs struct {
	step.Common
	awsconf.Inputs
	DeploymentID    string `flag:"deployment-id" arg:"true" help:"The deployment; the one that the group has running if empty."`
	Application     string `flag:"application" help:"Name of the application, where no deployment is named."`
	DeploymentGroup string `flag:"deployment-group" help:"Name of the deployment group, where no deployment is named."`
	AutoRollback    *bool  `flag:"auto-rollback" help:"Go back to the last good revision after the stop; as the group says if not set."`
	Wait            bool   `flag:"wait" default:"true" help:"Follow the deployment until it has stopped."`
	// A stop that was asked for is not called back by a cancel.
	OnCancel  string `flag:"on-cancel" group:"Waiting" enum:"stop,leave" default:"leave" help:"What becomes of the deployment when the step is cancelled: the stop was asked for already."`
	OnTimeout string `flag:"on-timeout" group:"Waiting" enum:"stop,leave" default:"leave" help:"What becomes of the deployment when the time is over: the stop was asked for already."`
	wait.Options

	open awsconf.Opener
}

// Step declares the step.
func Step(open awsconf.Opener) step.Step {
	return step.Step{
		Name:    "stop",
		Summary: "Stop a deployment.",
		Outputs: append([]string{"deployment-id"}, wait.Outputs...),
		Calls: append([]step.Call{
			{Operation: "CodeDeploy StopDeployment"}, {Operation: "CodeDeploy ListDeployments"},
		}, wait.Calls("wait")...),
		Documents: report.DeploymentFormats(),
		New:       func() step.Inputs { return &Inputs{open: open} },
	}
}

// Run asks for the stop and follows the deployment until it has stopped.
func (in *Inputs) Run(ctx context.Context, env *step.Env) error {
	if in.DeploymentID == "" && (in.Application == "" || in.DeploymentGroup == "") {
		return step.Errorf(step.Misused, "which deployment? --deployment-id is not set").
			Do("Give the id, or --application and --deployment-group to stop what the group has running.")
	}
	c, err := in.open.Open(ctx, env, &in.Inputs)
	if err != nil {
		return err
	}
	in.Options.AnyEnd, in.Options.GoesBack = true, in.AutoRollback
	return in.Options.Follow(ctx, env, c, "stop", func(context.Context) (string, error) {
		id, err := in.find(ctx, env, c)
		if err != nil || id == "" {
			return "", err
		}
		out, err := c.CodeDeploy.StopDeployment(ctx, &codedeploy.StopDeploymentInput{DeploymentId: &id, AutoRollbackEnabled: in.AutoRollback})
		var done *types.DeploymentAlreadyCompletedException
		if errors.As(err, &done) {
			return id, nil
		}
		if err != nil {
			return "", c.Explain(err, "stop deployment %s", id)
		}
		if out.Status == types.StopStatusPending {
			env.Info("the stop is pending: scripts that run already are finished first, or run into their timeout")
		}
		if !in.Wait {
			env.Done("%s: stop asked for", id)
			return "", env.Output("deployment-id", id)
		}
		return id, nil
	})
}

// find names the deployment that the group has running.
func (in *Inputs) find(ctx context.Context, env *step.Env, c *awsconf.Clients) (string, error) {
	if in.DeploymentID != "" {
		return in.DeploymentID, nil
	}
	id, err := wait.Running(ctx, c, in.Application, in.DeploymentGroup)
	if err != nil {
		return "", err
	}
	if id == "" {
		env.Skipped("%s/%s has no deployment running", in.Application, in.DeploymentGroup)
		return "", nil
	}
	in.DeploymentID = id
	return in.DeploymentID, nil
}
