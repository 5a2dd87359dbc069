package awsconf

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

const role = "arn:aws:iam::123456789012:role/deployer"

// stsAnswer is what STS says to either way of assuming a role.
func stsAnswer(action string) string {
	return `<` + action + `Response><` + action + `Result><Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>rolesecret</SecretAccessKey>` +
		`<SessionToken>roletoken</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></` + action + `Result></` + action + `Response>`
}

// assumed assumes the role with settings that send everything to a custom
// endpoint, in each way that the SDK knows, and gives the call that was made.
func assumed(t *testing.T, env map[string]string, action string) (*http.Request, url.Values) {
	t.Helper()
	anyCredentials(t)
	t.Setenv("AWS_ENDPOINT_URL", "http://custom.invalid")
	t.Setenv("AWS_ENDPOINT_URL_STS", "http://custom-sts.invalid")
	sts := &server{status: 200, body: stsAnswer(action)}
	code, out := run(t, env, func(ctx context.Context, env *step.Env, in *Inputs) error {
		cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion("eu-west-1"), config.WithBaseEndpoint("http://custom.invalid"), config.WithHTTPClient(&http.Client{Transport: sts}))
		if err != nil {
			return err
		}
		provider, err := assume(ctx, env, cfg, &in.Role)
		if err != nil {
			return err
		}
		for range 2 { // the second time from the cache
			creds, err := provider.Retrieve(ctx)
			if err != nil {
				return err
			}
			if creds.AccessKeyID != "ASIAROLE" || creds.SessionToken != "roletoken" || !creds.CanExpire {
				t.Errorf("%+v", creds)
			}
		}
		if *cfg.BaseEndpoint != "http://custom.invalid" {
			t.Error("the settings for CodeDeploy and S3 were changed")
		}
		return nil
	}, "--role-to-assume", role)
	if code != step.OK || len(sts.calls) != 1 {
		t.Fatalf("%d, %d calls: %s", code, len(sts.calls), out)
	}
	form, err := url.ParseQuery(sts.bodies[0])
	if err != nil {
		t.Fatal(err)
	}
	return sts.calls[0], form
}

func TestRoleIsAssumedAtSTSOnly(t *testing.T) {
	call, form := assumed(t, nil, "AssumeRole")
	if call.URL.String() != "https://sts.eu-west-1.amazonaws.com/" {
		t.Errorf("the role is assumed at %s", call.URL)
	}
	if form.Get("Action") != "AssumeRole" || form.Get("RoleArn") != role || form.Get("RoleSessionName") != "codedeploy-steps" {
		t.Errorf("%v", form)
	}
}

func TestTokenOfTheJobGoesToSTSOnly(t *testing.T) {
	issuer := &server{status: 200, body: `{"value":"the-oidc-token"}`}
	env := map[string]string{
		"GITHUB_ACTIONS": "true", "ACTIONS_ID_TOKEN_REQUEST_URL": issuer.start(t) + "/token?a=b", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token",
		"GITHUB_RUN_ID": "42", "GITHUB_REPOSITORY": "owner/re po",
	}
	call, form := assumed(t, env, "AssumeRoleWithWebIdentity")
	if call.URL.String() != "https://sts.eu-west-1.amazonaws.com/" {
		t.Errorf("the token goes to %s", call.URL)
	}
	if form.Get("Action") != "AssumeRoleWithWebIdentity" || form.Get("RoleArn") != role || form.Get("WebIdentityToken") != "the-oidc-token" || form.Get("RoleSessionName") != "codedeploy-steps-owner-re-po-42" {
		t.Errorf("%v", form)
	}
	if auth := call.Header.Get("Authorization"); auth != "" {
		t.Errorf("it is signed: %s", auth)
	}
	if len(issuer.calls) != 1 || issuer.calls[0].Header.Get("Authorization") != "Bearer request-token" || issuer.calls[0].URL.Query().Get("audience") != "sts.amazonaws.com" || issuer.calls[0].URL.Query().Get("a") != "b" {
		t.Errorf("the token was asked for by %v", issuer.calls)
	}
}

