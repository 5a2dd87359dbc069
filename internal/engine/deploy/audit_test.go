package deploy

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// story is what the log tells of one deployment.
type story struct {
	created   DeploymentCreated
	targets   []string
	minimum   int
	begun     []string // targets, in the order in which they were begun
	atOnce    int      // most targets that were in progress at one time
	status    types.DeploymentStatus
	failing   bool
	stopping  bool
	floor     int // healthy and untouched instances that there have to be at any time
	outcome   map[string]types.TargetStatus
	busy      map[string]string // target → running event, "" between two
	done      map[string]map[string]types.LifecycleEventStatus
	succeeded int
}

// audit reads a log and asserts what must hold at every moment of it
// (instances-health.md; the rules are written out once more here, apart from
// those of next.go).
func audit(t testing.TB, records [][]byte) map[string]*story {
	t.Helper()
	stories := map[string]*story{}
	healthy := map[string]map[string]bool{} // by group
	active := map[string]string{}
	replaced := false
	of := func(s *story) map[string]bool {
		key := s.created.Application + "/" + s.created.Group
		if healthy[key] == nil {
			healthy[key] = map[string]bool{}
		}
		return healthy[key]
	}
	available := func(s *story) int {
		n := 0
		for _, id := range s.targets {
			if _, busy := s.busy[id]; of(s)[id] && !busy {
				n++
			}
		}
		return n
	}
	for at, text := range records {
		var e Event
		if err := json.Unmarshal(text, &e); err != nil {
			t.Fatal(err)
		}
		bad := func(format string, args ...any) {
			t.Helper()
			t.Errorf("record %d, %s: "+format, append([]any{at, text}, args...)...)
		}
		if e.At.IsZero() {
			bad("no time")
		}
		switch {
		case e.InstanceReplaced != nil:
			replaced = true
			for _, h := range healthy {
				delete(h, e.InstanceReplaced.ID)
			}
			for _, s := range stories {
				s.floor = min(s.floor, available(s))
			}
		case e.DeploymentCreated != nil:
			s := &story{created: *e.DeploymentCreated, busy: map[string]string{}, outcome: map[string]types.TargetStatus{}, done: map[string]map[string]types.LifecycleEventStatus{}}
			key := s.created.Application + "/" + s.created.Group
			if active[key] != "" {
				bad("the group's deployment %s still runs", active[key])
			}
			active[key] = s.created.ID
			stories[s.created.ID] = s
		case e.DeploymentStarted != nil:
			s := stories[e.DeploymentStarted.ID]
			s.targets, s.minimum = e.DeploymentStarted.Targets, e.DeploymentStarted.Minimum
			s.floor = min(s.minimum, available(s))
			if !slices.Equal(e.DeploymentStarted.Events, inPlaceEvents) {
				bad("lifecycle events")
			}
		case e.DeploymentFailing != nil:
			stories[e.DeploymentFailing.ID].failing = true
		case e.StopRequested != nil:
			stories[e.StopRequested.ID].stopping = true
		case e.EventStarted != nil:
			s, id := stories[e.EventStarted.Deployment], e.EventStarted.Target
			if s.stopping {
				bad("begun after the stop")
			}
			if s.outcome[id] != "" || s.status != "" {
				bad("begun after the end")
			}
			if running, busy := s.busy[id]; !busy {
				s.first(t, bad, of(s), id, replaced)
			} else if running != "" {
				bad("%s still runs", running)
			}
			s.inOrder(bad, id, e.EventStarted.Name)
			s.busy[id] = e.EventStarted.Name
			s.atOnce = max(s.atOnce, len(s.busy))
		case e.EventEnded != nil:
			s, id := stories[e.EventEnded.Deployment], e.EventEnded.Target
			if s.busy[id] != e.EventEnded.Name {
				bad("%q runs", s.busy[id])
			}
			s.busy[id] = ""
			s.done[id][e.EventEnded.Name] = e.EventEnded.Status
		case e.TargetEnded != nil:
			s, id := stories[e.TargetEnded.Deployment], e.TargetEnded.Target
			running, begun := s.busy[id]
			if running != "" {
				bad("%s still runs", running)
			}
			if s.outcome[id] != "" {
				bad("ended twice")
			}
			if skipped := e.TargetEnded.Status == types.TargetStatusSkipped; skipped == begun {
				bad("skipped and begun, or neither")
			}
			delete(s.busy, id)
			s.outcome[id] = e.TargetEnded.Status
			if begun {
				of(s)[id] = e.TargetEnded.Status == types.TargetStatusSucceeded
			}
			if e.TargetEnded.Status == types.TargetStatusSucceeded {
				s.succeeded++
			}
		case e.DeploymentEnded != nil:
			s := stories[e.DeploymentEnded.ID]
			s.status = e.DeploymentEnded.Status
			s.end(bad, of(s))
			delete(active, s.created.Application+"/"+s.created.Group)
		}
		for id, s := range stories {
			if s.status == "" && s.floor > 0 && available(s) < s.floor {
				bad("%s: %d healthy instances are left alone, %d have to be", id, available(s), s.floor)
			}
		}
	}
	return stories
}

