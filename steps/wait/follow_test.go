package wait_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps/stop"
	"github.com/codedeploy-steps/codedeploy-steps/steps/wait"
)

// run runs a step at a service of which answer gives the body for an operation
// and the text of what is asked; calls are in the order in which they came. It
// stands in for what the engine has no way to do.
func run(t *testing.T, ctx context.Context, answer func(call string, n int) string, args ...string) (code step.Code, calls []string, said string) {
	t.Helper()
	var mu sync.Mutex
	count := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		body, _ := io.ReadAll(r.Body)
		call := operation
		for _, id := range []string{"d-1", "d-2"} {
			if bytes.Contains(body, []byte(`"`+id+`"`)) {
				call += " " + id
			}
		}
		mu.Lock()
		calls, count[call] = append(calls, call), count[call]+1
		n := count[call]
		mu.Unlock()
		said := answer(call, n)
		if strings.Contains(said, "__type") {
			w.WriteHeader(http.StatusBadRequest)
		}
		io.WriteString(w, said)
	}))
	defer server.Close()
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret-of-the-test", "AWS_REGION": "eu-west-1"} {
		t.Setenv(name, value)
	}
	var out bytes.Buffer
	p := step.Program{Name: "test", Steps: []step.Step{wait.Step(nil), stop.Step(nil)}}
	code = p.Run(ctx, step.Process{
		Args: append(args, "--endpoint", server.URL), Stdout: &out, Stderr: &out, Dir: t.TempDir(), Getenv: func(string) string { return "" },
	})
	mu.Lock()
	defer mu.Unlock()
	return code, calls, out.String()
}

func deployment(id, status, more string) string {
	return fmt.Sprintf(`{"deploymentInfo":{"deploymentId":%q,"status":%q%s}}`, id, status, more)
}

// A cancel before the rollback was seen for the first time leaves it alone, too.
func TestARollbackThatWasNotSeenYetIsNotStopped(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	code, calls, said := run(t, ctx, func(call string, n int) string {
		switch call {
		case "GetDeployment d-1":
			return deployment("d-1", "Failed", `,"rollbackInfo":{"rollbackDeploymentId":"d-2"}`)
		case "GetDeployment d-2":
			cancel(step.Signal{Signal: syscall.SIGINT})
			return deployment("d-2", "InProgress", `,"creator":"codeDeployRollback"`)
		}
		return "{}"
	}, "wait", "d-1", "--on-cancel", "stop")
	if slices.Contains(calls, "StopDeployment d-2") || !strings.Contains(said, "rollback d-2 goes on") {
		t.Errorf("%d %q\n%s", code, calls, said)
	}
}

// The rollback that stop asked for is waited for, though it comes late.
func TestTheRollbackOfAStopIsWaitedFor(t *testing.T) {
	code, calls, said := run(t, t.Context(), func(call string, n int) string {
		switch {
		case call == "StopDeployment d-1":
			return `{"status":"Pending"}`
		case call == "GetDeployment d-1" && n == 1:
			return deployment("d-1", "Stopped", "")
		case call == "GetDeployment d-1":
			return deployment("d-1", "Stopped", `,"rollbackInfo":{"rollbackDeploymentId":"d-2"}`)
		case call == "GetDeployment d-2":
			return deployment("d-2", "Failed", `,"creator":"codeDeployRollback"`)
		}
		return "{}"
	}, "stop", "d-1", "--auto-rollback")
	if code != step.Failed || !slices.Contains(calls, "GetDeployment d-2") {
		t.Errorf("%d %q\n%s", code, calls, said)
	}
}

// A page without a deployment is not the last one while a token comes with it.
func TestWhatRunsIsFoundOnALaterPage(t *testing.T) {
	code, calls, said := run(t, t.Context(), func(call string, n int) string {
		switch {
		case call == "ListDeployments" && n == 1:
			return `{"deployments":[],"nextToken":"more"}`
		case call == "ListDeployments":
			return `{"deployments":["d-1"]}`
		}
		return `{"status":"Succeeded"}`
	}, "stop", "--application", "web", "--deployment-group", "prod", "--wait=false")
	if code != step.OK || !slices.Contains(calls, "StopDeployment d-1") {
		t.Errorf("%d %q\n%s", code, calls, said)
	}
}

// Who can't follow a deployment any more is told that it goes on.
func TestWhatIsNotFollowedAnyMoreGoesOn(t *testing.T) {
	code, _, said := run(t, t.Context(), func(call string, n int) string {
		if call == "GetDeployment d-1" && n > 1 {
			return `{"__type":"ExpiredTokenException","message":"The security token included in the request is expired"}`
		}
		return deployment("d-1", "InProgress", "")
	}, "wait", "d-1")
	if code != step.Refused || !strings.Contains(said, "The credentials have expired") || !strings.Contains(said, "d-1 goes on") || !strings.Contains(said, "wait --deployment-id d-1") {
		t.Errorf("%d\n%s", code, said)
	}
}
