package github

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	gh "github.com/google/go-github/v62/github"
)

// A GitHub that takes calls and never answers costs a known time.
func TestCallsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &api{pause: new(Account).wait, debug: func(string, ...any) {}}
		silent := func(ctx context.Context) (*gh.Response, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		for _, want := range []time.Duration{attempts*callTime + 3*time.Second, callTime} { // then it is known to be out of reach
			began := time.Now()
			if err := a.call(t.Context(), "ask", silent); err == nil || reason(err) != "GitHub's API does not answer in time" {
				t.Error(err)
			}
			if took := time.Since(began); took != want {
				t.Errorf("it took %s, not %s", took, want)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second) // what is left at a cancel
		defer cancel()
		began := time.Now()
		a.down = false
		if err := a.call(ctx, "ask", silent); err == nil || time.Since(began) != time.Second {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}
