package deploy

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// A private repository is read by a connection that the application must have.
func TestTheConnectionToGitHub(t *testing.T) {
	const commit = "0123456789abcdef0123456789abcdef01234567"
	application := func(more string) string { return `{"application":{"applicationName":"web"` + more + `}}` }
	for _, test := range []struct {
		name     string
		revision string
		status   int
		answer   string
		code     step.Code
		says     []string
		created  bool
	}{
		{"it has it", "github://octo/app@" + commit, 200, application(`,"linkedToGitHub":true,"gitHubAccountName":"octo-token"`), step.OK, []string{"d-111111111 created"}, true},
		{"another one", "github://octo/app@" + commit, 200, application(`,"linkedToGitHub":true,"gitHubAccountName":"other"`), step.Refused,
			[]string{`application web does not have the connection "octo-token" to GitHub, but other`, "Connections of the account in this region: octo-token, other."}, false},
		{"none", "github://octo/app@" + commit, 200, application(`,"linkedToGitHub":false`), step.Refused, []string{"to GitHub, but none", "Connect to GitHub"}, false},
		{"nobody may look", "github://octo/app@" + commit, 400, `{"__type":"AccessDeniedException","message":"no"}`, step.OK, []string{"the credentials lack codedeploy:GetApplication"}, true},
		{"no application", "github://octo/app@" + commit, 400, `{"__type":"ApplicationDoesNotExistException","message":"No application found"}`, step.Refused, []string{"could not look at application web"}, false},
		{"not on GitHub", "s3://bucket/web.zip", 500, "", step.OK, []string{"d-111111111 created"}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			created := ""
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				w.Header().Set("Content-Type", "application/x-amz-json-1.1")
				switch r.Header.Get("X-Amz-Target") {
				case "CodeDeploy_20141006.GetApplication":
					w.WriteHeader(test.status)
					io.WriteString(w, test.answer)
				case "CodeDeploy_20141006.ListGitHubAccountTokenNames":
					io.WriteString(w, `{"tokenNameList":["octo-token","other"]}`)
				case "CodeDeploy_20141006.CreateDeployment":
					created = string(body)
					io.WriteString(w, `{"deploymentId":"d-111111111"}`)
				default:
					t.Errorf("nobody asked for %s", r.Header.Get("X-Amz-Target"))
				}
			}))
			defer server.Close()
			t.Setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
			t.Setenv("AWS_CONFIG_FILE", "/nonexistent")
			var out bytes.Buffer
			p := step.Alone(Step(nil))
			code := p.Run(t.Context(), step.Process{
				Args:   []string{"--endpoint", server.URL, "--region", "eu-west-1", "--application", "web", "--deployment-group", "prod", "--revision", test.revision, "--github-account", "octo-token"},
				Stdout: &out, Stderr: &out, Dir: t.TempDir(), Getenv: func(string) string { return "" }, Width: func() int { return 80 },
			})
			if code != test.code {
				t.Errorf("code %d", code)
			}
			for _, want := range test.says {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%q is missing in\n%s", want, &out)
				}
			}
			if (created != "") != test.created {
				t.Errorf("created: %q", created)
			}
			want := fmt.Sprintf(`"gitHubLocation":{"commitId":%q,"repository":"octo/app"}`, commit)
			if test.created && strings.HasPrefix(test.revision, "github") && !strings.Contains(created, want) {
				t.Errorf("%s is missing in %s", want, created)
			}
		})
	}
}
