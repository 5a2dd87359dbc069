package rollback

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// history is a group's deployments, newest first, each as "status revision
// creator description"; of S3 it knows the ETag of what lies at the key now.
// It stands in for what the engine has no way to do: new instances of a group
// that scales, a rollback that fails.
type history struct {
	t       *testing.T
	entries []string
	objects map[string]string // ETag by key; nil: every object is as it was deployed
	asked   []string          // deployments of which the details were asked for
}

func (h *history) Do(r *http.Request) (*http.Response, error) {
	answer := func(status int, header http.Header, body any) (*http.Response, error) {
		text, err := json.Marshal(body)
		if err != nil {
			h.t.Error(err)
		}
		header.Set("Content-Type", "application/x-amz-json-1.1")
		return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(string(text))), Request: r}, nil
	}
	if r.Method == http.MethodHead {
		key := strings.TrimPrefix(r.URL.Path, "/b/")
		if h.objects == nil {
			return answer(http.StatusOK, http.Header{}, nil)
		}
		tag, ok := h.objects[key]
		if !ok {
			return answer(http.StatusNotFound, http.Header{}, nil)
		}
		return answer(http.StatusOK, http.Header{"Etag": {`"` + tag + `"`}}, nil)
	}
	var in struct{ DeploymentIDs []string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		h.t.Error(err)
	}
	h.asked = append(h.asked, in.DeploymentIDs...)
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	var ids []string
	var infos []map[string]any
	for i, entry := range h.entries {
		f := append(strings.SplitN(entry, " ", 4), "", "")
		id := fmt.Sprintf("d-%d", len(h.entries)-i)
		ids = append(ids, id)
		info := map[string]any{"deploymentId": id, "status": f[0], "creator": or(f[2], "user"), "description": f[3], "createTime": 1e9 + float64(len(h.entries)-i)}
		key, tag, found := strings.Cut(f[1], "@")
		if found {
			info["revision"] = map[string]any{"revisionType": "S3", "s3Location": map[string]any{"bucket": "b", "key": key, "eTag": tag, "bundleType": "zip"}}
		} else {
			info["revision"] = map[string]any{"revisionType": "S3", "s3Location": map[string]any{"bucket": "b", "key": key, "bundleType": "zip"}}
		}
		infos = append(infos, info)
	}
	switch operation {
	case "ListDeployments":
		return answer(http.StatusOK, http.Header{}, map[string]any{"deployments": ids})
	case "BatchGetDeployments":
		return answer(http.StatusOK, http.Header{}, map[string]any{"deploymentsInfo": infos})
	}
	h.t.Errorf("nobody expected %s %s %s", r.Method, r.URL, operation)
	return nil, context.Canceled
}

func (h *history) Emit(event.Event) {}

func (h *history) find(wanted string) (good, error) {
	keys := credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")
	c := &awsconf.Clients{Endpoint: "aws", Command: fmt.Sprintf,
		CodeDeploy: codedeploy.New(codedeploy.Options{Region: "eu-west-1", HTTPClient: h, Credentials: keys, Retryer: aws.NopRetryer{}}),
		S3:         s3.New(s3.Options{Region: "eu-west-1", HTTPClient: h, Credentials: keys, Retryer: aws.NopRetryer{}, UsePathStyle: true})}
	return find(h.t.Context(), &step.Env{Events: h}, c, awsconf.Names{Application: "web", Group: "prod"}, wanted)
}

func TestWhereARollbackLeads(t *testing.T) {
	const ours = " user Rollback to the revision of d-1"
	for _, test := range []struct {
		name    string
		history []string // oldest first
		objects map[string]string
		to      string // deployment; "already …" if the group is there
	}{
		{"before what succeeded", []string{"Succeeded a", "Succeeded b"}, nil, "d-1"},
		{"before what failed", []string{"Succeeded a", "Succeeded b", "Failed c"}, nil, "d-2"},
		{"further back after a rollback of ours", []string{"Succeeded z", "Succeeded a", "Succeeded b", "Succeeded a" + ours}, nil, "d-1"},
		{"already, after the service's", []string{"Succeeded a", "Succeeded b", "Failed c", "Succeeded b codeDeployRollback"}, nil, "already d-4"},
		{"not forward after a rollback of ours that failed", []string{"Succeeded a", "Succeeded b", "Failed a" + ours}, nil, "d-1"},
		{"already, though a new instance was given the revision since", []string{"Succeeded a", "Succeeded b", "Failed c", "Succeeded b codeDeployRollback", "Succeeded b autoscaling"}, nil, "already d-4"},
		{"not forward, though a new instance was given the revision since", []string{"Succeeded z", "Succeeded a", "Succeeded b", "Succeeded a" + ours, "Succeeded a autoscaling"}, nil, "d-1"},
		{"past what a new instance failed to take", []string{"Succeeded a", "Succeeded b", "Failed b autoscaling"}, nil, "d-1"},
		{"past what is gone", []string{"Succeeded a", "Succeeded b", "Succeeded c"}, map[string]string{"a": "1", "c": "3"}, "d-1"},
		{"past what was overwritten", []string{"Succeeded a@1", "Succeeded b@2", "Succeeded b@3"}, map[string]string{"a": "1", "b": "3"}, "d-1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := &history{t: t, entries: slices.Clone(test.history), objects: test.objects}
			slices.Reverse(h.entries)
			to, err := h.find("")
			got := to.deployment
			if to.already {
				got = "already " + got
			}
			if err != nil || got != test.to {
				t.Errorf("%s %v, not %s", got, err, test.to)
			}
		})
	}
}

func TestOnlyTheNamedDeploymentIsLookedAt(t *testing.T) {
	h := &history{t: t, entries: []string{"Succeeded c", "Succeeded b", "Succeeded a"}}
	to, err := h.find("d-2")
	if err != nil || to.deployment != "d-2" || !slices.Equal(h.asked, []string{"d-2"}) {
		t.Errorf("%v %v, asked for %q", to, err, h.asked)
	}
}
