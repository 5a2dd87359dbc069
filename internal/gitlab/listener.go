package gitlab

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/internal/story"
)

const (
	lastCalls = 20 * time.Second // what the end of a step waits for
	attempts  = 3                // of the last call
)

// listener hears a step's events. One goroutine makes the calls, so that no step
// waits for GitLab; finish waits for that goroutine.
type listener struct {
	at   place
	env  *step.Env
	run  context.Context // ended by a cancel: nothing is begun then
	mark string

	mu    sync.Mutex
	story story.Story
	last  bool // the step has ended

	pause func(context.Context, time.Duration) error
	wake  chan struct{}
	done  chan struct{}
	stop  context.CancelFunc
}

func newListener(ctx context.Context, in *Inputs, at place, env *step.Env) *listener {
	l := &listener{at: at, env: env, run: ctx, mark: story.Marker(in.Application, in.DeploymentGroup, at.environment),
		pause: in.pause, wake: make(chan struct{}, 1), done: make(chan struct{})}
	if l.pause == nil {
		l.pause = wait
	}
	l.story.Application, l.story.Group, l.story.Hide = in.Application, in.DeploymentGroup, env.Hide
	calls, stop := context.WithCancel(context.WithoutCancel(ctx)) // what was begun is ended, so that it is known what is there
	l.stop = stop
	go l.work(calls, &notes{client: newClient(at.api, strings.TrimSpace(in.Token), env.Getenv), at: at, mark: l.mark})
	return l
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Emit takes one event. It never waits for GitLab.
func (l *listener) Emit(e event.Event) {
	l.mu.Lock()
	changed := l.story.Add(e) != nil
	l.mu.Unlock()
	if changed {
		l.signal()
	}
}

func (l *listener) signal() {
	select {
	case l.wake <- struct{}{}:
	default: // it is awake and looks again
	}
}

// finish tells how the step ended, and waits until GitLab knows or ctx ends.
func (l *listener) finish(ctx context.Context, f *report.Failure) {
	ctx, cancel := context.WithTimeout(ctx, lastCalls)
	defer cancel()
	l.mu.Lock()
	l.story.End(f)
	l.last = true
	l.mu.Unlock()
	l.signal()
	select {
	case <-l.done:
	case <-ctx.Done():
		l.stop()
		<-l.done
	}
	l.stop()
}

// work shows what is new until the step has ended. What is refused is given up,
// what is not reached is tried again with the next change, and at the end.
func (l *listener) work(ctx context.Context, n *notes) {
	defer close(l.done)
	for last, gone := false, false; !last; {
		<-l.wake
		l.mu.Lock()
		last = l.last
		text := ""
		if l.story.State != "" || l.story.Failed != nil {
			text = safe(l.story.Comment(l.mark, l.at.environment, l.at.commit, l.at.run))
		}
		l.mu.Unlock()
		if text == "" || gone || l.run.Err() != nil && n.id == 0 {
			continue
		}
		err := n.show(ctx, text)
		for try := 1; err != nil && last && passing(err) && try < attempts && l.pause(ctx, time.Duration(try)*time.Second) == nil; try++ {
			err = n.show(ctx, text)
		}
		l.env.Debug("GitLab: note: %s", outcome(err))
		if err != nil && (last || !passing(err)) {
			gone = true
			l.env.Warn("the merge request has no note on the deployment, or an old one: %s The step goes on.", words(err))
		}
	}
	if n.none {
		l.env.Info("commit %s belongs to no merge request: there is none to write a note on", l.at.commit)
	}
}

// safe keeps GitLab from taking a line for a quick action, which it would carry
// out with the token's rights. Lines of code are none.
func safe(text string) string {
	return strings.ReplaceAll(text, "\n/", "\n&#47;")
}
