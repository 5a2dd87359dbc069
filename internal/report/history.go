package report

import (
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

// Build tells of the CI system's run, as far as it is known. All of it may be
// chosen by whoever names a branch.
type Build struct {
	Repository, Commit, Ref, URL, Actor string
}

// History gathers what a run had to say, for what is written at its end.
type History struct {
	stages      []event.Stage
	warnings    []string
	outputs     []event.Output
	deployments []*deployment
}

// deployment is what became of a deployment, and of its targets.
type deployment struct {
	event.Deployment
	names   []string // of lifecycle events, in the order in which they were first seen
	targets []*target
	index   map[string]*target
}

// target is what became of a target: the last that was said of each lifecycle event.
type target struct {
	id     string
	status string
	events []event.Lifecycle
}

// Add takes one event.
func (h *History) Add(e event.Event) {
	switch e := e.(type) {
	case event.Stage:
		if e.Status != event.StageStarted {
			h.stages = append(h.stages, e)
		}
	case event.Note:
		if e.Level == event.Warning || e.Level == event.Error {
			h.warnings = append(h.warnings, e.Text)
		}
	case event.Output:
		h.output(e)
	case event.Deployment:
		h.deployment(e.ID).Deployment = e
	case event.Target:
		h.deployment(e.Deployment).target(e.ID).status = e.Status
	case event.Lifecycle:
		d := h.deployment(e.Deployment)
		d.names = addOnce(d.names, e.Name)
		d.target(e.Target).say(e)
	}
}

// output keeps the last value of each name, at the place of its first.
func (h *History) output(o event.Output) {
	for i := range h.outputs {
		if h.outputs[i].Name == o.Name {
			h.outputs[i] = o
			return
		}
	}
	h.outputs = append(h.outputs, o)
}

func (h *History) deployment(id string) *deployment {
	for _, d := range h.deployments {
		if d.ID == id {
			return d
		}
	}
	d := &deployment{index: map[string]*target{}}
	d.ID = id
	h.deployments = append(h.deployments, d)
	return d
}

func (d *deployment) target(id string) *target {
	t := d.index[id]
	if t == nil {
		t = &target{id: id}
		d.index[id] = t
		d.targets = append(d.targets, t)
	}
	return t
}

func (t *target) say(e event.Lifecycle) {
	for i := range t.events {
		if t.events[i].Name == e.Name {
			t.events[i] = e
			return
		}
	}
	t.events = append(t.events, e)
}

func addOnce(list []string, item string) []string {
	for _, have := range list {
		if have == item {
			return list
		}
	}
	return append(list, item)
}

// title names the kind of a deployment.
func (d *deployment) title() string {
	if d.Rollback {
		return "Rollback"
	}
	return "Deployment"
}

// span is the time from the first event that began to the last that ended;
// what has not ended lasts until then. It is empty if no target told a time.
func (d *deployment) span() (from, to time.Time) {
	for _, t := range d.targets {
		for _, e := range t.events {
			if e.Began.IsZero() {
				continue
			}
			if from.IsZero() || e.Began.Before(from) {
				from = e.Began
			}
			if end := e.Began.Add(time.Duration(e.Took)); end.After(to) {
				to = end
			}
		}
	}
	if !from.IsZero() && d.Ended.After(to) {
		to = d.Ended
	}
	return from, to
}
