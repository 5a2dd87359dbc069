// Package push is the step that brings a revision's bundle into S3
// (application-revisions-push.md). Content that lies there already is not
// uploaded again.
package push

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps/bundle"
)

// Inputs of the step.
type Inputs struct {
	step.Common
	awsconf.Inputs
	bundle.Options
	Object
	Bundle      string `flag:"bundle" help:"Archive that the step bundle made; pushed instead of the source."`
	Application string `flag:"application" help:"Name of the application, the first part of the key."`
	S3Bucket    string `flag:"s3-bucket" required:"aws" help:"Bucket that takes the bundle."`
	S3Key       string `flag:"s3-key" help:"Key of the bundle; made of prefix, application and the content's digest if empty. {application}, {digest}, {type}, {sha}, {ref}, {run} and {actor} stand for what they name. A slash at its beginning is a part of it, unless there is a prefix."`
	S3Prefix    string `flag:"s3-prefix" help:"Folder that the key begins with, such as releases; slashes around it make no difference."`
	DryRun      bool   `flag:"dry-run" help:"Say what would be done, and do nothing."`

	open awsconf.Opener
}

// Outputs of the step, which release has too.
var Outputs = []string{"application", "bundle", "bundle-digest", "bundle-size", "revision", "etag", "version-id", "unchanged"}

// Calls of the step.
var Calls = []step.Call{
	{Operation: "S3 HeadObject"}, {Operation: "S3 PutObject"},
	{Operation: "S3 CreateMultipartUpload"}, {Operation: "S3 UploadPart"},
	{Operation: "S3 CompleteMultipartUpload"}, {Operation: "S3 AbortMultipartUpload"},
}

// Step declares the step.
func Step(open awsconf.Opener) step.Step {
	return step.Step{
		Name:    "push",
		Summary: "Bring a revision's bundle into S3, unless the same content lies there already.",
		Outputs: Outputs,
		Calls:   Calls,
		New:     func() step.Inputs { return New(open) },
	}
}

// New makes the inputs of a push that opens its endpoint by open.
func New(open awsconf.Opener) *Inputs { return &Inputs{open: open} }

// Ready looks at what will be written.
func (in *Inputs) Ready(env *step.Env) error {
	if err := in.Options.Ready(env); err != nil {
		return err
	}
	return in.Inputs.Ready(env)
}

// Run packs the revision, looks whether S3 has it, and uploads it if not.
func (in *Inputs) Run(ctx context.Context, env *step.Env) error {
	names, err := in.Prepare(env)
	if err != nil {
		return err
	}
	var b *bundle.Bundle
	var c *awsconf.Clients
	ready := func() (err error) {
		if in.DryRun {
			return nil
		}
		if c, err = in.open.Open(ctx, env, &in.Inputs); err != nil {
			return err
		}
		return c.Ready(ctx, "push")
	}
	err = env.Stage("bundle", func() (err error) {
		if b, err = bundle.Open(ctx, env, in.Options, in.Common, ready); err != nil {
			return err
		}
		env.Done("%s", b.Words())
		return b.Describe(env)
	})
	if err != nil {
		return err
	}
	return env.Stage("push", func() error {
		if in.DryRun {
			key, err := in.key(env, names.Application, b.Digest, string(b.Type))
			if err != nil {
				return err
			}
			env.Done("would go to s3://%s/%s, unless it is there", names.Bucket, key)
			return in.named(env, names)
		}
		if err := c.Complete(ctx, &names); err != nil {
			return err
		}
		key, err := in.key(env, names.Application, b.Digest, string(b.Type))
		if err != nil {
			return err
		}
		if err := in.named(env, names); err != nil {
			return err
		}
		b.Writing = "push"
		p := &pusher{in: in, env: env, clients: c, bundle: b, bucket: names.Bucket, key: key}
		return p.push(ctx)
	})
}

// Prepare settles what is pushed and where to, and refuses what the inputs alone
// show to be wrong: reading the source may take long.
func (in *Inputs) Prepare(env *step.Env) (awsconf.Names, error) {
	if err := in.Inputs.Check(); err != nil {
		return awsconf.Names{}, err
	}
	if err := in.Object.check(); err != nil {
		return awsconf.Names{}, err
	}
	if err := in.Options.Check(); err != nil {
		return awsconf.Names{}, err
	}
	if err := in.takeBundle(env); err != nil {
		return awsconf.Names{}, err
	}
	names := awsconf.Names{Application: in.Application, Bucket: in.S3Bucket, Source: env.Path(in.Source), WantBucket: true}
	if err := in.Inputs.Plan(&names); err != nil {
		return awsconf.Names{}, err
	}
	_, err := in.key(env, names.Application, "sha256:"+strings.Repeat("0", 64), in.BundleType)
	return names, err
}

// named hands the application's name on, where there is one.
func (in *Inputs) named(env *step.Env, n awsconf.Names) error {
	if n.Application == "" {
		return nil
	}
	return env.Output("application", n.Application)
}

// takeBundle puts the bundle, if there is one, in the place of the source. It
// counts before a source of the environment or the repository's file, which the
// step that made the bundle has as well. One that is typed is meant: it counts
// before a bundle that an earlier step hands over, and not beside one that was given.
func (in *Inputs) takeBundle(env *step.Env) error {
	source := env.From("source")
	switch {
	case in.Bundle == "":
	case !source.Typed():
		in.Source, in.Named = in.bundlePath(env), "--bundle"
		if info, err := os.Stat(env.Path(in.Source)); err == nil && info.IsDir() {
			return step.Errorf(step.Misused, "--bundle %s is a folder, and no archive", in.Bundle).
				Do("Give the archive that the step bundle made of it, or the folder as the source: without --bundle.")
		}
		if !env.From("appspec").Typed() {
			in.AppSpec = "" // the bundle has it
		}
	case env.Given("bundle"):
		return step.Errorf(step.Misused, "%s and %s both say what is pushed", source, env.From("bundle")).Do("Give one of them.")
	}
	return nil
}

// bundlePath finds the archive that an earlier step named: its outputs are
// relative to the workspace.
func (in *Inputs) bundlePath(env *step.Env) string {
	if p := filepath.Join(env.Workspace, in.Bundle); !exists(env.Path(in.Bundle)) && exists(p) {
		return p
	}
	return in.Bundle
}

func exists(p string) bool { _, err := os.Stat(p); return err == nil }
