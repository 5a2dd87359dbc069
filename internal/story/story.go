// Package story tells one deployment to a code host: what the events have said
// so far, as a state with its words and as a comment in Markdown. Who shows it
// where is the affair of packages github and gitlab.
package story

import (
	"fmt"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
)

// States of a deployment, in GitHub's words (API: create a deployment status).
const (
	Queued     = "queued"
	InProgress = "in_progress"
	Success    = "success"
	Failure    = "failure"
	Broken     = "error"
	Inactive   = "inactive"
)

// Change is a new state, with its words.
type Change struct{ State, Description string }

// Story is what the events have told so far, and what is to be shown of it.
type Story struct {
	Application, Group, Revision string

	Moves   string // the step's first move with a deployment: deploy, wait or rollback
	current event.Deployment
	back    event.Deployment // the rollback that the service made
	Failed  *report.Failure  // why the step failed
	summary report.Summary

	State string

	// Hide takes secrets out of a text; nil leaves it. What is shown here is read
	// by more than those who read the log.
	Hide func(string) string
}

func (s *Story) hidden(text string) string {
	if s.Hide == nil {
		return text
	}
	return s.Hide(text)
}

// Add takes one event and answers the new state, if there is one.
func (s *Story) Add(e event.Event) *Change {
	s.summary.Add(e)
	switch e := e.(type) {
	case event.Stage:
		if s.Moves == "" && e.Status == event.StageStarted && (e.Step == "deploy" || e.Step == "wait" || e.Step == "rollback") {
			s.Moves = e.Step
		}
	case event.Output:
		switch e.Name {
		case "application":
			s.Application = e.Value
		case "revision":
			s.Revision = e.Value
		case "deployment-group":
			s.Group = e.Value
		case "deployment-id":
			s.current.ID = e.Value
		default:
			return nil
		}
		switch {
		case s.Moves == "" || s.Group == "":
		case e.Name == "deployment-id":
			return s.to(InProgress, e.Value)
		case s.Revision != "" && e.Name != "application":
			// As soon as it is known what is deployed where, so that a deployment that
			// the service refuses is shown too.
			return s.to(Queued, "")
		}
	case event.Deployment:
		return s.deployment(e)
	}
	return nil
}

func (s *Story) deployment(e event.Deployment) *Change {
	if e.Rollback && s.current.Status != "" && e.ID != s.current.ID {
		s.back = e
		if e.Status == "Succeeded" {
			return s.to(Inactive, "rolled back by "+e.ID)
		}
		return nil
	}
	s.current = e
	if e.Application != "" {
		s.Application = e.Application
	}
	if e.Group != "" {
		s.Group = e.Group
	}
	words := e.ID + " " + e.Status
	if e.ErrorCode != "" {
		words += ": " + e.ErrorCode + ", " + e.Message
	} else if counts := counts(e.Overview); counts != "" {
		words += ": " + counts
	}
	switch e.Status {
	case "Succeeded":
		return s.to(Success, words)
	case "Failed":
		return s.to(Failure, words)
	case "Stopped":
		return s.to(Broken, words)
	case "Created", "Queued":
		return s.to(Queued, words)
	}
	return s.to(InProgress, e.ID)
}

// End takes the end of the step.
func (s *Story) End(f *report.Failure) *Change {
	s.Failed = f
	if f != nil {
		s.summary.Fail(*f)
	}
	switch {
	case s.State != Queued && s.State != InProgress:
		return nil
	case f == nil: // nobody waits for it here
		return s.to(InProgress, s.current.ID)
	}
	words, _, _ := strings.Cut(f.Text, "\n")
	return s.to(Broken, words)
}

func (s *Story) to(state, description string) *Change {
	if s.State == state || state == Queued && s.State != "" {
		return nil
	}
	s.State = state
	return &Change{state, s.hidden(description)}
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
