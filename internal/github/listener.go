package github

import (
	"context"
	"crypto/rand"
	"strings"
	"sync"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
	"github.com/codedeploy-steps/codedeploy-steps/internal/revision"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/internal/story"
)

// lastCalls bounds what the end of a step waits for.
const lastCalls = 20 * time.Second

// listener hears a step's events and tells GitHub. One goroutine makes the
// calls, so that no step waits for GitHub; finish waits for that goroutine.
type listener struct {
	in   *Inputs
	at   place
	env  *step.Env
	run  context.Context // ended by a cancel: nothing is waited for then
	mark string

	mu      sync.Mutex
	story   story.Story
	changes []story.Change // that GitHub was not told of
	last    bool           // the step has ended

	wake chan struct{}
	done chan struct{}
	stop context.CancelFunc
}

func newListener(ctx context.Context, in *Inputs, at place, env *step.Env) *listener {
	l := &listener{in: in, at: at, env: env, run: ctx, mark: marker(in), wake: make(chan struct{}, 1), done: make(chan struct{})}
	l.story.Application, l.story.Group, l.story.Hide = in.Application, in.DeploymentGroup, env.Hide
	calls, stop := context.WithCancel(context.WithoutCancel(ctx)) // what was begun is ended, so that it is known what is there
	l.stop = stop
	a := &api{client: newAPI(at.api, strings.TrimSpace(in.Token), env.Getenv), owner: at.owner, repo: at.repo, debug: env.Debug,
		pause: func(calling context.Context, d time.Duration) error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			both, cancel := context.WithCancel(calling)
			defer cancel()
			defer context.AfterFunc(ctx, cancel)()
			return in.wait(both, d)
		}}
	go l.work(calls, a)
	return l
}

// Emit takes one event. It never waits for GitHub.
func (l *listener) Emit(e event.Event) {
	l.mu.Lock()
	c := l.story.Add(e)
	if c != nil {
		l.changes = append(l.changes, *c)
	}
	l.mu.Unlock()
	if _, ok := e.(event.Deployment); ok || c != nil {
		l.signal()
	}
}

func (l *listener) signal() {
	select {
	case l.wake <- struct{}{}:
	default: // it is awake and looks again
	}
}

// finish tells how the step ended, and waits until GitHub knows or ctx ends.
func (l *listener) finish(ctx context.Context, f *report.Failure) {
	ctx, cancel := context.WithTimeout(ctx, lastCalls)
	defer cancel()
	l.mu.Lock()
	if c := l.story.End(f); c != nil {
		l.changes = append(l.changes, *c)
	}
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

// work tells GitHub what is new until the step has ended.
func (l *listener) work(ctx context.Context, a *api) {
	defer close(l.done)
	deployment := &part{listener: l, asked: l.in.Deployment, what: "the deployment is not shown on GitHub", permission: "deployments: write"}
	comment := &part{listener: l, asked: l.in.Comment, what: "the pull request has no comment on the deployment", permission: "pull-requests: write"}
	d := &deployer{api: a, at: l.at, url: l.in.EnvironmentURL}
	c := &commenter{api: a, at: l.at, mark: l.mark}
	nonce := rand.Text()
	for last := false; !last; {
		<-l.wake
		l.mu.Lock()
		last = l.last
		changes := l.changes
		r := l.request()
		text := ""
		if l.story.State != "" || l.story.Failed != nil {
			text = l.story.Comment(l.mark, l.in.Environment, l.at.commit, l.at.run)
		}
		l.mu.Unlock()
		cancelled := l.run.Err() != nil
		if cancelled && len(changes) > 1 {
			changes = changes[len(changes)-1:]
		}
		if len(changes) > 0 && (!cancelled || d.id != 0) { // at a cancel nothing new is begun
			r.Nonce = nonce
			deployment.do(last, func() error {
				if err := d.open(ctx, r); err != nil {
					return err
				}
				for _, change := range changes {
					if err := d.set(ctx, change); err != nil {
						return err
					}
					l.told(change)
				}
				return nil
			})
		}
		if text != "" && (!cancelled || c.id != 0) {
			comment.do(last, func() error { return c.show(ctx, text) })
			if c.none && last {
				l.env.Info("commit %s belongs to no pull request: there is none to comment on", l.at.commit)
			}
		}
	}
}

// told drops what GitHub knows.
func (l *listener) told(c story.Change) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, have := range l.changes {
		if have == c {
			l.changes = l.changes[i+1:]
			return
		}
	}
}

// request is the deployment as GitHub is to have it.
func (l *listener) request() request {
	s := &l.story
	r := request{
		payload:     payload{Application: s.Application, Group: s.Group, Revision: s.Revision},
		environment: or(or(l.in.Environment, s.Group), "production"), commit: l.at.commit, moves: s.Moves,
	}
	if at, err := revision.ParseLocation(s.Revision); err == nil && at.Repository == l.at.owner+"/"+l.at.repo && isCommit(at.Commit) {
		r.commit = at.Commit
	}
	return r
}

// part is one thing that GitHub is to show. It is given up, with one warning,
// when it is refused, and at the end when GitHub could not be reached.
type part struct {
	*listener
	asked      bool
	what       string
	permission string
	gone       bool
}

func (p *part) do(last bool, tell func() error) {
	if !p.asked || p.gone {
		return
	}
	err := tell()
	if err == nil || passing(err) && !last {
		return
	}
	p.gone = true
	text := p.what + ": " + reason(err) + "."
	if what := remedy(err, p.permission); what != "" {
		text += " " + what
	}
	p.env.Warn("%s The step goes on.", text)
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
