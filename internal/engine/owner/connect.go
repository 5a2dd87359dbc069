package owner

import (
	"context"

	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// Connect is the opener of programs that don't link the engine: they speak to
// the process that owns the state folder, if there is one.
func Connect(ctx context.Context, env *step.Env, in awsconf.Engine) (*awsconf.Local, error) {
	f, made, err := Look(env.Path(in.State))
	if err != nil {
		return nil, err
	}
	none := step.Errorf(step.Misused, "--endpoint local: no process owns the state folder %s, and this program has no engine of its own", in.State).
		Do("Use the program codedeploy-steps, which has one, or start it first: codedeploy-steps engine serve --state %s", in.State)
	if !made {
		return nil, none
	}
	conn, err := f.Dial(ctx)
	if err != nil {
		return nil, none
	}
	conn.Close()
	keys, err := f.Credentials()
	if err != nil {
		return nil, err
	}
	t := f.Transport()
	return &awsconf.Local{
		URL: URL, Transport: t, Region: Region, AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey,
		Complete: func(ctx context.Context, c *awsconf.Clients, n *awsconf.Names) error {
			return Complete(ctx, env, in, t, keys, c, n)
		},
		Close: func(context.Context) error { t.CloseIdleConnections(); return nil },
	}, nil
}
