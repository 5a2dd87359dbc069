package deploy

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Log is where events are kept (package store).
type Log interface {
	Append(records ...any) error
	Replay(func(record []byte) error) error
}

// Clock gives the time and wakes after a while, so that tests and a sped-up
// engine need not wait.
type Clock interface {
	Now() time.Time
	After(time.Duration) <-chan time.Time
}

// Wall is the real clock.
type Wall struct{}

func (Wall) Now() time.Time                         { return time.Now() }
func (Wall) After(d time.Duration) <-chan time.Time { return time.After(d) }

// Service is the engine's CodeDeploy. Its methods that are named as API
// operations answer them; Poll, Acknowledge and Complete serve the instances.
type Service struct {
	Region  string
	Account string
	log     Log
	clock   Clock

	mu      sync.Mutex
	world   *world
	running bool            // decisions are taken
	taken   map[string]bool // commands that an instance has been given by this process
	before  map[string]bool // commands that an earlier process may have given
	changed chan struct{}   // closed and replaced at every change
	broken  error           // the log could not be written: nothing is decided any more
}

// Every answer is made of copies: it is written out after the lock is given up.

// New reads the log and gives the service as it was left. It decides nothing
// until Run.
func New(log Log, clock Clock, region, account string) (*Service, error) {
	s := &Service{Region: region, Account: account, log: log, clock: clock, world: newWorld(), taken: map[string]bool{}, before: map[string]bool{}, changed: make(chan struct{})}
	err := log.Replay(func(record []byte) error {
		var e Event
		if err := json.Unmarshal(record, &e); err != nil {
			return fmt.Errorf("read the event log: %w", err)
		}
		s.world.apply(e)
		return nil
	})
	for _, d := range s.world.order {
		for _, t := range d.targets {
			if l := t.running(); l != nil && !d.ended() {
				s.before[commandID(d.ID, t.id, l.name)] = true
			}
		}
	}
	return s, err
}

// Run carries deployments forward until ctx ends. Decisions are taken at once
// after every change; Run itself only watches the limits of time.
func (s *Service) Run(ctx context.Context) {
	s.mu.Lock()
	s.running = true
	s.decide()
	s.wake() // a command that was given before a restart is given again, though nothing changed
	s.mu.Unlock()
	for {
		select {
		case <-ctx.Done():
			s.mu.Lock()
			s.running = false
			s.mu.Unlock()
			return
		case <-s.clock.After(5 * time.Second):
			s.mu.Lock()
			s.decide()
			s.mu.Unlock()
		}
	}
}

// append writes events to the log and folds them in. The caller holds mu.
func (s *Service) append(events ...Event) error {
	if s.broken != nil {
		return s.broken
	}
	records := make([]any, len(events))
	for i := range events {
		events[i].At = s.clock.Now().UTC().Truncate(time.Millisecond) // as the API tells it: a client may ask by it
		records[i] = events[i]
	}
	if err := s.log.Append(records...); err != nil {
		s.broken = fmt.Errorf("write the event log: %w", err)
		return s.broken
	}
	for _, e := range events {
		s.world.apply(e)
	}
	s.wake()
	return nil
}

// wake has everybody who polls look again.
func (s *Service) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// change appends events and lets the orchestrator decide what follows.
func (s *Service) change(events ...Event) error {
	if err := s.append(events...); err != nil {
		return err
	}
	s.decide()
	return nil
}

// decide carries every deployment as far as it goes without anybody's answer.
func (s *Service) decide() {
	if !s.running {
		return
	}
	for i := 0; i < len(s.world.order); i++ {
		for d := s.world.order[i]; !d.ended(); {
			events := s.world.next(d, s.clock.Now())
			if len(events) == 0 || s.append(events...) != nil {
				break
			}
		}
	}
}

// Active lists the deployments that have not ended.
func (s *Service) Active() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for _, d := range s.world.order {
		if !d.ended() {
			ids = append(ids, d.ID)
		}
	}
	return ids
}

// Stopping says if somebody asked to stop the deployment.
func (s *Service) Stopping(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.world.deployments[id]
	return d != nil && d.stopping
}

// Instances lists the built-in instances by id.
func (s *Service) Instances() []Instance {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Instance
	for _, i := range s.world.instances {
		out = append(out, *i)
	}
	slices.SortFunc(out, func(a, b Instance) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return out
}

// AddInstance, RemoveInstance and ReplaceInstance tell what became of a
// built-in instance.
func (s *Service) AddInstance(i InstanceAdded) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.change(Event{InstanceAdded: &i})
}

func (s *Service) RemoveInstance(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.change(Event{InstanceRemoved: &InstanceRemoved{ID: id}})
}

func (s *Service) ReplaceInstance(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.world.known(id) {
		return nil // nothing was deployed to it: it is as good as new
	}
	return s.change(Event{InstanceReplaced: &InstanceReplaced{ID: id}})
}

// newDeploymentID makes d- and nine of A-Z0-9.
func newDeploymentID() string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	b := make([]byte, 9)
	rand.Read(b)
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return "d-" + string(b)
}

// newUUID makes a random UUID.
func newUUID() string {
	b := make([]byte, 16)
	rand.Read(b)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
