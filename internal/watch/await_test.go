package watch

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

// Another's deployment is waited for with GetDeployment alone, and told of in
// sentences: at most one a minute, whatever happens on its targets.
func TestAnothersDeploymentIsAwaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{t: t, began: time.Now(), machines: []machine{{each: 20 * time.Second}, {each: 40 * time.Second}, {each: 70 * time.Second}}}
		l := &log{}
		asked := 0
		info, err := (&Watcher{API: s, Sink: l}).Await(t.Context(), "d-1", func(info *types.DeploymentInfo) error {
			asked++
			if State(info) != "InProgress, 0 of 3 done" {
				t.Errorf("first: %s", State(info))
			}
			return nil
		})
		if err != nil || info.Status != types.DeploymentStatusSucceeded || State(info) != "Succeeded" || asked != 1 {
			t.Errorf("%v %v, asked %d times", info, err, asked)
		}
		if s.calls["Get"] != s.total() {
			t.Errorf("calls: %v", s.calls)
		}
		if len(l.events) != 3 {
			t.Errorf("%q", l.lines)
		}
		for _, e := range l.events {
			if _, ok := e.(event.Note); !ok {
				t.Errorf("told as the step's own: %T", e)
			}
		}
	})
}

// What is asked first may fail for a while, and may end the waiting.
func TestAwaitAsksFirstUntilItIsAnswered(t *testing.T) {
	for _, test := range []struct {
		name  string
		err   error
		asked int
	}{
		{"throttled", apiError("ThrottlingException"), 3},
		{"refused", apiError("AccessDeniedException"), 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &service{t: t, began: time.Now(), machines: same(1, machine{each: time.Minute})}
				asked := 0
				_, err := (&Watcher{API: s, Sink: &log{}}).Await(t.Context(), "d-1", func(*types.DeploymentInfo) error {
					if asked++; asked < 3 {
						return test.err
					}
					return nil
				})
				if asked != test.asked || (test.asked == 1) != errors.Is(err, test.err) {
					t.Errorf("asked %d times: %v", asked, err)
				}
			})
		})
	}
}

func TestAwaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{t: t, began: time.Now(), machines: same(1, machine{each: time.Hour})}
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		l := &log{}
		info, err := (&Watcher{API: s, Sink: l}).Await(ctx, "d-1", func(*types.DeploymentInfo) error { return nil })
		if !errors.Is(err, context.DeadlineExceeded) || info.Status != types.DeploymentStatusInProgress || time.Since(s.began) != 90*time.Second {
			t.Errorf("%v %v after %s", info, err, time.Since(s.began))
		}
		if len(l.lines) != 1 || !slices.ContainsFunc(l.lines, func(line string) bool {
			return line[:len("note: still waiting for d-1, 1m")] == "note: still waiting for d-1, 1m"
		}) {
			t.Errorf("%q", l.lines)
		}
	})
}
