// Package register is the step that registers a revision with its application
// (application-revisions-register.md).
package register

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/github"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// Inputs of the step.
type Inputs struct {
	step.Common
	awsconf.Inputs
	Application string `flag:"application" required:"aws" help:"Application that the revision is registered with."`
	Revision    string `flag:"revision" required:"true" help:"Location of the revision: s3://bucket/key?versionId=…&etag=… or github://owner/repository@commit, where a branch or tag is found its commit."`
	Description string `flag:"description" help:"Words to remember the revision and the deployment by."`
	DryRun      bool   `flag:"dry-run" help:"Say what would be done, and do nothing."`
	github.Account

	open awsconf.Opener
}

// Calls of the step.
var Calls = []step.Call{{Operation: "CodeDeploy GetApplicationRevision"}, {Operation: "CodeDeploy RegisterApplicationRevision"}}

// Step declares the step.
func Step(open awsconf.Opener) step.Step {
	return step.Step{
		Name:    "register",
		Summary: "Register a revision with its application.",
		Outputs: []string{"application", "revision"},
		Calls:   Calls,
		New:     func() step.Inputs { return New(open) },
	}
}

// New makes the inputs of a registration that opens its endpoint by open.
func New(open awsconf.Opener) *Inputs { return &Inputs{open: open} }

// Run registers the revision, unless it is registered.
func (in *Inputs) Run(ctx context.Context, env *step.Env) error {
	return env.Stage("register", func() error {
		names := awsconf.Names{Application: in.Application, Source: env.Dir, WantApplication: true}
		if err := in.Inputs.Plan(&names); err != nil {
			return err
		}
		if in.DryRun {
			env.Done("would be registered with application %s", names.Application)
			return nil
		}
		at, err := in.Account.Resolve(ctx, env, in.Revision)
		if err != nil {
			return err
		}
		location, err := awsconf.RevisionLocation(at)
		if err != nil {
			return err
		}
		if at != in.Revision { // what is deployed next is the same commit
			if err := env.Output("revision", at); err != nil {
				return err
			}
		}
		c, err := in.open.Open(ctx, env, &in.Inputs)
		if err != nil {
			return err
		}
		if err := c.Complete(ctx, &names); err != nil {
			return err
		}
		if err := env.Output("application", names.Application); err != nil {
			return err
		}
		_, err = c.CodeDeploy.GetApplicationRevision(ctx, &codedeploy.GetApplicationRevisionInput{ApplicationName: &names.Application, Revision: location})
		if err == nil {
			env.Skipped("application %s has this revision already", names.Application)
			return nil
		}
		var absent *types.RevisionDoesNotExistException
		if !errors.As(err, &absent) {
			return c.Explain(err, "look for the revision in application %s", names.Application)
		}
		register := &codedeploy.RegisterApplicationRevisionInput{ApplicationName: &names.Application, Revision: location}
		if in.Description != "" {
			register.Description = &in.Description
		}
		if _, err := c.CodeDeploy.RegisterApplicationRevision(ctx, register); err != nil {
			return c.Explain(err, "register the revision with application %s", names.Application)
		}
		env.Done("with application %s", names.Application)
		return nil
	})
}
