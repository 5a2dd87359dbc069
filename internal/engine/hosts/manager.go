package hosts

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/codedeploy-steps/codedeploy-steps/internal/agent"
	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/hosts/sandbox"
)

// Spec says what an instance is.
type Spec struct {
	ID, Hostname  string
	Kind          Kind
	Network, Name string
}

// Manager runs the built-in instances of one engine.
type Manager struct {
	Dir     string // folder of the instances' own folders
	Service Service
	Bundles Bundles
	Hide    []string // paths that sandboxes don't show
	// Say tells the user a sentence; may be nil.
	Say func(sentence string)

	mu       sync.Mutex
	machines map[string]*worker
	wg       sync.WaitGroup
}

type worker struct {
	machine
	spec Spec
	halt context.CancelFunc // no further command is taken
	// what runs now
	command string
	callOff context.CancelFunc
}

// Add takes an instance on. It polls from now on.
func (m *Manager) Add(s Spec) {
	ctx, stop := context.WithCancel(context.Background())
	w := &worker{machine: m.make(s), spec: s, halt: stop}
	m.mu.Lock()
	if m.machines == nil {
		m.machines = map[string]*worker{}
	}
	m.machines[s.ID] = w
	m.mu.Unlock()
	m.wg.Go(func() { m.work(ctx, w) })
}

func (m *Manager) make(s Spec) machine {
	dir := filepath.Join(m.Dir, s.ID)
	if s.Kind == Sandbox {
		return &sandboxed{config: sandbox.Config{Dir: dir, Hostname: s.Hostname, Network: s.Network, Hide: m.Hide, Env: Environment()}}
	}
	return &inProcess{dir: dir, kind: s.Kind, identity: identity, replaced: func() error { return m.moved(s.ID) }}
}

// moved tells of an instance of kind host that is on another machine than before.
func (m *Manager) moved(id string) error {
	if m.Say != nil {
		m.Say("instance " + id + " is on another machine or container than before: it is taken for a new one, to which nothing was deployed")
	}
	return m.Service.ReplaceInstance(id)
}

// Check tells the service of instances that lost their disks since they were
// last used.
func (m *Manager) Check() error {
	for _, w := range m.all() {
		lost, err := w.check()
		if err != nil {
			return fmt.Errorf("instance %s: %w", w.spec.ID, err)
		}
		if lost {
			if err := m.Service.ReplaceInstance(w.spec.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// Start has every instance run and says what is not isolated on them.
func (m *Manager) Start(ctx context.Context) (isolation []string, err error) {
	workers := m.all()
	said := make([][]string, len(workers))
	var g errgroup.Group
	for i, w := range workers {
		g.Go(func() (err error) {
			if said[i], err = w.start(ctx, m.Bundles); err != nil {
				return fmt.Errorf("instance %s: %w", w.spec.ID, err)
			}
			return nil
		})
	}
	err = g.Wait()
	for _, sentences := range said {
		for _, s := range sentences {
			if !slices.Contains(isolation, s) {
				isolation = append(isolation, s)
			}
		}
	}
	return isolation, err
}

func (m *Manager) all() []*worker {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []*worker
	for _, w := range m.machines {
		out = append(out, w)
	}
	slices.SortFunc(out, func(a, b *worker) int { return strings.Compare(a.spec.ID, b.spec.ID) })
	return out
}

// work takes one command after another until ctx ends.
func (m *Manager) work(ctx context.Context, w *worker) {
	for {
		c, err := m.Service.Poll(ctx, w.spec.ID)
		if err != nil {
			return
		}
		if !m.Service.Acknowledge(c.ID) {
			m.Service.Complete(c.ID, agent.Result{Code: agent.UnknownError, Message: "The command was called back before it began: the deployment was stopped."})
			continue
		}
		run, cancel := context.WithCancel(context.Background())
		m.mu.Lock()
		if ctx.Err() != nil {
			// Close and Remove have looked for what runs: it is the next owner's to begin.
			m.mu.Unlock()
			cancel()
			m.Service.Release(c.ID)
			return
		}
		w.command, w.callOff = c.ID, cancel
		m.mu.Unlock()
		result := w.execute(run, c, m.Bundles)
		m.mu.Lock()
		w.command, w.callOff = "", nil
		m.mu.Unlock()
		cancel()
		m.Service.Complete(c.ID, result)
	}
}

// CallOff ends the scripts of deployments that were asked to stop.
func (m *Manager) CallOff() {
	m.callOff(func(command string) bool {
		deployment, _, _ := strings.Cut(command, "/")
		return m.Service.Stopping(deployment)
	})
}

func (m *Manager) callOff(which func(command string) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, w := range m.machines {
		if w.callOff != nil && which(w.command) {
			w.callOff()
		}
	}
}

// Close lets no instance take a further command. What a detached instance runs
// goes on; what others run is waited for, and called off when ctx ends.
func (m *Manager) Close(ctx context.Context) {
	waits := false
	m.mu.Lock()
	for _, w := range m.machines {
		w.halt()
		waits = waits || w.callOff != nil && !w.detached()
	}
	m.mu.Unlock()
	if !waits {
		return
	}
	done := make(chan struct{})
	go func() { m.waitAttached(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
		m.callOff(func(string) bool { return true })
		<-done
	}
}

// waitAttached waits for the commands that end with this process.
func (m *Manager) waitAttached() { m.wg.Wait() }

// Running names the commands that are being carried out.
func (m *Manager) Running() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for _, w := range m.machines {
		if w.command != "" {
			out = append(out, w.command)
		}
	}
	slices.Sort(out)
	return out
}

// Status tells of every instance.
type Status struct {
	Spec
	State   string
	PID     int
	Changes []Change
	Folder  string
}

// Status looks at every instance; at what changed on it only if asked.
func (m *Manager) Status(changes bool) ([]Status, error) {
	var out []Status
	for _, w := range m.all() {
		s := Status{Spec: w.spec}
		s.State, s.PID = w.state()
		if changes {
			var err error
			if s.Changes, s.Folder, err = w.changes(); err != nil {
				return nil, fmt.Errorf("instance %s: %w", w.spec.ID, err)
			}
		}
		out = append(out, s)
	}
	return out, nil
}

// Stop ends the processes of every instance; disks stay.
func (m *Manager) Stop() error {
	for _, w := range m.all() {
		if err := w.machine.stop(); err != nil {
			return fmt.Errorf("instance %s: %w", w.spec.ID, err)
		}
	}
	return nil
}

// Remove ends an instance and deletes its disk.
func (m *Manager) Remove(id string) error {
	m.mu.Lock()
	w := m.machines[id]
	delete(m.machines, id)
	m.mu.Unlock()
	if w == nil {
		return nil
	}
	w.halt()
	if err := w.machine.remove(); err != nil {
		m.Add(w.spec) // it is there still, for deployments and to be removed another time
		return fmt.Errorf("instance %s: %w", id, err)
	}
	return nil
}
