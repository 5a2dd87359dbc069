package githubtest

import (
	"net/http"
	"strings"
	"testing"
)

// A server that lets everything pass would prove nothing.
func TestTheServerHoldsRequestsToTheDescription(t *testing.T) {
	for _, test := range []struct {
		method, path, body string
		wrong              string // "" for a request that is right
	}{
		{"POST", "/repos/octo/app/deployments", `{"ref":"main","auto_merge":false,"required_contexts":[]}`, ""},
		{"POST", "/repos/octo/app/deployments", `{"ref":"main","payload":"text"}`, ""},
		{"POST", "/repos/octo/app/deployments", `{"auto_merge":false}`, "'ref'"},
		{"POST", "/repos/octo/app/deployments", `{"ref":"main","automerge":false}`, "'automerge'"},
		{"POST", "/repos/octo/app/deployments", `{"ref":"main","auto_merge":"false"}`, "/auto_merge"},
		{"POST", "/repos/octo/app/deployments", `{`, "repos/create-deployment"},
		{"POST", "/repos/octo/app/deployments/1/statuses", `{"state":"success"}`, ""},
		{"POST", "/repos/octo/app/deployments/1/statuses", `{"state":"succeeded"}`, "/state"},
		{"POST", "/repos/octo/app/deployments/1/statuses", `{"state":"success","description":"` + strings.Repeat("x", 141) + `"}`, "/description"},
		{"GET", "/repos/octo/app/deployments?sha=x&per_page=100", "", ""},
		{"GET", "/repos/octo/app/deployments?commit=x", "", "commit="},
		{"GET", "/repos/octo/app/deployments?per_page=500", "", "per_page=500"},
		{"GET", "/repos/octo/app/commits/release/1.x", "", ""},
		{"PATCH", "/repos/octo/app/issues/comments/1", `{"body":"x"}`, ""},
		{"PATCH", "/repos/octo/app/issues/comments/1", `{}`, "'body'"},
		{"PUT", "/repos/octo/app/issues/comments/1", `{"body":"x"}`, "no operation is PUT"},
		{"GET", "/repos/octo/app/pulls", "", "no operation is GET"},
	} {
		s, err := New()
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequest(test.method, s.API()+test.path, strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+Token)
		req.Header.Set("Accept", "application/vnd.github.sha")
		if test.body != "" {
			req.Header.Set("Content-Type", "application/json")
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		found := strings.Join(s.Violations(), "\n")
		if (found == "") != (test.wrong == "") || !strings.Contains(found, test.wrong) {
			t.Errorf("%s %s %s: %q", test.method, test.path, test.body, found)
		}
		s.Close()
	}
}
