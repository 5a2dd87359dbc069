// Package push is the step that brings a revision's bundle into S3
// (application-revisions-push.md). Content that lies there already is not
// uploaded again.
package push

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
	"github.com/codedeploy-steps/codedeploy-steps/internal/revision"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps/bundle"
)

// digestKey is the object's metadata that names its content, whatever its key.
const digestKey = "codedeploy-steps-digest"

// Inputs of the step.
type Inputs struct {
	step.Common
	awsconf.Inputs
	bundle.Options
	Bundle      string `flag:"bundle" help:"Archive that the step bundle made; pushed instead of the source."`
	Application string `flag:"application" help:"Name of the application, the first part of the key."`
	S3Bucket    string `flag:"s3-bucket" help:"Bucket that takes the bundle."`
	S3Key       string `flag:"s3-key" help:"Key of the bundle; made of prefix, application and the content's digest if empty."`
	S3Prefix    string `flag:"s3-prefix" help:"What the key begins with, such as releases/."`
	DryRun      bool   `flag:"dry-run" help:"Say what would be done, and do nothing."`

	open awsconf.Opener
}

// Outputs of the step, which release has too.
var Outputs = []string{"application", "bundle", "bundle-digest", "bundle-size", "revision", "etag", "version-id", "unchanged"}

// Step declares the step.
func Step(open awsconf.Opener) step.Step {
	return step.Step{
		Name:    "push",
		Summary: "Bring a revision's bundle into S3, unless the same content lies there already.",
		Outputs: Outputs,
		New:     func() step.Inputs { return New(open) },
	}
}

// New makes the inputs of a push that opens its endpoint by open.
func New(open awsconf.Opener) *Inputs { return &Inputs{open: open} }

// Run packs the revision, looks whether S3 has it, and uploads it if not.
func (in *Inputs) Run(ctx context.Context, env *step.Env) error {
	if err := in.Inputs.Check(); err != nil {
		return err
	}
	if in.Bundle != "" && !env.Given("source") {
		in.Source, in.AppSpec = in.bundlePath(env), ""
	}
	var b *bundle.Bundle
	err := env.Stage("bundle", func() (err error) {
		if b, err = bundle.Open(ctx, env, in.Options, in.Common); err != nil {
			return err
		}
		env.Done("%s", b.Words())
		return b.Describe(env)
	})
	if err != nil {
		return err
	}
	return env.Stage("push", func() error {
		names := awsconf.Names{Application: in.Application, Bucket: in.S3Bucket, Source: env.Path(in.Source), WantBucket: true}
		if in.DryRun {
			if err := in.Inputs.Plan(&names); err != nil {
				return err
			}
			env.Done("would go to s3://%s/%s, unless it is there", names.Bucket, in.key(names, b))
			return in.named(env, names)
		}
		c, err := in.open.Open(ctx, env, &in.Inputs)
		if err != nil {
			return err
		}
		if err := c.Complete(ctx, &names); err != nil {
			return err
		}
		if err := in.named(env, names); err != nil {
			return err
		}
		return in.push(ctx, env, c, b, names.Bucket, in.key(names, b))
	})
}

// named hands the application's name on, where there is one.
func (in *Inputs) named(env *step.Env, n awsconf.Names) error {
	if n.Application == "" {
		return nil
	}
	return env.Output("application", n.Application)
}

// bundlePath finds the archive that an earlier step named: its outputs are
// relative to the workspace.
func (in *Inputs) bundlePath(env *step.Env) string {
	if p := env.Path(in.Bundle); exists(p) {
		return p
	}
	return path.Join(env.Workspace, in.Bundle)
}

func exists(p string) bool { _, err := os.Stat(p); return err == nil }

// key names the object by its content, so that the same content has one key.
func (in *Inputs) key(n awsconf.Names, b *bundle.Bundle) string {
	if in.S3Key != "" {
		return in.S3Key
	}
	digest := strings.TrimPrefix(b.Digest, "sha256:")
	return in.S3Prefix + path.Join(n.Application, digest[:32]+"."+string(b.Type))
}

func (in *Inputs) push(ctx context.Context, env *step.Env, c *awsconf.Clients, b *bundle.Bundle, bucket, key string) error {
	location := revision.Location{Bucket: bucket, Key: key, Type: b.Type}
	head, err := c.S3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key})
	if err == nil && head.Metadata[digestKey] == b.Digest {
		location.ETag, location.Version = unquote(head.ETag), aws.ToString(head.VersionId)
		if err := in.outputs(env, location, true); err != nil {
			return err
		}
		if in.BundleOutput != "" {
			if err := in.keep(ctx, env, b); err != nil {
				return err
			}
		}
		env.Skipped("s3://%s/%s has this content already", bucket, key)
		return nil
	}
	if err != nil && !absentOrHidden(err) {
		return c.Explain(err, "look for s3://%s/%s", bucket, key)
	}
	f, size, err := b.File(ctx, env)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := b.Keep(env, size); err != nil {
		return err
	}
	out, err := transfermanager.New(c.S3).UploadObject(ctx, &transfermanager.UploadObjectInput{
		Bucket: &bucket, Key: &key, Body: f, Metadata: map[string]string{digestKey: b.Digest},
	})
	if err != nil {
		return c.Explain(err, "upload to s3://%s/%s", bucket, key)
	}
	location.ETag, location.Version = unquote(out.ETag), aws.ToString(out.VersionID)
	if err := in.outputs(env, location, false); err != nil {
		return err
	}
	env.Done("s3://%s/%s, %s", bucket, key, report.Bytes(size))
	return nil
}

// keep writes the bundle that the user wants, although nothing is uploaded.
func (in *Inputs) keep(ctx context.Context, env *step.Env, b *bundle.Bundle) error {
	f, size, err := b.File(ctx, env)
	if err != nil {
		return err
	}
	f.Close()
	return b.Keep(env, size)
}

func (in *Inputs) outputs(env *step.Env, l revision.Location, unchanged bool) error {
	for _, o := range [][2]string{
		{"etag", l.ETag}, {"version-id", l.Version}, {"unchanged", fmt.Sprint(unchanged)}, {"revision", l.String()},
	} {
		if o[1] == "" {
			continue
		}
		if err := env.Output(o[0], o[1]); err != nil {
			return err
		}
	}
	return nil
}

func unquote(etag *string) string { return strings.Trim(aws.ToString(etag), `"`) }

// absentOrHidden takes "not there" for what it is, and "forbidden" as well: who
// may write but not list gets that answer for an object that is not there.
func absentOrHidden(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	switch api.ErrorCode() {
	case "NotFound", "NoSuchKey", "NoSuchBucket", "Forbidden", "AccessDenied":
		return true
	}
	return false
}
