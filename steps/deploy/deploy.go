// Package deploy is the step that creates a deployment and, if asked, follows
// it to its end (deployments-create-cli.md).
package deploy

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/github"
	"github.com/codedeploy-steps/codedeploy-steps/internal/gitlab"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps/wait"
)

// Inputs of the step. What overrides a setting of the deployment group is sent
// only if it was set.
type Inputs struct {
	step.Common
	awsconf.Inputs
	Application        string `flag:"application" required:"aws" help:"Name of the application."`
	DeploymentGroup    string `flag:"deployment-group" required:"aws" help:"Name of the deployment group."`
	Revision           string `flag:"revision" required:"true" help:"Location of the revision: s3://bucket/key?versionId=…&etag=… or github://owner/repository@commit, where a branch or tag is found its commit."`
	DeploymentConfig   string `flag:"deployment-config" group:"Deploy" help:"Deployment configuration, such as CodeDeployDefault.OneAtATime; the group's own if empty."`
	Description        string `flag:"description" help:"Words to remember the revision and the deployment by."`
	AutoRollback       *bool  `flag:"auto-rollback" group:"Deploy" help:"Go back to the last good revision when the deployment fails; as the group says if not set."`
	FileExistsBehavior string `flag:"file-exists-behavior" group:"Deploy" enum:"DISALLOW,OVERWRITE,RETAIN" help:"What to do with files that are on the instance already and were not deployed."`
	Wait               bool   `flag:"wait" help:"Follow the deployment to its end."`
	DryRun             bool   `flag:"dry-run" help:"Say what would be done, and do nothing."`
	wait.Turn
	wait.Options
	GitHubAccount string `flag:"github-account" group:"GitHub" help:"Name of the connection to GitHub (GitHub token name) by which the application is to read a private repository. It is made in the CodeDeploy console; a github:// revision is deployed only if the application has this one."`
	GitHub        github.Inputs
	GitLab        gitlab.Inputs

	open awsconf.Opener
}

// Outputs of the step.
var Outputs = append([]string{"application", "deployment-group", "revision", "deployment-id"}, wait.Outputs...)

// Calls of the step.
var Calls = slices.Concat([]step.Call{
	{Operation: "CodeDeploy GetApplication", If: []string{"github-account"}},
	{Operation: "CodeDeploy ListGitHubAccountTokenNames", If: []string{"github-account"}},
}, wait.TurnCalls(), wait.Calls("wait"))

// Step declares the step.
func Step(open awsconf.Opener) step.Step {
	return step.Step{
		Name:      "deploy",
		Summary:   "Create a deployment; with --wait, follow it to its end.",
		Outputs:   Outputs,
		Calls:     Calls,
		Documents: report.DeploymentFormats(),
		New:       func() step.Inputs { return New(open) },
	}
}

// New makes the inputs of a deployment that opens its endpoint by open.
func New(open awsconf.Opener) *Inputs { return &Inputs{open: open} }

// Run creates the deployment.
func (in *Inputs) Run(ctx context.Context, env *step.Env) error {
	names := awsconf.Names{Application: in.Application, Group: in.DeploymentGroup, Source: env.Dir, WantApplication: true, WantGroup: true}
	if err := in.Inputs.Plan(&names); err != nil {
		return err
	}
	if in.DryRun {
		return env.Stage("deploy", func() error {
			env.Done("would deploy %s to %s", names.Application, names.Group)
			return nil
		})
	}
	at, err := in.GitHub.Resolve(ctx, env, in.Revision)
	if err != nil {
		return err
	}
	location, err := awsconf.RevisionLocation(at)
	if err != nil {
		return err
	}
	c, err := in.open.Open(ctx, env, &in.Inputs)
	if err != nil {
		return err
	}
	// Only waiting is bounded by --timeout: what comes before it takes what it takes.
	prepare := func() error {
		if err := c.Complete(ctx, &names); err != nil {
			return err
		}
		return in.connected(ctx, env, c, names.Application, location)
	}
	plan := func() (*codedeploy.CreateDeploymentInput, error) { return in.plan(env, names, location) }
	if in.Wait {
		return in.Options.Follow(ctx, env, c, "deploy", func(ctx context.Context) (string, error) {
			if err := prepare(); err != nil {
				return "", err
			}
			id, _, err := in.Turn.Create(ctx, env, c, plan)
			return id, err
		})
	}
	return env.Stage("deploy", func() error {
		if err := prepare(); err != nil {
			return err
		}
		bounded, cancel := in.Options.Bound(ctx)
		defer cancel()
		id, ours, err := in.Turn.Create(bounded, env, c, plan)
		if err != nil {
			return err
		}
		if err := wait.Name(env, id); err != nil {
			return err
		}
		how := "created"
		if !ours {
			how = "taken"
		}
		env.Done("%s %s: %s to %s; follow it with: %s", id, how, names.Application, names.Group, c.Command("wait --deployment-id %s", id))
		return nil
	})
}

// plan is the deployment that the inputs ask for.
func (in *Inputs) plan(env *step.Env, names awsconf.Names, location *types.RevisionLocation) (*codedeploy.CreateDeploymentInput, error) {
	if err := env.Output("application", names.Application); err != nil {
		return nil, err
	}
	if err := env.Output("deployment-group", names.Group); err != nil {
		return nil, err
	}
	if err := env.Output("revision", awsconf.LocationText(location)); err != nil {
		return nil, err
	}
	create := &codedeploy.CreateDeploymentInput{
		ApplicationName: &names.Application, DeploymentGroupName: &names.Group, Revision: location,
		FileExistsBehavior: types.FileExistsBehavior(in.FileExistsBehavior),
	}
	if in.DeploymentConfig != "" {
		create.DeploymentConfigName = &in.DeploymentConfig
	}
	if in.Description != "" {
		create.Description = &in.Description
	}
	if in.AutoRollback != nil {
		create.AutoRollbackConfiguration = &types.AutoRollbackConfiguration{Enabled: *in.AutoRollback}
		if *in.AutoRollback {
			create.AutoRollbackConfiguration.Events = []types.AutoRollbackEvent{types.AutoRollbackEventDeploymentFailure, types.AutoRollbackEventDeploymentStopOnAlarm}
		}
	}
	return create, nil
}
