package awsconf

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// Local is an engine that was opened or found.
type Local struct {
	URL             string // base address; never resolved where Transport is set
	Transport       http.RoundTripper
	Region          string
	AccessKeyID     string
	SecretAccessKey string
	// Complete fills in names that are empty and makes what is missing.
	Complete func(ctx context.Context, c *Clients, n *Names) error
	// Abandon ends what only this process carries on: the scripts of deployments
	// that were asked to stop. Nil if another process carries them on.
	Abandon func(context.Context)
	// Close gives the engine up. It is called once, after the step.
	Close func(context.Context) error
}

// Opener opens the engine of a state folder, or says why this program can't.
type Opener func(ctx context.Context, env *step.Env, in Engine) (*Local, error)

// Clients are what a step calls the service with.
type Clients struct {
	CodeDeploy *codedeploy.Client
	S3         *s3.Client
	Region     string
	Endpoint   string // as the user named it, "aws" if nobody did
	// Command is Inputs.Command: a command line for the user.
	Command func(line string, args ...any) string

	complete func(context.Context, *Names) error
	abandon  func(context.Context)
}

type clientsKey struct{}

// Open gives the clients of this process, opened at first use: the steps of one
// release share them.
func (open Opener) Open(ctx context.Context, env *step.Env, in *Inputs) (*Clients, error) {
	return step.Share(env, clientsKey{}, func() (*Clients, error) {
		if err := in.Check(); err != nil {
			return nil, err
		}
		switch in.Endpoint {
		case "aws":
			return openAWS(ctx, env, in, "")
		case "local":
			return open.local(ctx, env, in)
		}
		return openAWS(ctx, env, in, in.Endpoint)
	})
}

// Complete fills in names that nobody gave, where the endpoint can: only the
// engine does. It refuses names that are missing then.
func (c *Clients) Complete(ctx context.Context, n *Names) error {
	if c.complete != nil {
		n.fill()
		if err := c.complete(ctx, n); err != nil {
			return err
		}
	}
	return n.Check()
}

// Ready finds the credentials, which the first call would find anyway, and says
// what can't be done if there are none. The engine's are at hand.
func (c *Clients) Ready(ctx context.Context, what string) error {
	if _, err := c.CodeDeploy.Options().Credentials.Retrieve(ctx); err != nil {
		return c.Explain(fmt.Errorf("get credentials: %w", err), "%s", what)
	}
	return nil
}

// Abandon says that this process ends soon. What it carries on itself, and
// nobody else would, is ended: nothing with AWS, scripts of stopped deployments
// with the engine.
func (c *Clients) Abandon(ctx context.Context) {
	if c.abandon != nil {
		c.abandon(ctx)
	}
}

func openAWS(ctx context.Context, env *step.Env, in *Inputs, endpoint string) (*Clients, error) {
	options := []func(*config.LoadOptions) error{
		config.WithAppID("codedeploy-steps"),
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			t.ResponseHeaderTimeout = 60 * time.Second // an endpoint that takes the connection and says nothing
		})),
		config.WithAPIOptions(traced(env)),
		config.WithLogger(logging.LoggerFunc(func(_ logging.Classification, format string, args ...any) { env.Debug("SDK: "+format, args...) })),
	}
	if in.Region != "" {
		options = append(options, config.WithRegion(in.Region))
	}
	if endpoint != "" {
		options = append(options, config.WithBaseEndpoint(endpoint))
	}
	if len(in.RoleToAssume) > 0 && identity(ctx, env, &in.Role) != nil {
		// The token is all that is needed: nothing else is looked for.
		options = append(options, config.WithCredentialsProvider(aws.AnonymousCredentials{}))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, step.Errorf(step.Misused, "read the AWS settings: %w", err)
	}
	if cfg.Region == "" {
		return nil, step.Errorf(step.Misused, "no AWS region is set").Do("Set --region or AWS_REGION; or try it without an account: --endpoint local.")
	}
	for _, name := range []string{"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		env.Secret(env.Getenv(name))
	}
	if len(in.RoleToAssume) > 0 {
		if cfg.Credentials, err = assume(ctx, env, cfg, &in.Role); err != nil {
			return nil, err
		}
	}
	return clients(cfg, in), nil
}

func (open Opener) local(ctx context.Context, env *step.Env, in *Inputs) (*Clients, error) {
	l, err := open(ctx, env, in.Engine)
	if err != nil {
		return nil, err
	}
	env.OnExit(l.Close)
	region := l.Region
	if in.Region != "" {
		region = in.Region
	}
	cfg := aws.Config{
		Region:       region,
		Credentials:  credentials.NewStaticCredentialsProvider(l.AccessKeyID, l.SecretAccessKey, ""),
		HTTPClient:   &http.Client{Transport: l.Transport},
		BaseEndpoint: &l.URL,
		APIOptions:   traced(env),
	}
	c := clients(cfg, in)
	c.complete = func(ctx context.Context, n *Names) error { return l.Complete(ctx, c, n) }
	c.abandon = l.Abandon
	return c, nil
}

func clients(cfg aws.Config, in *Inputs) *Clients {
	c := &Clients{Region: cfg.Region, Endpoint: in.Endpoint, Command: in.Command}
	if in.Endpoint == "aws" && cfg.BaseEndpoint != nil {
		c.Endpoint = *cfg.BaseEndpoint // AWS_ENDPOINT_URL
	}
	c.CodeDeploy = codedeploy.NewFromConfig(cfg)
	c.S3 = s3.NewFromConfig(cfg, func(o *s3.Options) {
		// Buckets as host names need a name server that knows them; an address
		// that the user gives has none.
		o.UsePathStyle = cfg.BaseEndpoint != nil
	})
	return c
}
