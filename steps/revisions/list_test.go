package revisions_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps/revisions"
)

// TestListWithoutRightsInS3: whoever may list revisions sees them, and reads that
// S3 tells nothing.
func TestListWithoutRightsInS3(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at := `{"revisionType":"S3","s3Location":{"bucket":"releases","key":"web/1.zip","bundleType":"zip","eTag":"1"}}`
		switch _, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "."); operation {
		case "ListApplicationRevisions":
			w.Write([]byte(`{"revisions":[` + at + `]}`))
		case "BatchGetApplicationRevisions":
			w.Write([]byte(`{"revisions":[{"revisionLocation":` + at + `,"genericRevisionInfo":{"registerTime":1700000000}}]}`))
		default:
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	defer server.Close()
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret-of-the-test", "AWS_REGION": "eu-west-1"} {
		t.Setenv(name, value)
	}
	var out bytes.Buffer
	p := step.Program{Name: "test", Steps: revisions.Steps(nil)}
	code := p.Run(context.Background(), step.Process{
		Args:   []string{"revisions", "list", "--application", "web", "--endpoint", server.URL},
		Stdout: &out, Stderr: &out, Dir: t.TempDir(), Getenv: func(string) string { return "" },
	})
	for _, want := range []string{
		"'s3://releases/web/1.zip?etag=1'\n", "S3 does not tell of all bundles whether they are there: could not find s3://releases/web/1.zip: Forbidden", "1 registered with application web",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing", want)
		}
	}
	if code != step.OK {
		t.Errorf("code %d", code)
	}
	if t.Failed() {
		t.Log(out.String())
	}
}