// The whole way, with nothing replaced but the network.
func TestACustomEndpointNeverSeesTheToken(t *testing.T) {
	anyCredentials(t)
	issuer := &server{status: 200, body: `{"value":"the-oidc-token"}`}
	custom := &server{status: 200, body: "{}"}
	at := custom.start(t)
	t.Setenv("AWS_ENDPOINT_URL", at)
	t.Setenv("AWS_ENDPOINT_URL_STS", at)
	for _, env := range []map[string]string{
		{},
		{"GITHUB_ACTIONS": "true", "ACTIONS_ID_TOKEN_REQUEST_URL": issuer.start(t) + "/?a=b", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token"},
	} {
		for _, args := range [][]string{{"--endpoint", at}, {"--endpoint", "aws"}} {
			before := len(network.seen())
			code, out := run(t, env, list(noEngine(t)), append(args, "--role-to-assume", role, "--region", "eu-west-1", "--verbose")...)
			if code != step.Refused {
				t.Errorf("%v: %d: %s", args, code, out)
			}
			if len(custom.calls) != 0 {
				t.Errorf("%v: the endpoint was called without the role: %v %q", args, custom.calls, custom.bodies)
			}
			if !slices.Contains(network.seen()[before:], "sts.eu-west-1.amazonaws.com:443") {
				t.Errorf("%v: called were %v", args, network.seen()[before:])
			}
			out = strings.ReplaceAll(out, "::add-mask::the-oidc-token\n", "") // the runner hides this line itself
			for _, secret := range []string{"the-oidc-token", "request-token", "wJalrSECRET"} {
				if strings.Contains(out, secret) {
					t.Errorf("%s is shown: %s", secret, out)
				}
			}
		}
	}
}

func TestATokenThatIsRefused(t *testing.T) {
	anyCredentials(t)
	issuer := &server{status: 403, body: "no permission id-token: write"}
	code, out := run(t, map[string]string{"GITHUB_ACTIONS": "true", "ACTIONS_ID_TOKEN_REQUEST_URL": issuer.start(t), "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token"},
		list(noEngine(t)), "--role-to-assume", role, "--region", "eu-west-1")
	if code != step.Refused || strings.Contains(out, "request-token") || !strings.Contains(out, "id-token") {
		t.Errorf("%d: %s", code, out)
	}
}

func TestAFreshTokenEachTime(t *testing.T) {
	issuer := &server{status: 200, body: `{"value":"one"}`}
	env := map[string]string{"GITHUB_ACTIONS": "true", "ACTIONS_ID_TOKEN_REQUEST_URL": issuer.start(t), "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t"}
	code, out := run(t, env, func(ctx context.Context, env *step.Env, in *Inputs) error {
		in.RoleToAssume = []string{role}
		g := identity(ctx, env, &in.Role)
		for _, want := range []string{"one", "two"} {
			issuer.body = `{"value":"` + want + `"}`
			if got, err := g.GetIdentityToken(); err != nil || string(got) != want {
				t.Errorf("%s %v", got, err)
			}
		}
		return nil
	})
	if code != step.OK {
		t.Error(out)
	}
}

func TestWhatIsNoRole(t *testing.T) {
	anyCredentials(t)
	for _, name := range []string{"deployer", "role/deployer", "AROAEXAMPLE"} {
		code, out := run(t, nil, list(noEngine(t)), "--role-to-assume", name, "--region", "eu-west-1")
		if code != step.Misused || !strings.Contains(out, "is not the ARN of a role") {
			t.Errorf("%s: %d: %s", name, code, out)
		}
	}
}

func TestSessionName(t *testing.T) {
	allowed := regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
	for _, env := range []map[string]string{
		{}, {"GITHUB_RUN_ID": "1", "GITHUB_REPOSITORY": "a/b"}, {"GITHUB_RUN_ID": "1", "GITHUB_REPOSITORY": "ä/名 前\n"},
		{"GITHUB_RUN_ID": strings.Repeat("9", 100), "GITHUB_REPOSITORY": "a/b"},
	} {
		if len(env) > 0 {
			env["GITHUB_ACTIONS"] = "true"
		}
		run(t, env, func(_ context.Context, e *step.Env, _ *Inputs) error {
			if got := sessionName(e); !allowed.MatchString(got) {
				t.Errorf("%v gives %q", env, got)
			}
			return nil
		})
	}
}
