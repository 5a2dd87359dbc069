package hosts

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/codedeploy-steps/codedeploy-steps/internal/agent"
)

// inProcess is an instance whose agent is a part of this process: of the kind
// directory, where files go below a folder and hooks are only looked at, or of
// the kind host, which is this machine.
type inProcess struct {
	dir  string // the instance's own folder
	kind Kind
	// identity tells the machine of kind host; replaced is called when it is
	// another one than before.
	identity func() string
	replaced func() error

	once  sync.Once
	agent *agent.Agent
	err   error
}

func (m *inProcess) folder() string    { return filepath.Join(m.dir, "root") }
func (m *inProcess) agentRoot() string { return filepath.Join(m.dir, "agent", "deployment-root") }

func (m *inProcess) ready(b Bundles) (*agent.Agent, error) {
	m.once.Do(func() {
		if m.kind == Host {
			if m.err = m.recognize(); m.err != nil {
				return
			}
		}
		root := m.agentRoot()
		if m.err = os.MkdirAll(root, 0o700); m.err != nil {
			return
		}
		a := &agent.Agent{Root: root, Grace: grace}
		a.Fetch = func(_ context.Context, r agent.Revision) (*os.File, string, error) { return b(r) }
		if m.kind == Directory {
			if m.err = os.MkdirAll(m.folder(), 0o755); m.err != nil {
				return
			}
			a.Machine = agent.Machine{Root: m.folder(), CheckHooks: true}
		} else {
			a.Machine = agent.Machine{Env: Environment(), Dir: filepath.Join(m.dir, "agent")}
		}
		m.agent, m.err = a, a.Start()
	})
	return m.agent, m.err
}

func (m *inProcess) execute(ctx context.Context, c agent.Command, b Bundles) agent.Result {
	a, err := m.ready(b)
	if err != nil {
		return broken(err)
	}
	return a.Execute(ctx, c)
}

func (m *inProcess) start(_ context.Context, b Bundles) ([]string, error) {
	_, err := m.ready(b)
	if m.kind == Host {
		return []string{"hooks run on this very machine or container, nothing is isolated"}, err
	}
	return []string{"files go below a folder, hooks are checked and NOT RUN"}, err
}

func (m *inProcess) check() (bool, error) {
	_, err := os.Stat(filepath.Join(m.dir, "agent"))
	return os.IsNotExist(err), nil
}

func (m *inProcess) detached() bool { return false }

func (m *inProcess) state() (string, int) {
	if m.kind == Host {
		return "this machine", 0
	}
	return "a folder", 0
}

func (m *inProcess) changes() ([]Change, string, error) {
	if m.kind == Host {
		return nil, "", nil
	}
	var list []Change
	err := filepath.WalkDir(m.folder(), func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == m.folder() || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(m.folder(), path)
		list = append(list, Change{Kind: "added", Path: "/" + filepath.ToSlash(rel)})
		return err
	})
	if os.IsNotExist(err) {
		err = nil
	}
	return list, m.folder(), err
}

func (m *inProcess) stop() error   { return nil }
func (m *inProcess) remove() error { return agent.RemoveTree(m.dir) }

// broken is the result of a command that no agent could be asked to carry out.
func broken(err error) agent.Result {
	return agent.Result{Code: agent.UnknownError, Message: "The instance could not be started: " + err.Error()}
}
