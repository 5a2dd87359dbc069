package awsconf

import (
	"context"
	"os"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/sethvargo/go-githubactions"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// assume gives credentials of a role: by the OIDC token of GitHub Actions where
// the job may ask for one, else by the credentials at hand.
func assume(ctx context.Context, env *step.Env, cfg aws.Config, role string) (aws.CredentialsProvider, error) {
	if !strings.HasPrefix(role, "arn:") {
		return nil, step.Errorf(step.Misused, "--role-to-assume %q is not the ARN of a role", role)
	}
	// The token is a bearer secret: it goes to STS itself, never to an address
	// that was meant for CodeDeploy and S3.
	own := cfg.Copy()
	own.BaseEndpoint = nil
	own.ConfigSources = nil
	client := sts.NewFromConfig(own)
	session := sessionName(env)
	if env.Getenv("ACTIONS_ID_TOKEN_REQUEST_URL") != "" && env.Getenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN") != "" {
		return aws.NewCredentialsCache(stscreds.NewWebIdentityRoleProvider(client, role, &githubToken{ctx, env}, func(o *stscreds.WebIdentityRoleOptions) {
			o.RoleSessionName = session
		})), nil
	}
	return aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(client, role, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = session
	})), nil
}

// githubToken asks for a fresh OIDC token each time the role is assumed: waits
// outlive tokens.
type githubToken struct {
	ctx context.Context
	env *step.Env
}

func (g *githubToken) GetIdentityToken() ([]byte, error) {
	token, err := githubactions.New(githubactions.WithGetenv(g.env.Getenv), githubactions.WithWriter(os.Stderr)).GetIDToken(g.ctx, "sts.amazonaws.com")
	return []byte(token), err
}

var notInSessionName = regexp.MustCompile(`[^\w+=,.@-]`)

// sessionName tells in CloudTrail which run acted.
func sessionName(env *step.Env) string {
	name := "codedeploy-steps"
	if run := env.Getenv("GITHUB_RUN_ID"); run != "" {
		name += "-" + env.Getenv("GITHUB_REPOSITORY") + "-" + run
	}
	name = notInSessionName.ReplaceAllString(name, "-")
	return name[:min(len(name), 64)]
}
