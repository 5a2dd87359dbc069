package awsconf

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// tokenService is AWS STS: it takes requests of the form that the API reference
// gives, and answers each with credentials that are numbered.
type tokenService struct {
	t       *testing.T
	expires string

	mu    sync.Mutex
	hosts []string
	auth  []string
	forms []url.Values
}

func (s *tokenService) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, _ := io.ReadAll(r.Body)
	form, err := url.ParseQuery(string(text))
	if err != nil || r.Method != http.MethodPost || r.URL.Path != "/" || r.URL.Scheme != "https" || form.Get("Version") != "2011-06-15" {
		s.t.Errorf("%s %s %q: %v", r.Method, r.URL, text, err)
	}
	s.hosts, s.auth, s.forms = append(s.hosts, r.URL.Host), append(s.auth, r.Header.Get("Authorization")), append(s.forms, form)
	n := string(rune('0' + len(s.forms)))
	body := strings.NewReplacer("ASIAROLE", "ASIAROLE"+n, "rolesecret", "rolesecret"+n, "2099-01-01T00:00:00Z", s.expires).Replace(stsAnswer(form.Get("Action")))
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/xml"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// retrieve opens the credentials of the inputs in an environment and asks for
// them so many times.
func (s *tokenService) retrieve(env map[string]string, region string, times int, before func(i int), args ...string) (step.Code, string) {
	s.t.Helper()
	if s.expires == "" {
		s.expires = "2099-01-01T00:00:00Z"
	}
	return run(s.t, env, func(ctx context.Context, env *step.Env, in *Inputs) error {
		cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(region), config.WithBaseEndpoint("http://custom.invalid"), config.WithHTTPClient(&http.Client{Transport: s}))
		if err != nil {
			return err
		}
		provider, err := assume(ctx, env, cfg, &in.Role)
		if err != nil {
			return err
		}
		for i := range times {
			if before != nil {
				before(i)
			}
			var creds aws.Credentials
			if creds, err = provider.Retrieve(ctx); err != nil {
				return err
			}
			env.Warn("a careless word: %s, %s", creds.SecretAccessKey, creds.SessionToken)
		}
		return nil
	}, args...)
}