// first asserts that a target may be begun now.
func (s *story) first(t testing.TB, bad func(string, ...any), healthy map[string]bool, id string, replaced bool) {
	t.Helper()
	if s.failing {
		bad("a further target is begun by a deployment that fails")
	}
	h, healthyBusy, sickBusy, sickWaiting := 0, 0, 0, 0
	for _, other := range s.targets {
		_, busy := s.busy[other]
		switch {
		case healthy[other]:
			h++
			if busy {
				healthyBusy++
			}
		case busy:
			sickBusy++
		case s.outcome[other] == "":
			sickWaiting++
		}
	}
	if healthy[id] {
		if healthyBusy+1 > h-s.minimum {
			bad("%d healthy ones in progress, H is %d and M %d", healthyBusy+1, h, s.minimum)
		}
		if sickBusy+sickWaiting > 0 && !replaced {
			bad("a healthy one is begun before the unhealthy ones are done")
		}
	} else if sickBusy+1 > max(1, len(s.targets)-s.minimum) {
		bad("%d unhealthy ones in progress", sickBusy+1)
	}
	if n := slices.Index(s.targets, id); !replaced {
		for _, earlier := range s.targets[:n] {
			if _, busy := s.busy[earlier]; !busy && s.outcome[earlier] == "" {
				bad("%s comes before it", earlier)
			}
		}
	}
	s.begun = append(s.begun, id)
	s.done[id] = map[string]types.LifecycleEventStatus{}
}

// inOrder asserts that all earlier events have succeeded and none came later.
func (s *story) inOrder(bad func(string, ...any), id, event string) {
	n := slices.Index(inPlaceEvents, event)
	if n != len(s.done[id]) {
		bad("is not the next event after %v", s.done[id])
	}
	for _, earlier := range inPlaceEvents[:max(0, n)] {
		status := s.done[id][earlier]
		if status != types.LifecycleEventStatusSucceeded && !(earlier == "ApplicationStop" && s.created.IgnoreStopFailures) {
			bad("begun although %s is %q", earlier, status)
		}
	}
}

// end asserts that a deployment's status is the right one.
func (s *story) end(bad func(string, ...any), healthy map[string]bool) {
	h := 0
	for _, id := range s.targets {
		if s.outcome[id] == "" {
			bad("target %s has not ended", id)
		}
		if healthy[id] {
			h++
		}
	}
	want := types.DeploymentStatusFailed
	switch {
	case s.stopping:
		want = types.DeploymentStatusStopped
	case s.failing:
	case h >= s.minimum && s.succeeded > 0, len(s.targets) == 0 && s.created.OnlyOutdated:
		want = types.DeploymentStatusSucceeded
	}
	if s.status != want {
		bad("should be %s: H %d, M %d, %d succeeded", want, h, s.minimum, s.succeeded)
	}
}
