package awsconf

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// noEngine is the opener of a program that must not open one.
func noEngine(t *testing.T) Opener {
	return func(context.Context, *step.Env, Engine) (*Local, error) {
		t.Error("the engine was opened")
		return nil, errors.New("no engine")
	}
}

// list makes one call of each service.
func list(open Opener) func(context.Context, *step.Env, *Inputs) error {
	return func(ctx context.Context, env *step.Env, in *Inputs) error {
		c, err := open.Open(ctx, env, in)
		if err != nil {
			return err
		}
		if _, err := c.CodeDeploy.ListApplications(ctx, &codedeploy.ListApplicationsInput{}); err != nil {
			return c.Explain(err, "list the applications")
		}
		bucket, key := "releases", "k"
		_, err = c.S3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: &key})
		return c.Explain(err, "delete %s", key)
	}
}

func TestEndpointIsAURL(t *testing.T) {
	anyCredentials(t)
	srv := &server{status: 200, body: "{}"}
	code, out := run(t, nil, list(noEngine(t)), "--endpoint", srv.start(t), "--region", "eu-west-1", "--verbose")
	if code != step.OK {
		t.Fatalf("%d: %s", code, out)
	}
	if len(srv.calls) != 2 || srv.calls[0].Header.Get("X-Amz-Target") != "CodeDeploy_20141006.ListApplications" || srv.calls[1].URL.Path != "/releases/k" {
		t.Errorf("%v", srv.calls)
	}
	for _, call := range srv.calls {
		if auth := call.Header.Get("Authorization"); !strings.Contains(auth, "Credential=AKIDEXAMPLE/") || !strings.Contains(auth, "/eu-west-1/") {
			t.Errorf("signed as %s", auth)
		}
		if agent := call.Header.Get("User-Agent"); !strings.Contains(agent, "app/codedeploy-steps") {
			t.Errorf("it names itself %s", agent)
		}
	}
	for _, want := range []string{"CodeDeploy ListApplications: ok", "S3 DeleteObject: ok"} {
		if !strings.Contains(out, want) {
			t.Errorf("--verbose does not say %q:\n%s", want, out)
		}
	}
	for _, secret := range []string{"wJalrSECRET", "Signature="} {
		if strings.Contains(out, secret) {
			t.Errorf("--verbose shows %s:\n%s", secret, out)
		}
	}
}

func TestEndpointIsAWS(t *testing.T) {
	anyCredentials(t)
	before := len(network.seen())
	code, out := run(t, nil, list(noEngine(t)), "--region", "eu-west-1")
	if code != step.Refused || !slices.Contains(network.seen()[before:], "codedeploy.eu-west-1.amazonaws.com:443") {
		t.Errorf("%d: %v\n%s", code, network.seen(), out)
	}
	// The SDK's own variables hold too.
	srv := &server{status: 200, body: "{}"}
	t.Setenv("AWS_ENDPOINT_URL", srv.start(t))
	t.Setenv("AWS_REGION", "us-east-1")
	if code, out := run(t, nil, list(noEngine(t))); code != step.OK || len(srv.calls) != 2 {
		t.Errorf("%d: %s", code, out)
	}
}

func TestNoRegion(t *testing.T) {
	anyCredentials(t)
	code, out := run(t, nil, list(noEngine(t)))
	if code != step.Misused || !strings.Contains(out, "no AWS region is set") || !strings.Contains(out, "--endpoint local") {
		t.Errorf("%d: %s", code, out)
	}
}

func TestEndpointIsNonsense(t *testing.T) {
	for _, endpoint := range []string{"AWS", "here", "127.0.0.1:4100", "localhost", "ftp://x", "http://", "http:/x", "://", "file:///x", "http://%zz"} {
		code, out := run(t, nil, list(noEngine(t)), "--endpoint", endpoint, "--region", "eu-west-1")
		if code != step.Misused || !strings.Contains(out, "is neither aws, local nor a URL") {
			t.Errorf("%s: %d: %s", endpoint, code, out)
		}
	}
}

