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

// TestPruneKeepsVersionsOfAKey: a group that runs a key without naming a version is given the latest, and that
// is a version which is registered too.
func TestPruneKeepsVersionsOfAKey(t *testing.T) {
	const version = `{"revisionType":"S3","s3Location":{"bucket":"releases","key":"web.zip","bundleType":"zip","eTag":"1","version":"v1"}}`
	const latest = `{"revisionType":"S3","s3Location":{"bucket":"releases","key":"web.zip","bundleType":"zip"}}`
	const other = `{"revisionType":"S3","s3Location":{"bucket":"releases","key":"old.zip","bundleType":"zip","eTag":"1","version":"v0"}}`
	info := func(location string) string {
		return `{"revisionLocation":` + location + `,"genericRevisionInfo":{"registerTime":1700000000}}`
	}
	answers := map[string]string{
		"ListApplicationRevisions":     `{"revisions":[` + version + `,` + other + `]}`,
		"BatchGetApplicationRevisions": `{"revisions":[` + info(version) + `,` + info(other) + `]}`,
		"ListDeploymentGroups":         `{"deploymentGroups":["production"]}`,
		"ListDeployments":              `{"deployments":["d-ABCDEFGHI"]}`,
		"BatchGetDeployments":          `{"deploymentsInfo":[{"deploymentId":"d-ABCDEFGHI","status":"Succeeded","revision":` + latest + `}]}`,
		"GetDeploymentGroup":           `{"deploymentGroupInfo":{"targetRevision":` + latest + `,"lastSuccessfulDeployment":{"deploymentId":"d-ABCDEFGHI"}}}`,
	}
	var deleted []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		switch {
		case r.Method == http.MethodDelete:
			deleted = append(deleted, r.URL.Path)
		case r.Method == http.MethodHead:
			w.Header().Set("ETag", `"1"`)
		default:
			w.Write([]byte(answers[operation]))
		}
	}))
	defer server.Close()
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret-of-the-test", "AWS_REGION": "eu-west-1"} {
		t.Setenv(name, value)
	}
	var out bytes.Buffer
	p := step.Program{Name: "test", Steps: revisions.Steps(nil)}
	p.Run(context.Background(), step.Process{
		Args:   []string{"revisions", "prune", "--application", "web", "--keep", "0", "--delete", "--endpoint", server.URL},
		Stdout: &out, Stderr: &out, Dir: t.TempDir(), Getenv: func(string) string { return "" },
	})
	if got := strings.Join(deleted, " "); got != "/releases/old.zip" {
		t.Errorf("deleted: %s\n%s", got, out.String())
	}
}