func file(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// agentOnPath puts a buildkite-agent on the PATH that answers to one command.
func agentOnPath(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the agent's stand-in is a shell script")
	}
	dir := t.TempDir()
	script := "#!/bin/sh\ncase \"$*\" in\n'oidc request-token --audience sts.amazonaws.com') echo the-token;;\n'redactor add') cat >>\"" + dir + "/redacted\";;\n*) exit 9;;\nesac\n"
	if err := os.WriteFile(filepath.Join(dir, "buildkite-agent"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

func TestEachSystemsToken(t *testing.T) {
	anyCredentials(t)
	agentOnPath(t)
	azure := &server{status: 200, body: `{"oidcToken":"the-token"}`}
	at := azure.start(t)
	for _, test := range []struct {
		name    string
		env     map[string]string
		session string
	}{
		{"GitLab, by GitLab's name", map[string]string{"GITLAB_CI": "true", "GITLAB_OIDC_TOKEN": "the-token", "CI_PROJECT_PATH": "group/sub group/app", "CI_PIPELINE_ID": "77"}, "codedeploy-steps-group-sub-group-app-77"},
		{"GitLab, by our name", map[string]string{"GITLAB_CI": "true", "GITLAB_OIDC_TOKEN": "of another audience", "CODEDEPLOY_STEPS_OIDC_TOKEN": "the-token"}, "codedeploy-steps"},
		{"Bitbucket", map[string]string{"BITBUCKET_BUILD_NUMBER": "5", "BITBUCKET_REPO_FULL_NAME": "team/app", "BITBUCKET_STEP_OIDC_TOKEN": "the-token"}, "codedeploy-steps-team-app-5"},
		{"CircleCI", map[string]string{"CIRCLECI": "true", "CIRCLE_OIDC_TOKEN_V2": "the-token"}, "codedeploy-steps"},
		{"Buildkite", map[string]string{"BUILDKITE": "true", "BUILDKITE_AGENT_ACCESS_TOKEN": "x", "BUILDKITE_REPO": "git@github.com:acme/app.git", "BUILDKITE_BUILD_NUMBER": "9"}, "codedeploy-steps-acme-app-9"},
		{"Azure Pipelines", map[string]string{"TF_BUILD": "True", "SYSTEM_OIDCREQUESTURI": at + "/oidctoken", "SYSTEM_ACCESSTOKEN": "access", "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": "c 1"}, "codedeploy-steps"},
		{"Jenkins, a variable", map[string]string{"JENKINS_URL": "https://ci.example/", "CODEDEPLOY_STEPS_OIDC_TOKEN": "the-token"}, "codedeploy-steps"},
		{"Jenkins, a file", map[string]string{"JENKINS_URL": "https://ci.example/", "CODEDEPLOY_STEPS_OIDC_TOKEN_FILE": file(t, "the-token\n")}, "codedeploy-steps"},
		{"a plugin's setting", map[string]string{"CI": "woodpecker", "PLUGIN_OIDC_TOKEN": "the-token"}, "codedeploy-steps"},
		{"the SDK's file without a role", map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": file(t, "the-token")}, "codedeploy-steps"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &tokenService{t: t}
			code, out := s.retrieve(test.env, "eu-west-1", 2, nil, "--role-to-assume", role)
			if code != step.OK || len(s.forms) != 1 {
				t.Fatalf("%d, %d calls: %s", code, len(s.forms), out)
			}
			form := s.forms[0]
			if s.hosts[0] != "sts.eu-west-1.amazonaws.com" || s.auth[0] != "" {
				t.Errorf("it goes to %s, signed %q", s.hosts[0], s.auth[0])
			}
			if form.Get("Action") != "AssumeRoleWithWebIdentity" || form.Get("RoleArn") != role || form.Get("WebIdentityToken") != "the-token" || form.Get("RoleSessionName") != test.session || form.Has("DurationSeconds") {
				t.Errorf("%v", form)
			}
			for line := range strings.Lines(out) {
				if !strings.HasPrefix(line, "##vso[task.setsecret]") && (strings.Contains(line, "the-token") || strings.Contains(line, "rolesecret") || strings.Contains(line, "roletoken")) {
					t.Errorf("a secret is shown: %s", line)
				}
			}
			if !strings.Contains(out, "a careless word: ***, ***") {
				t.Errorf("%s", out)
			}
		})
	}
	if len(azure.calls) != 1 {
		t.Fatalf("Azure was asked %d times", len(azure.calls))
	}
	ask := azure.calls[0]
	if q := ask.URL.Query(); ask.Method != http.MethodPost || ask.URL.Path != "/oidctoken" || q.Get("api-version") != "7.1" || q.Get("serviceConnectionId") != "c 1" || ask.Header.Get("Authorization") != "Bearer access" {
		t.Errorf("Azure was asked %s %s %v", ask.Method, ask.URL, ask.Header)
	}
}

// A system that has no token for the job leaves the credentials at hand.
func TestWithoutAToken(t *testing.T) {
	anyCredentials(t)
	t.Setenv("PATH", t.TempDir())
	for _, env := range []map[string]string{
		{"GITHUB_ACTIONS": "true"}, {"GITLAB_CI": "true"}, {"BITBUCKET_BUILD_NUMBER": "1"}, {"CIRCLECI": "true"}, {"BUILDKITE": "true"},
		{"TF_BUILD": "True", "SYSTEM_OIDCREQUESTURI": "https://x.invalid/"}, {"JENKINS_URL": "x"}, {"DRONE": "true"}, {"CODEBUILD_BUILD_ID": "a:b"}, {"TRAVIS": "true"}, {"TEAMCITY_VERSION": "1"}, {},
	} {
		s := &tokenService{t: t}
		code, out := s.retrieve(env, "eu-west-1", 1, nil, "--role-to-assume", role)
		if code != step.OK || len(s.forms) != 1 || s.forms[0].Get("Action") != "AssumeRole" || !strings.Contains(s.auth[0], "Credential=AKIDEXAMPLE/") {
			t.Errorf("%v: %d %v %v: %s", env, code, s.forms, s.auth, out)
		}
	}
}

func TestRolesInAChain(t *testing.T) {
	anyCredentials(t)
	const first, second, third = "arn:aws:iam::111111111111:role/ci", "arn:aws:iam::222222222222:role/a,b", "arn:aws:iam::333333333333:role/deploy"
	env := map[string]string{"CODEDEPLOY_STEPS_OIDC_TOKEN": "the-token", "GITLAB_CI": "true", "CI_PROJECT_PATH": "acme/app", "CI_COMMIT_REF_NAME": "fix;rm -rf", "CI_PIPELINE_ID": "7"}
	for _, args := range [][]string{
		{"--role-to-assume", first + "," + second + "," + third},
		{"--role-to-assume", first + "\n" + second + "\n" + third + "\n"},
		{"--role-to-assume", first, "--role-to-assume", second, "--role-to-assume", third},
	} {
		s := &tokenService{t: t}
		code, out := s.retrieve(env, "eu-west-1", 1, nil, append(args, "--role-duration", "30m", "--role-tags")...)
		if code != step.OK || len(s.forms) != 3 {
			t.Fatalf("%d, %v: %s", code, s.forms, out)
		}
		for i, want := range []struct{ action, role, by, duration string }{
			{"AssumeRoleWithWebIdentity", first, "", ""}, {"AssumeRole", second, "ASIAROLE1", "900"}, {"AssumeRole", third, "ASIAROLE2", "1800"},
		} {
			f := s.forms[i]
			if f.Get("Action") != want.action || f.Get("RoleArn") != want.role || f.Get("DurationSeconds") != want.duration || want.by == "" && s.auth[i] != "" || !strings.Contains(s.auth[i], want.by) {
				t.Errorf("call %d: %v, signed %q", i, f, s.auth[i])
			}
		}
		tags := map[string]string{}
		for i := 1; s.forms[2].Has("Tags.member." + string(rune('0'+i)) + ".Key"); i++ {
			n := "Tags.member." + string(rune('0'+i))
			tags[s.forms[2].Get(n+".Key")] = s.forms[2].Get(n + ".Value")
		}
		if len(tags) != 3 || tags["Repository"] != "acme/app" || tags["Ref"] != "fix-rm -rf" || tags["Run"] != "7" {
			t.Errorf("tags %v", tags)
		}
	}
}

func TestNoTagsUnasked(t *testing.T) {
	anyCredentials(t)
	s := &tokenService{t: t}
	s.retrieve(map[string]string{"GITLAB_CI": "true", "CI_PROJECT_PATH": "acme/app"}, "eu-west-1", 1, nil, "--role-to-assume", role)
	if len(s.forms) != 1 || s.forms[0].Has("Tags.member.1.Key") {
		t.Errorf("%v", s.forms)
	}
}

// Credentials that have ended are fetched by the token as it is then.
func TestTheRoleIsAssumedAgainByAFreshToken(t *testing.T) {
	anyCredentials(t)
	path := file(t, "")
	s := &tokenService{t: t, expires: "2001-01-01T00:00:00Z"}
	code, out := s.retrieve(nil, "eu-west-1", 3, func(i int) {
		if err := os.WriteFile(path, []byte("token-"+string(rune('a'+i))), 0o600); err != nil {
			t.Error(err)
		}
	}, "--role-to-assume", role, "--oidc-token-file", path)
	var got []string
	for _, f := range s.forms {
		got = append(got, f.Get("WebIdentityToken"))
	}
	if code != step.OK || strings.Join(got, " ") != "token-a token-b token-c" {
		t.Errorf("%d: %v: %s", code, got, out)
	}
}

// Which of the service's own hosts is asked is the region's and the SDK's
// settings' affair, in each partition.
func TestHostsOfSTS(t *testing.T) {
	anyCredentials(t)
	for _, test := range []struct{ role, region, fips, dual, host string }{
		{role, "us-east-1", "", "", "sts.us-east-1.amazonaws.com"},
		{role, "us-east-1", "true", "", "sts-fips.us-east-1.amazonaws.com"},
		{role, "eu-west-1", "", "true", "sts.eu-west-1.api.aws"},
		{"arn:aws-us-gov:iam::123456789012:role/r", "us-gov-west-1", "", "", "sts.us-gov-west-1.amazonaws.com"},
		{"arn:aws-cn:iam::123456789012:role/r", "cn-north-1", "", "", "sts.cn-north-1.amazonaws.com.cn"},
	} {
		t.Setenv("AWS_USE_FIPS_ENDPOINT", test.fips)
		t.Setenv("AWS_USE_DUALSTACK_ENDPOINT", test.dual)
		s := &tokenService{t: t}
		issuer := &server{status: 200, body: `{"value":"the-token"}`}
		env := map[string]string{"GITHUB_ACTIONS": "true", "ACTIONS_ID_TOKEN_REQUEST_URL": issuer.start(t), "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t"}
		code, out := s.retrieve(env, test.region, 1, nil, "--role-to-assume", test.role)
		if code != step.OK || len(s.hosts) != 1 || s.hosts[0] != test.host {
			t.Errorf("%+v: %d %v %s", test, code, s.hosts, out)
		}
		audience := "sts.amazonaws.com"
		if strings.HasPrefix(test.role, "arn:aws-cn:") {
			audience += ".cn"
		}
		if got := issuer.calls[0].URL.Query().Get("audience"); got != audience {
			t.Errorf("%s: the audience is %s", test.role, got)
		}
	}
}

func TestAnAudienceOfOnesOwn(t *testing.T) {
	s := &tokenService{t: t}
	issuer := &server{status: 200, body: `{"value":"the-token"}`}
	s.retrieve(map[string]string{"GITHUB_ACTIONS": "true", "ACTIONS_ID_TOKEN_REQUEST_URL": issuer.start(t), "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t"}, "eu-west-1", 1, nil,
		"--role-to-assume", role, "--oidc-audience", "mine")
	if len(issuer.calls) != 1 || issuer.calls[0].URL.Query().Get("audience") != "mine" {
		t.Errorf("%v", issuer.calls)
	}
}

// The whole way: no credentials are looked for where there is a token, and the
// SDK's own setting needs no role beside it.
func TestATokenIsEnough(t *testing.T) {
	t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", file(t, "the-token"))
	before := len(network.seen())
	code, out := run(t, map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": os.Getenv("AWS_WEB_IDENTITY_TOKEN_FILE")}, list(noEngine(t)), "--role-to-assume", role, "--region", "eu-west-1")
	if seen := network.seen()[before:]; code != step.Refused || len(seen) != 1 || seen[0] != "sts.eu-west-1.amazonaws.com:443" {
		t.Errorf("%d, asked %v: %s", code, seen, out)
	}
	if !strings.Contains(out, "the role "+role+" was not assumed") || strings.Contains(out, "the-token") {
		t.Errorf("%s", out)
	}
}

func TestRolesThatCannotBe(t *testing.T) {
	anyCredentials(t)
	for _, test := range []struct{ args, want string }{
		{"--role-duration 5m", "good for 15m to 12h"}, {"--role-duration 13h", "good for 15m to 12h"},
		{"--role-duration 2h --role-to-assume arn:aws:iam::1:role/b", "an hour at most"},
		{"--oidc-token-file none", "the OIDC token of this job: open"},
		{"--oidc-token-file " + file(t, " \n"), "the OIDC token of this job: it is empty"},
	} {
		code, out := run(t, nil, list(noEngine(t)), append([]string{"--region", "eu-west-1", "--role-to-assume", role}, strings.Fields(test.args)...)...)
		if code == step.OK || !strings.Contains(out, test.want) {
			t.Errorf("%s: %d %s", test.args, code, out)
		}
	}
}
