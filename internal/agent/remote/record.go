package remote

import (
	"sync"

	"github.com/codedeploy-steps/codedeploy-steps/internal/agent"
)

// record keeps the lines of a command that runs, for clients that are slow and
// for those that join later. Lines are numbered, so who saw some before can
// tell. What is too much is forgotten, the oldest first.
type record struct {
	mu      sync.Mutex
	lines   []agent.Line
	size    int
	changed chan struct{} // closed when a line comes
	users   int           // guarded by the server's lock
}

// recordSize bounds what a record keeps: its text, and what each line takes
// beside it, without which empty lines would be kept for ever.
const (
	recordSize = 1 << 20
	lineSize   = 128
)

func (r *record) add(l agent.Line) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, l)
	r.size += lineSize + len(l.Text)
	for r.size > recordSize && len(r.lines) > 1 {
		r.size -= lineSize + len(r.lines[0].Text)
		r.lines = r.lines[1:]
	}
	close(r.changed)
	r.changed = make(chan struct{})
}

// after returns the lines that follow one by number, and a channel that is
// closed when there are more.
func (r *record) after(number int) ([]agent.Line, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, l := range r.lines {
		if l.Number > number {
			return append([]agent.Line(nil), r.lines[i:]...), r.changed
		}
	}
	return nil, r.changed
}

// join finds or makes the record of a command.
func (s *server) join(commandID string) *record {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.records[commandID]
	if r == nil {
		r = &record{changed: make(chan struct{})}
		s.records[commandID] = r
	}
	r.users++
	return r
}

func (s *server) leave(commandID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.records[commandID]
	if r.users--; r.users == 0 {
		delete(s.records, commandID)
	}
}

func (s *server) output(l agent.Line) {
	s.mu.Lock()
	r := s.records[l.CommandID]
	s.mu.Unlock()
	if r != nil {
		r.add(l)
	}
}
