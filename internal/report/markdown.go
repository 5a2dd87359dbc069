package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

// Summary gathers events and writes them as one page of Markdown: what each
// stage did, a table of targets and lifecycle events for each deployment, and
// the story of each failure.
type Summary struct {
	stages      []event.Stage
	diagnostics []event.Diagnostic
	deployments []*deploymentTable
	failure     *Failure
}

type deploymentTable struct {
	event.Deployment
	events  []string // columns, in the order in which they were first seen
	targets []string
	cells   map[[2]string]event.Lifecycle
}

// Add takes one event.
func (s *Summary) Add(e event.Event) {
	switch e := e.(type) {
	case event.Stage:
		if e.Status != event.StageStarted {
			s.stages = append(s.stages, e)
		}
	case event.Diagnostic:
		if e.Ignored == nil {
			s.diagnostics = append(s.diagnostics, e)
		}
	case event.Deployment:
		t := s.table(e.ID)
		t.Deployment = e
	case event.Lifecycle:
		t := s.table(e.Deployment)
		t.events = addOnce(t.events, e.Name)
		t.targets = addOnce(t.targets, e.Target)
		t.cells[[2]string{e.Target, e.Name}] = e
	}
}

// Fail takes the error that the step ends with.
func (s *Summary) Fail(f Failure) { s.failure = &f }

func (s *Summary) table(id string) *deploymentTable {
	for _, t := range s.deployments {
		if t.ID == id {
			return t
		}
	}
	t := &deploymentTable{cells: map[[2]string]event.Lifecycle{}}
	t.ID = id
	s.deployments = append(s.deployments, t)
	return t
}

func addOnce(list []string, item string) []string {
	for _, have := range list {
		if have == item {
			return list
		}
	}
	return append(list, item)
}

// Empty says if there is nothing to show.
func (s *Summary) Empty() bool {
	return len(s.stages) == 0 && len(s.deployments) == 0 && len(s.diagnostics) == 0 && s.failure == nil
}

// Markdown writes the page, at most limit bytes of it (0: no limit).
func (s *Summary) Markdown(limit int) string {
	var b strings.Builder
	for _, t := range s.deployments {
		t.write(&b)
	}
	if len(s.stages) > 0 {
		b.WriteString("| step | | |\n|---|---|---|\n")
		for _, st := range s.stages {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", Escape(st.Step), mark(st.Status), Escape(st.Summary))
		}
		b.WriteByte('\n')
	}
	if len(s.diagnostics) > 0 {
		b.WriteString("| place | severity | finding | rule |\n|---|---|---|---|\n")
		for _, d := range s.diagnostics {
			fmt.Fprintf(&b, "| %s:%d:%d | %s | %s | %s |\n", Escape(d.File), d.Line, d.Column, Escape(d.Severity), Escape(d.Message), Escape(d.Rule))
		}
		b.WriteByte('\n')
	}
	if s.failure != nil && !s.failure.Shown {
		fmt.Fprintf(&b, "**%s**\n\n%s\n", Escape(s.failure.Text), Escape(s.failure.Remedy))
	}
	page := b.String()
	if note := "\n\n… cut: the page would be too long. The log has all of it.\n"; limit > 0 && len(page) > limit {
		page = strings.ToValidUTF8(page[:max(0, limit-len(note))], "") + note
	}
	return page
}

func mark(status string) string {
	switch status {
	case event.StageDone, "Succeeded":
		return "✅"
	case event.StageFailed, "Failed":
		return "❌"
	case event.StageSkipped, "Skipped":
		return "➖"
	}
	return Escape(status)
}

func (t *deploymentTable) write(b *strings.Builder) {
	title := "Deployment"
	if t.Rollback {
		title = "Rollback"
	}
	fmt.Fprintf(b, "### %s %s: %s\n\n", title, identifier(t.ID), Escape(t.Status))
	if t.ErrorCode != "" {
		fmt.Fprintf(b, "%s: %s\n\n", Escape(t.ErrorCode), Escape(t.Message))
	}
	if len(t.targets) == 0 {
		return
	}
	b.WriteString("| target |")
	for _, name := range t.events {
		fmt.Fprintf(b, " %s |", Escape(name))
	}
	fmt.Fprintf(b, "\n|---|%s\n", strings.Repeat("---|", len(t.events)))
	for _, target := range t.targets {
		fmt.Fprintf(b, "| %s |", Escape(target))
		for _, name := range t.events {
			l, ok := t.cells[[2]string{target, name}]
			cell := ""
			if ok {
				cell = mark(l.Status)
				if took := time.Duration(l.Took); took >= 50*time.Millisecond {
					cell += " " + Seconds(took)
				}
			}
			fmt.Fprintf(b, " %s |", cell)
		}
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	plain := &Text{}
	for _, target := range t.targets {
		for _, name := range t.events {
			if l := t.cells[[2]string{target, name}]; l.Failure != nil {
				lines := plain.story(l)
				fmt.Fprintf(b, "<details open><summary>%s</summary>\n\n", Escape(lines[0]))
				for _, line := range lines[1:] {
					fmt.Fprintf(b, "    %s\n", line)
				}
				b.WriteString("\n</details>\n\n")
			}
		}
	}
}

// identifier leaves an id of the service's form readable in the page's source.
func identifier(id string) string {
	if strings.ContainsFunc(id, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) {
		return Escape(id)
	}
	return id
}

// Escape makes foreign text harmless in Markdown and in the HTML it becomes.
func Escape(s string) string {
	var b strings.Builder
	for _, r := range Clean(s) {
		switch {
		case strings.ContainsRune("\\`*_{}[]()#+-.!|~<>&@:", r):
			fmt.Fprintf(&b, "&#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
