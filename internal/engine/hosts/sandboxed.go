package hosts

import (
	"context"
	"errors"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/agent"
	"github.com/codedeploy-steps/codedeploy-steps/internal/agent/remote"
	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/hosts/sandbox"
)

// sandboxed is an instance whose agent is the first process of a sandbox. It
// outlives this process, as a machine does.
type sandboxed struct {
	config sandbox.Config

	mu sync.Mutex
}

// Init is to be called first thing in main: in a process that is the first one
// of a sandbox it serves the instance's agent and does not return.
func Init() { sandbox.Main(serveAgent) }

func serveAgent(l *net.UnixListener) error {
	root := filepath.Join(agentFolder, "deployment-root")
	if err := os.MkdirAll(root, 0o755); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	a := &agent.Agent{Root: root, Grace: grace, Machine: agent.Machine{Env: os.Environ(), Dir: agentFolder}}
	return remote.Serve(ctx, l, a)
}

// up gives the socket of the running instance, started if it has to be.
func (m *sandboxed) up(ctx context.Context) (*sandbox.Instance, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i, state, err := sandbox.Find(m.config.Dir)
	if err != nil {
		return nil, err
	}
	if state != sandbox.Running {
		if i, err = sandbox.Start(ctx, m.config); err != nil {
			return nil, err
		}
	}
	return i, nil
}

func (m *sandboxed) start(ctx context.Context, _ Bundles) ([]string, error) {
	i, err := m.up(ctx)
	if err != nil {
		return nil, err
	}
	return i.Isolation, nil
}

func (m *sandboxed) execute(ctx context.Context, c agent.Command, b Bundles) agent.Result {
	var last error
	for range 3 { // a sandbox that ends under a command is rebooted, and its agent says what that did
		i, err := m.up(ctx)
		if err != nil {
			return broken(err)
		}
		result, err := (&remote.Client{Path: i.Socket}).Execute(ctx, c, b, nil)
		if err == nil {
			return result
		}
		last = err
		if ctx.Err() != nil {
			break
		}
	}
	return broken(last)
}

// makingTime is how long an instance may be in the making once nobody waits for it.
const makingTime = 15 * time.Second

func (m *sandboxed) check() (bool, error) {
	_, state, err := sandbox.Find(m.config.Dir)
	// Whoever has the state folder looks, so the process that was making it is gone: what it had begun ends by itself.
	for end := time.Now().Add(makingTime); errors.Is(err, sandbox.ErrMaking) && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
		_, state, err = sandbox.Find(m.config.Dir)
	}
	return state == sandbox.Replaced || state == sandbox.Gone, err
}

func (m *sandboxed) detached() bool { return true }

func (m *sandboxed) state() (string, int) {
	i, state, err := sandbox.Find(m.config.Dir)
	if err != nil {
		return err.Error(), 0
	}
	switch state {
	case sandbox.Running:
		return "running", i.PID
	case sandbox.Rebooted:
		return "stopped", 0
	case sandbox.Replaced:
		return "lost", 0
	}
	return "not started", 0
}

func (m *sandboxed) changes() ([]Change, string, error) {
	_, state, err := sandbox.Find(m.config.Dir)
	if err != nil || state == sandbox.Gone {
		return nil, "", err
	}
	found, err := sandbox.Changes(m.config.Dir)
	var list []Change
	for _, c := range found {
		path := c.Path
		if c.Dir {
			path += "/"
		}
		list = append(list, Change{Kind: c.Kind, Path: path})
	}
	return list, "", err
}

func (m *sandboxed) stop() error {
	i, state, err := sandbox.Find(m.config.Dir)
	if err != nil || state != sandbox.Running {
		return err
	}
	return i.Kill()
}

func (m *sandboxed) remove() error {
	err := sandbox.Remove(m.config.Dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
