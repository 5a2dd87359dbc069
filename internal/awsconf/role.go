package awsconf

import (
	"context"
	"crypto/tls"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// Role are the inputs by which a step acts as a role.
type Role struct {
	RoleToAssume  []string      `flag:"role-to-assume" group:"Where" list:"lines" file:"no" help:"ARN of the role to act as: with the CI system's OIDC token where it has one, else with the credentials at hand. Of several, each is assumed with the one before."`
	RoleDuration  time.Duration `flag:"role-duration" file:"no" help:"How long credentials of the role are good for, from 15m to 12h; they are fetched anew before that. A role that another role assumes has an hour at most."`
	RoleTags      bool          `flag:"role-tags" file:"no" help:"Tag the role's session with the run's repository, ref, commit, number and actor. The role's trust policy has to allow sts:TagSession. Where a token is used, its issuer names the tags, not this."`
	OIDCToken     string        `flag:"oidc-token" secret:"true" file:"no" help:"OIDC token to act as the role with, where the CI system has none that is found by itself: set it as the variable CODEDEPLOY_STEPS_OIDC_TOKEN (GitLab's id_tokens, Jenkins' credentials)."`
	OIDCTokenFile string        `flag:"oidc-token-file" env:"AWS_WEB_IDENTITY_TOKEN_FILE" file:"no" help:"File with such a token; read anew each time the role is assumed."`
	OIDCAudience  string        `flag:"oidc-audience" file:"no" help:"Audience of the token that the CI system is asked for; sts.amazonaws.com if empty, in China sts.amazonaws.com.cn."`
}

// roles are the ARNs of the chain; one line may hold several.
func (in *Role) roles() []string {
	var all []string
	for _, line := range in.RoleToAssume {
		for i, role := range strings.Split(line, ",arn:") { // a role's name may have a comma
			if i > 0 {
				role = "arn:" + role
			}
			all = append(all, strings.TrimSpace(role))
		}
	}
	return all
}

// check refuses what STS would refuse, before anything is asked.
func (in *Role) check() error {
	roles := in.roles()
	for _, role := range roles {
		if !strings.HasPrefix(role, "arn:") {
			return step.Errorf(step.Misused, "--role-to-assume %q is not the ARN of a role", role)
		}
	}
	switch d := in.RoleDuration; {
	case d == 0:
	case d < 15*time.Minute || d > 12*time.Hour:
		return step.Errorf(step.Misused, "--role-duration %s: credentials of a role are good for 15m to 12h", d)
	case d > time.Hour && len(roles) > 1:
		return step.Errorf(step.Misused, "--role-duration %s: a role that another role assumes has an hour at most", d)
	}
	return nil
}

// assume gives credentials of the last role of the chain. The first is assumed
// by a token where the job has one, else by the credentials at hand; all are
// assumed again, by a fresh token, when their credentials end.
func assume(ctx context.Context, env *step.Env, cfg aws.Config, in *Role) (aws.CredentialsProvider, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	token := identity(ctx, env, in)
	credentials := cfg.Credentials
	roles := in.roles()
	for i, role := range roles {
		duration := in.RoleDuration
		if i < len(roles)-1 {
			duration = 0 // the usual one: enough to assume the next
		}
		client := stsOf(ctx, cfg, credentials)
		var provider aws.CredentialsProvider
		if i == 0 && token != nil {
			provider = stscreds.NewWebIdentityRoleProvider(client, role, token, func(o *stscreds.WebIdentityRoleOptions) {
				o.RoleSessionName, o.Duration = sessionName(env), duration
			})
		} else {
			provider = stscreds.NewAssumeRoleProvider(client, role, func(o *stscreds.AssumeRoleOptions) {
				o.RoleSessionName = sessionName(env)
				if duration != 0 {
					o.Duration = duration
				}
				if in.RoleTags {
					o.Tags = sessionTags(env.Build)
				}
			})
		}
		credentials = aws.NewCredentialsCache(secretly(env, role, provider), func(o *aws.CredentialsCacheOptions) {
			o.ExpiryWindow = time.Minute // a call that is under way when they end fails
		})
	}
	return credentials, nil
}

// secretly hides what a role's credentials hold, and says which role it was
// that could not be assumed.
func secretly(env *step.Env, role string, from aws.CredentialsProvider) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		c, err := from.Retrieve(ctx)
		if err != nil {
			return c, &roleError{role, err}
		}
		env.Secret(c.SecretAccessKey)
		env.Secret(c.SessionToken)
		return c, nil
	})
}

// roleError says which role could not be assumed.
type roleError struct {
	role string
	error
}

func (r *roleError) Unwrap() error { return r.error }

// explain puts it into words.
func (r *roleError) explain(what string) error {
	why, remedy := lastWords(r.Error()), "Check that this machine reaches AWS STS of the region."
	var api smithy.APIError
	var token *tokenError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(r.error, &certificate):
		remedy = trust
	case errors.As(r.error, &api):
		why = api.ErrorCode() + ": " + api.ErrorMessage()
		remedy = "Check the role's trust policy: it has to allow the token's issuer, audience and subject, or the role or user at hand."
	case errors.As(r.error, &token):
		why, remedy = token.Error(), "Check that the job may have a token, and that it is not too old (GitHub: permissions, id-token: write; GitLab: id_tokens)."
	}
	return step.Errorf(step.Refused, "could not %s: the role %s was not assumed\n%s", what, r.role, why).Do("%s", remedy)
}

// stsOf is a client for AWS STS itself. A token is a bearer secret: it never
// goes to an address that was meant for CodeDeploy and S3. Only what chooses
// among the service's own hosts is kept of the settings.
func stsOf(ctx context.Context, cfg aws.Config, credentials aws.CredentialsProvider) *sts.Client {
	own := cfg.Copy()
	own.Credentials = credentials
	own.BaseEndpoint = nil
	own.ConfigSources = nil
	return sts.NewFromConfig(own, func(o *sts.Options) {
		for _, source := range slices.Backward(cfg.ConfigSources) { // the first that says something counts
			if s, ok := source.(interface {
				GetUseFIPSEndpoint(context.Context) (aws.FIPSEndpointState, bool, error)
			}); ok {
				if state, found, err := s.GetUseFIPSEndpoint(ctx); found && err == nil {
					o.EndpointOptions.UseFIPSEndpoint = state
				}
			}
			if s, ok := source.(interface {
				GetUseDualStackEndpoint(context.Context) (aws.DualStackEndpointState, bool, error)
			}); ok {
				if state, found, err := s.GetUseDualStackEndpoint(ctx); found && err == nil {
					o.EndpointOptions.UseDualStackEndpoint = state
				}
			}
		}
	})
}