func TestEndpointIsLocal(t *testing.T) {
	srv := &server{status: 200, body: "{}"}
	opened, closed, completed, abandoned := 0, 0, 0, 0
	open := Opener(func(_ context.Context, _ *step.Env, in Engine) (*Local, error) {
		opened++
		if in.State != "here" || in.Instances == nil || *in.Instances != 3 || in.InstanceKind != "directory" || in.InstanceName != "local" || in.Network != "none" {
			t.Errorf("%+v", in)
		}
		return &Local{
			URL: "http://engine.invalid", Transport: srv, Region: "local-1", AccessKeyID: "AKIDLOCAL", SecretAccessKey: "s",
			Complete: func(_ context.Context, c *Clients, n *Names) error {
				completed++
				n.Application = "made-in-" + c.Region
				return nil
			},
			Abandon: func(context.Context) { abandoned++ },
			Close:   func(context.Context) error { closed++; return nil },
		}, nil
	})
	for region, args := range map[string][]string{"local-1": nil, "eu-west-1": {"--region", "eu-west-1"}} {
		opened, closed, completed, abandoned, srv.calls = 0, 0, 0, 0, nil
		args = append(args, "--endpoint", "local", "--state", "here", "--instances", "3", "--instance-kind", "directory")
		code, out := run(t, nil, func(ctx context.Context, env *step.Env, in *Inputs) error {
			if err := list(open)(ctx, env, in); err != nil {
				return err
			}
			c, err := open.Open(ctx, env, in)
			if err != nil {
				return err
			}
			n := Names{}
			if err := c.Complete(ctx, &n); err != nil || n.Application != "made-in-"+region {
				t.Errorf("%+v %v", n, err)
			}
			c.Abandon(ctx)
			if c.Endpoint != "local" || c.Region != region {
				t.Errorf("%+v", c)
			}
			return nil
		}, args...)
		if code != step.OK || opened != 1 || closed != 1 || completed != 1 || abandoned != 1 {
			t.Errorf("%d, opened %d, closed %d, completed %d, abandoned %d: %s", code, opened, closed, completed, abandoned, out)
		}
		if len(srv.calls) != 2 || srv.calls[0].URL.Host != "engine.invalid" || srv.calls[1].URL.Path != "/releases/k" || !strings.Contains(srv.calls[0].Header.Get("Authorization"), "AKIDLOCAL") {
			t.Errorf("%v", srv.calls)
		}
	}
}

func TestTheEngineThatDoesNotOpen(t *testing.T) {
	refused := Opener(func(context.Context, *step.Env, Engine) (*Local, error) {
		return nil, step.Errorf(step.Misused, "the state folder is another's")
	})
	code, out := run(t, nil, list(refused), "--endpoint", "local")
	if code != step.Misused || !strings.Contains(out, "the state folder is another's") {
		t.Errorf("%d: %s", code, out)
	}
}

func TestRoleWithTheEngineIsRefused(t *testing.T) {
	for _, env := range []map[string]string{nil, {"INPUT_ROLE-TO-ASSUME": "arn:aws:iam::1:role/x"}} {
		args := []string{"--endpoint", "local"}
		if env == nil {
			args = append(args, "--role-to-assume", "arn:aws:iam::1:role/x")
		}
		code, out := run(t, env, list(noEngine(t)), args...)
		if code != step.Misused || !strings.Contains(out, "--role-to-assume has no meaning with --endpoint local") {
			t.Errorf("%d: %s", code, out)
		}
	}
}

func TestWithAWSNothingIsMadeUp(t *testing.T) {
	n := Names{}
	c := &Clients{}
	if err := c.Complete(context.Background(), &n); err != nil || n != (Names{}) {
		t.Errorf("%+v %v", n, err)
	}
	c.Abandon(context.Background()) // has nothing to do
}

func TestRevisionLocation(t *testing.T) {
	for _, text := range []string{"s3://b/k.zip?etag=e&versionId=v", "s3://b/k.tgz", "s3://b/k?bundleType=tar", "github://o/r@0123abc"} {
		r, err := RevisionLocation(text)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := LocationText(r); got != text {
			t.Errorf("%s is written as %s", text, got)
		}
	}
	r, err := RevisionLocation("s3://b/k.zip")
	if err != nil || r.S3Location.ETag != nil || r.S3Location.Version != nil || r.GitHubLocation != nil {
		t.Errorf("what is not set is sent: %+v %v", r, err)
	}
	for _, text := range []string{"", "b/k.zip", "s3://b/k"} {
		if _, err := RevisionLocation(text); step.ExitCode(err) != step.Misused || !strings.HasPrefix(fmt.Sprint(err), "--revision") {
			t.Errorf("%q: %v", text, err)
		}
	}
	if got := LocationText(nil); got != "" {
		t.Error(got)
	}
}
