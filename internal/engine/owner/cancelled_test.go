package owner

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// slow is an engine that makes instances until the caller is cancelled.
type slow struct {
	cancel func()
	status int
	left   string
}

func (s slow) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("X-Amz-Target") == Prefix+"EnsureInstances" {
		s.cancel()
		return nil, context.Cause(r.Context())
	}
	if err := r.Context().Err(); err != nil {
		return nil, err // what is asked after the cancel must not be cancelled with it
	}
	return &http.Response{StatusCode: s.status, Body: io.NopCloser(strings.NewReader(s.left))}, nil
}

// A cancel while instances are made says so, and what is left.
func TestCancelledWhileInstancesAreMade(t *testing.T) {
	for _, test := range []struct {
		name, state string
		status      int
		left        string
		says, then  string
	}{
		{"one of two", ".codedeploy-steps", 200, `{"Instances":[{"Name":"local","State":"running","PID":7},{"Name":"local","State":"not started"},{"Name":"others","PID":8}]}`,
			"1 of 2 instances run", "`engine stop --delete` takes"},
		{"none yet", "s", 200, `{"Instances":[]}`, "no instance runs", "`engine stop --delete --state s` takes"},
		{"it can't be seen", ".codedeploy-steps", 500, `{}`, "what is left could not be seen in time", "The next run goes on"},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			_, err := Ensure(ctx, slow{cancel, test.status, test.left}, Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, awsconf.Engine{State: test.state, InstanceName: "local"})
			var told *step.Error
			if !errors.As(err, &told) || told.Code != step.Cancelled {
				t.Fatalf("%v is no cancel", err)
			}
			if want := "cancelled while the instances were being made: nothing was deployed, and " + test.says; told.Error() != want {
				t.Errorf("%s\nwant %s", told, want)
			}
			if !strings.Contains(told.Remedy, test.then) {
				t.Errorf("%q is missing in %q", test.then, told.Remedy)
			}
		})
	}
}
