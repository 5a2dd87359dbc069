// Package local opens the engine for a step of the same process: it owns the
// state folder, or it reaches the process that does; and it takes over when that
// one is gone. Only the program that links the engine uses it.
package local

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/engine"
	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/api"
	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/owner"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// patience is how long an owner may take between having the folder and
// answering on its socket.
const patience = 15 * time.Second

// Open is the opener of --endpoint local.
func Open(ctx context.Context, env *step.Env, in awsconf.Engine) (*awsconf.Local, error) {
	t := &transport{dir: env.Path(in.State), state: in.State, hide: Hidden(env), say: Say(env)}
	if _, err := t.reach(ctx); err != nil {
		return nil, err
	}
	keys, err := owner.Folder{Dir: t.dir}.Credentials()
	if err != nil {
		return nil, err
	}
	return &awsconf.Local{
		URL: owner.URL, Transport: t, Region: owner.Region, AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey,
		Complete: func(ctx context.Context, c *awsconf.Clients, n *awsconf.Names) error {
			return owner.Complete(ctx, env, in, t, keys, c, n)
		},
		Abandon: func(context.Context) { t.abandon() },
		Close:   func(ctx context.Context) error { return t.close(ctx, env) },
	}, nil
}

// Hidden are the paths that sandboxed hooks don't see: what a CI system lays
// beside the checkout for its steps, and the token that a checkout may hold.
func Hidden(env *step.Env) []string {
	hide := []string{"/github/file_commands", "/github/home", "/github/workflow"}
	for _, name := range []string{"RUNNER_TEMP", "RUNNER_TOOL_CACHE"} {
		if path := env.Getenv(name); filepath.IsAbs(path) {
			hide = append(hide, path)
		}
	}
	for _, name := range []string{"GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_EVENT_PATH"} {
		if path := env.Getenv(name); filepath.IsAbs(path) {
			hide = append(hide, path)
		}
	}
	return append(hide, filepath.Join(env.Workspace, ".git", "config"))
}

// Say tells what an engine's instances have to say.
func Say(env *step.Env) func(sentence string) {
	return func(sentence string) { env.Info("%s", sentence) }
}

// transport carries requests to the engine, wherever it is.
type transport struct {
	dir   string
	state string // as the user named it
	hide  []string
	say   func(string)

	mu     sync.Mutex
	engine *engine.Engine // of this process, or nil
	remote *http.Transport
	stop   context.CancelFunc // of the socket that this process serves
	served chan struct{}
	closed bool
	used   bool // a step of this run had instances made or deployed to
}

// uses are the operations by which a step has instances work for it; others only look at them.
var uses = map[string]bool{owner.Prefix + "EnsureInstances": true, api.Prefix + "CreateDeployment": true}

// RoundTrip carries one request. If the owner is gone, this process takes over.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	next, err := t.reach(r.Context())
	if err != nil {
		return nil, err
	}
	if uses[r.Header.Get("X-Amz-Target")] {
		t.mu.Lock()
		t.used = true
		t.mu.Unlock()
	}
	answer, err := next.RoundTrip(r)
	if err != nil && r.Context().Err() == nil {
		var dial *net.OpError
		if errors.As(err, &dial) && dial.Op == "dial" && (r.Body == nil || r.GetBody != nil) {
			// Nobody answered, so nothing was sent: the same request may go out again.
			t.forget()
			if next, err = t.reach(r.Context()); err != nil {
				return nil, err
			}
			if r.GetBody != nil {
				if r.Body, err = r.GetBody(); err != nil {
					return nil, err
				}
			}
			return next.RoundTrip(r)
		}
		t.forget() // the caller tries again, and finds the new owner
	}
	return answer, err
}

func (t *transport) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.remote = nil
}

// reach gives the way to the engine: this process's own, or the owner's socket.
func (t *transport) reach(ctx context.Context) (http.RoundTripper, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.closed:
		return nil, errors.New("the engine was closed")
	case t.engine != nil:
		return inProcess{t.engine}, nil
	case t.remote != nil:
		return t.remote, nil
	}
	for began := time.Now(); ; {
		e, err := engine.Open(t.dir, t.hide)
		if err == nil {
			return inProcess{e}, t.own(e)
		}
		if !engine.Owned(err) {
			return nil, err
		}
		folder := owner.Folder{Dir: t.dir}
		conn, err := folder.Dial(ctx)
		if err == nil {
			conn.Close()
			t.remote = folder.Transport()
			return t.remote, nil
		}
		if time.Since(began) > patience {
			return nil, step.Errorf(step.Refused, "the process that owns the state folder %s does not answer: %w", t.dir, err)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// own serves other processes on the folder's socket. Where no socket can be
// made (a file system without), this process has the engine for itself.
func (t *transport) own(e *engine.Engine) error {
	t.engine, e.Hosts.Say = e, t.say
	l, err := e.Folder.Listen()
	if err != nil {
		return nil
	}
	ctx, stop := context.WithCancel(context.Background())
	t.stop, t.served = stop, make(chan struct{})
	go func() {
		defer close(t.served)
		e.Serve(ctx, l, "")
	}()
	return nil
}

// abandon ends the scripts of deployments that were asked to stop, if this
// process carries them on.
func (t *transport) abandon() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.engine != nil {
		t.engine.Hosts.CallOff()
	}
}

// close gives the engine up and tells the user what keeps running by what this run did.
func (t *transport) close(ctx context.Context, env *step.Env) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	if t.remote != nil {
		t.remote.CloseIdleConnections()
	}
	if t.engine == nil {
		return nil
	}
	list, err := t.engine.Hosts.Status(false)
	if err != nil {
		return err
	}
	running := 0
	for _, s := range list {
		if s.PID != 0 {
			running++
		}
	}
	if running > 0 && t.used {
		env.Info("%d %s running, as machines do; see them with `%s`, end them with `%s`", running, plural(running, "instance keeps", "instances keep"),
			awsconf.AtState("engine status", t.state), awsconf.AtState("engine stop", t.state))
	}
	if left := t.engine.Hosts.Running(); len(left) > 0 && ctx.Err() == nil {
		env.Info("still running: %s", strings.Join(left, ", "))
	}
	if t.stop != nil {
		t.stop()
		<-t.served
	}
	if err := t.engine.Close(ctx); err != nil {
		return fmt.Errorf("close the engine: %w", err)
	}
	if running == 0 { // a sandbox's files are the instance's, not the user's
		step.GiveTree(t.dir)
	}
	return nil
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
