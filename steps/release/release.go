// Package release is the whole way of a revision, from the check to the end of
// its deployment. It is made of the other steps and hands their outputs on as a
// pipeline would.
package release

import (
	"context"
	"slices"

	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
	"github.com/codedeploy-steps/codedeploy-steps/internal/revision"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps/deploy"
	"github.com/codedeploy-steps/codedeploy-steps/steps/push"
	"github.com/codedeploy-steps/codedeploy-steps/steps/register"
	"github.com/codedeploy-steps/codedeploy-steps/steps/validate"
)

// Inputs of the step: those of its parts, each once.
type Inputs struct {
	step.Common
	// What a release needs, and what is set most often; its parts are given the same.
	Application     string   `flag:"application" required:"aws" help:"Name of the application, the first part of the key."`
	DeploymentGroup string   `flag:"deployment-group" required:"aws" help:"Name of the deployment group."`
	S3Bucket        string   `flag:"s3-bucket" required:"aws" help:"Bucket that takes the bundle; not with --revision."`
	Wait            bool     `flag:"wait" default:"true" help:"Follow the deployment to its end."`
	Revision        string   `flag:"revision" help:"A revision that lies in S3 already: released as it is, instead of the source."`
	DryRun          bool     `flag:"dry-run" help:"Say what would be done, and do nothing."`
	Description     string   `flag:"description" help:"Words to remember the revision and the deployment by."`
	Report          []string `flag:"report" group:"Reports" file:"no" help:"Documents that are written to files beside what is shown, as kind=path: html=release.html,junit=release.xml. Kinds: html, junit, markdown, and for what the check finds sarif, codequality, checkstyle."`
	step.Reports
	Validate validate.Inputs
	Push     push.Inputs
	Register register.Inputs
	Deploy   deploy.Inputs
}

// Step declares the step.
func Step(open awsconf.Opener) step.Step {
	return step.Step{
		Name:      "release",
		Summary:   "Validate, bundle, push, register, deploy and wait: a whole release.",
		Details:   "Try it without an account: release --endpoint local FOLDER.",
		Outputs:   outputs(),
		Calls:     slices.Concat(push.Calls, register.Calls, deploy.Calls),
		First:     true,
		Documents: report.AllFormats(),
		New: func() step.Inputs {
			return &Inputs{Push: *push.New(open), Register: *register.New(open), Deploy: *deploy.New(open)}
		},
	}
}

func outputs() []string {
	names := append([]string{}, push.Outputs...)
	for _, name := range deploy.Outputs {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// Ready looks at what the parts will write.
func (in *Inputs) Ready(env *step.Env) error {
	if in.Revision != "" { // nothing is packed
		return in.Push.Inputs.Ready(env)
	}
	return in.Push.Ready(env)
}

// Run carries out the parts in their order.
func (in *Inputs) Run(ctx context.Context, env *step.Env) error {
	if err := in.Push.Inputs.Check(); err != nil {
		return err
	}
	if err := in.one(env); err != nil {
		return err
	}
	if err := in.named(); err != nil {
		return err
	}
	parts := []step.Inputs{&in.Push, &in.Register, &in.Deploy}
	if in.Revision != "" {
		parts = parts[1:]
	} else {
		if _, err := in.Push.Prepare(env); err != nil {
			return err
		}
		in.Validate.Inputs = in.Push.Options.Inputs // what is pushed is what is checked
		if err := in.validate(ctx, env); err != nil {
			return err
		}
	}
	for _, part := range parts {
		if err := env.Run(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// one refuses a source or a bundle that is typed beside a revision, which is
// released as it is. As with push, what the settings of a pipeline name gives way.
func (in *Inputs) one(env *step.Env) error {
	if in.Revision == "" {
		return nil
	}
	for _, name := range []string{"source", "bundle"} {
		if from := env.From(name); from.Typed() {
			return step.Errorf(step.Misused, "%s and %s both say what is released", from, env.From("revision")).Do("Give one of them.")
		}
	}
	return nil
}

// named refuses at once what a later part would miss, when S3 and CodeDeploy
// know of the release already. The engine gives names by itself.
func (in *Inputs) named() error {
	if in.Deploy.Endpoint == "local" {
		return nil
	}
	n := awsconf.Names{
		Application: in.Deploy.Application, WantApplication: true,
		Group: in.Deploy.DeploymentGroup, WantGroup: true,
		Bucket: in.Push.S3Bucket, WantBucket: in.Revision == "",
	}
	return n.Check()
}

// validate checks the source, and refuses what no server can be given.
func (in *Inputs) validate(ctx context.Context, env *step.Env) error {
	if err := env.Run(ctx, &in.Validate); err != nil {
		return err
	}
	r, err := revision.Open(env, in.Validate.Inputs)
	if err != nil {
		return err
	}
	return r.ForServers(env)
}
