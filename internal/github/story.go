package github

import (
	"fmt"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
)

// States of a deployment on GitHub that are used here (API: create a deployment status).
const (
	queued     = "queued"
	inProgress = "in_progress"
	success    = "success"
	failure    = "failure"
	broken     = "error"
	inactive   = "inactive"
)

// change is a new state, with its words.
type change struct{ state, description string }

// story is what the events have told so far, and what GitHub is to show of it.
type story struct {
	application, group, revision string

	moves   string // the step's first move with a deployment: deploy, wait or rollback
	current event.Deployment
	back    event.Deployment // the rollback that the service made
	failure *report.Failure
	ended   bool
	summary report.Summary

	state string
}

// add takes one event and answers the new state, if there is one.
func (s *story) add(e event.Event) *change {
	s.summary.Add(e)
	switch e := e.(type) {
	case event.Stage:
		if s.moves == "" && e.Status == event.StageStarted && (e.Step == "deploy" || e.Step == "wait" || e.Step == "rollback") {
			s.moves = e.Step
		}
	case event.Output:
		switch e.Name {
		case "application":
			s.application = e.Value
		case "revision":
			s.revision = e.Value
		case "deployment-group":
			s.group = e.Value
		case "deployment-id":
			s.current.ID = e.Value
		default:
			return nil
		}
		switch {
		case s.moves == "" || s.group == "":
		case e.Name == "deployment-id":
			return s.to(inProgress, e.Value)
		case s.revision != "" && e.Name != "application":
			// As soon as it is known what is deployed where, so that a deployment that
			// the service refuses is shown too.
			return s.to(queued, "")
		}
	case event.Deployment:
		return s.deployment(e)
	}
	return nil
}

func (s *story) deployment(e event.Deployment) *change {
	if e.Rollback && s.current.Status != "" && e.ID != s.current.ID {
		s.back = e
		if e.Status == "Succeeded" {
			return s.to(inactive, "rolled back by "+e.ID)
		}
		return nil
	}
	s.current = e
	if e.Application != "" {
		s.application = e.Application
	}
	if e.Group != "" {
		s.group = e.Group
	}
	words := e.ID + " " + e.Status
	if e.ErrorCode != "" {
		words += ": " + e.ErrorCode + ", " + e.Message
	} else if counts := counts(e.Overview); counts != "" {
		words += ": " + counts
	}
	switch e.Status {
	case "Succeeded":
		return s.to(success, words)
	case "Failed":
		return s.to(failure, words)
	case "Stopped":
		return s.to(broken, words)
	case "Created", "Queued":
		return s.to(queued, words)
	}
	return s.to(inProgress, e.ID)
}

// end takes the end of the step.
func (s *story) end(f *report.Failure) *change {
	s.ended, s.failure = true, f
	if f != nil {
		s.summary.Fail(*f)
	}
	switch {
	case s.state != queued && s.state != inProgress:
		return nil
	case f == nil: // nobody waits for it here
		return s.to(inProgress, s.current.ID)
	}
	words, _, _ := strings.Cut(f.Text, "\n")
	return s.to(broken, words)
}

func (s *story) to(state, description string) *change {
	if s.state == state || state == queued && s.state != "" {
		return nil
	}
	s.state = state
	return &change{state, description}
}

// counts says how many targets there are of each state.
func counts(o *event.Overview) string {
	if o == nil {
		return ""
	}
	var parts []string
	for _, c := range []struct {
		n    int64
		name string
	}{{o.Succeeded, "succeeded"}, {o.Failed, "failed"}, {o.Skipped, "skipped"}, {o.InProgress, "in progress"}, {o.Pending, "pending"}, {o.Ready, "ready"}} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.name))
		}
	}
	return strings.Join(parts, ", ")
}
