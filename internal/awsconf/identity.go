package awsconf

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"

	"github.com/codedeploy-steps/codedeploy-steps/internal/ci"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// identity finds the job's OIDC token: what the inputs name, then what the CI
// system has; nil where there is none.
func identity(ctx context.Context, env *step.Env, in *Role) stscreds.IdentityTokenRetriever {
	source := ci.Identity(env.System)
	switch {
	case in.OIDCToken != "":
		return &token{env, func() (string, error) { return in.OIDCToken, nil }}
	case in.OIDCTokenFile != "" && !sdkOwn(env, in):
		return &token{env, func() (string, error) {
			text, err := os.ReadFile(env.Path(in.OIDCTokenFile))
			return strings.TrimSpace(string(text)), err
		}}
	case source != nil:
		return &token{env, func() (string, error) { return source(ctx, audience(in)) }}
	}
	return nil
}

// sdkOwn says that the file is a setting of the SDK, with a role of its own:
// then that role is what is at hand, and assumes ours.
func sdkOwn(env *step.Env, in *Role) bool {
	return env.Getenv("AWS_ROLE_ARN") != "" && in.OIDCTokenFile == env.Getenv("AWS_WEB_IDENTITY_TOKEN_FILE")
}

func audience(in *Role) string {
	if in.OIDCAudience != "" {
		return in.OIDCAudience
	}
	_, rest, _ := strings.Cut(in.roles()[0], ":")
	partition, _, _ := strings.Cut(rest, ":")
	return Audience(partition)
}

// Audience is what tokens for the STS of a partition are asked for.
func Audience(partition string) string {
	if partition == "aws-cn" {
		return "sts.amazonaws.com.cn"
	}
	return "sts.amazonaws.com"
}

// token is asked for each time the role is assumed: waits outlive tokens.
type token struct {
	env *step.Env
	get func() (string, error)
}

// GetIdentityToken gives the token, which nobody sees from then on.
func (t *token) GetIdentityToken() ([]byte, error) {
	text, err := t.get()
	if err == nil && text == "" {
		err = errors.New("it is empty")
	}
	if err != nil {
		return nil, &tokenError{err}
	}
	t.env.Secret(text)
	return []byte(text), nil
}

// tokenError says that there was no token to assume a role with.
type tokenError struct{ error }

func (t *tokenError) Error() string { return "the OIDC token of this job: " + t.error.Error() }
func (t *tokenError) Unwrap() error { return t.error }
