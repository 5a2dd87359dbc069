package hosts

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/agent"
)

// desk gives out one command, and notes what became of it.
type desk struct {
	acknowledge func()

	mu        sync.Mutex
	given     bool
	completed []string
	released  []string
	polls     map[string]int
}

func (d *desk) Poll(ctx context.Context, instance string) (agent.Command, error) {
	d.mu.Lock()
	if d.polls == nil {
		d.polls = map[string]int{}
	}
	d.polls[instance]++
	given := d.given || d.acknowledge == nil
	d.given = true
	d.mu.Unlock()
	if given {
		<-ctx.Done()
		return agent.Command{}, ctx.Err()
	}
	return agent.Command{ID: "d-1/" + instance + "/Install", Event: "Install"}, nil
}

func (d *desk) Acknowledge(string) bool { d.acknowledge(); return true }

func (d *desk) Complete(id string, _ agent.Result) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.completed = append(d.completed, id)
	return nil
}

func (d *desk) Release(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.released = append(d.released, id)
}

func (d *desk) Stopping(string) bool         { return false }
func (d *desk) ReplaceInstance(string) error { return nil }

// TestCloseWhileACommandIsTaken: Close has found nothing that runs, and after it
// nothing begins.
func TestCloseWhileACommandIsTaken(t *testing.T) {
	asked, answer := make(chan struct{}), make(chan struct{})
	d := &desk{acknowledge: func() { close(asked); <-answer }}
	m := &Manager{Dir: t.TempDir(), Service: d}
	m.Add(Spec{ID: "i-1", Kind: Directory})
	<-asked
	m.Close(t.Context())
	close(answer)
	m.waitAttached()
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.completed) > 0 || len(d.released) != 1 {
		t.Errorf("after Close %q was carried out, %q was given back", d.completed, d.released)
	}
}

// stuck is a machine that can't be removed.
type stuck struct{ machine }

func (stuck) remove() error { return errors.New("device or resource busy") }

// TestRemoveThatFails: the instance is there as before, and is not forgotten
// with its disk.
func TestRemoveThatFails(t *testing.T) {
	d := &desk{}
	m := &Manager{Dir: t.TempDir(), Service: d}
	m.Add(Spec{ID: "i-1", Kind: Directory})
	m.mu.Lock()
	w := m.machines["i-1"]
	whole := w.machine
	w.machine = stuck{whole}
	m.mu.Unlock()
	if err := m.Remove("i-1"); err == nil {
		t.Fatal("no error")
	}
	if err := os.MkdirAll(filepath.Join(m.Dir, "i-1"), 0o700); err != nil {
		t.Fatal(err)
	}
	polls := func() int { d.mu.Lock(); defer d.mu.Unlock(); return d.polls["i-1"] }
	for end := time.Now().Add(5 * time.Second); polls() < 2 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if n := polls(); n != 2 {
		t.Errorf("it began to poll %d times", n)
	}
	if err := m.Remove("i-1"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(m.Dir, "i-1")); !os.IsNotExist(err) {
		t.Errorf("its folder is there: %v", err)
	}
	m.Close(t.Context())
}

// TestRemoveClosedFolders: a revision may close its folders even to their owner.
func TestRemoveClosedFolders(t *testing.T) {
	i := &inProcess{dir: filepath.Join(t.TempDir(), "i-1"), kind: Directory}
	closed := filepath.Join(i.folder(), "srv", "app")
	if err := os.MkdirAll(filepath.Join(closed, "in"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{filepath.Join(closed, "in"), closed} {
		if err := os.Chmod(dir, 0o500); err != nil {
			t.Fatal(err)
		}
	}
	if err := i.remove(); err != nil {
		t.Error(err)
	}
}
