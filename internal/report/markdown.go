package report

import (
	"fmt"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

// Summary gathers events and writes them as one page of Markdown: a table of
// targets and lifecycle events and a timeline for each deployment, the story of
// each failure, what each stage did, and what was found.
type Summary struct {
	history     History
	diagnostics []event.Diagnostic
	failure     *Failure
}

// Markdown writes a run as one page of Markdown.
func Markdown(f *Findings) ([]byte, error) {
	s := Summary{history: f.History, failure: f.Failure}
	for _, d := range f.Found {
		s.Add(d)
	}
	return []byte(s.Markdown(pageLimit)), nil
}

// pageLimit is what GitHub takes of a step's summary, less a margin.
const pageLimit = 1<<20 - 1024

// Add takes one event.
func (s *Summary) Add(e event.Event) {
	if d, ok := e.(event.Diagnostic); ok && d.Ignored == nil {
		s.diagnostics = append(s.diagnostics, d)
	}
	s.history.Add(e)
}

// Fail takes the error that the step ends with.
func (s *Summary) Fail(f Failure) { s.failure = &f }

// Empty says if there is nothing to show.
func (s *Summary) Empty() bool {
	return len(s.history.stages) == 0 && len(s.history.deployments) == 0 && len(s.diagnostics) == 0 && s.failure == nil
}

// Markdown writes the page, at most limit bytes of it (0: no limit). What does
// not fit is left out by whole parts.
func (s *Summary) Markdown(limit int) string {
	var parts []string
	for _, d := range s.history.deployments {
		parts = append(parts, d.markdown()...)
	}
	parts = append(parts, s.stages(), s.findings())
	if s.failure != nil && !s.failure.Shown {
		parts = append(parts, fmt.Sprintf("**%s**\n\n%s\n", Escape(s.failure.Text), Escape(s.failure.Remedy)))
	}
	const note = "… cut: the page would be too long. The log has all of it.\n"
	if page := strings.Join(parts, ""); limit <= 0 || len(page) <= limit {
		return page
	}
	var b strings.Builder
	for _, part := range parts {
		if b.Len()+len(part)+len(note) <= limit {
			b.WriteString(part)
		}
	}
	b.WriteString(note)
	return b.String()
}

func (s *Summary) stages() string {
	if len(s.history.stages) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("| step | | |\n|---|---|---|\n")
	for _, st := range s.history.stages {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", Escape(st.Step), mark(st.Status), Escape(st.Summary))
	}
	return b.String() + "\n"
}

// findingsShown bounds the findings of a page.
const findingsShown = 100

func (s *Summary) findings() string {
	if len(s.diagnostics) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("| place | severity | finding | rule |\n|---|---|---|---|\n")
	for i, d := range s.diagnostics {
		if i == findingsShown {
			fmt.Fprintf(&b, "\n… and %d more; the log has them.\n", len(s.diagnostics)-findingsShown)
			break
		}
		at := Escape(d.File)
		if d.Line > 0 { // else it is about the whole file
			at += fmt.Sprintf(":%d", d.Line)
			if d.Column > 0 {
				at += fmt.Sprintf(":%d", d.Column)
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", at, Escape(d.Severity), Escape(d.Message), Escape(d.Rule))
	}
	return b.String() + "\n"
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

// markdown writes a deployment: its heading with the table, its timeline, and
// the story of each failure.
func (d *deployment) markdown() []string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s %s: %s\n\n", d.title(), identifier(d.ID), Escape(d.Status))
	if d.ErrorCode != "" {
		fmt.Fprintf(&b, "%s: %s\n\n", Escape(d.ErrorCode), Escape(d.Message))
	}
	rows, more := d.rows()
	if len(d.names) == 0 {
		rows = nil // a table without a column
	}
	if len(rows) > 0 {
		d.table(&b, rows, more)
	}
	parts := []string{b.String(), d.mermaid(rows)}
	told, more := d.failed()
	plain := &Text{}
	for _, l := range told {
		lines := plain.story(l.Lifecycle)
		if l.others > 0 {
			lines[0] += fmt.Sprintf(" and on %d more", l.others)
		}
		var b strings.Builder
		fmt.Fprintf(&b, "<details open><summary>%s</summary>\n\n", Escape(lines[0]))
		for _, line := range lines[1:] {
			fmt.Fprintf(&b, "    %s\n", line)
		}
		b.WriteString("\n</details>\n\n")
		parts = append(parts, b.String())
	}
	if more > 0 {
		parts = append(parts, fmt.Sprintf("… and %d more failures; the log has them.\n\n", more))
	}
	return parts
}

func (d *deployment) table(b *strings.Builder, rows []row, more int) {
	b.WriteString("| target |")
	for _, name := range d.names {
		fmt.Fprintf(b, " %s |", Escape(name))
	}
	fmt.Fprintf(b, "\n|---|%s\n", strings.Repeat("---|", len(d.names)))
	for _, r := range rows {
		if len(r.cells) == 0 {
			continue // nothing was begun there
		}
		fmt.Fprintf(b, "| %s |", Escape(r.label()))
		for _, name := range d.names {
			cell := ""
			if c, ok := r.cell(name); ok {
				cell = strings.TrimSpace(mark(c.Status) + " " + c.took())
			}
			fmt.Fprintf(b, " %s |", cell)
		}
		b.WriteByte('\n')
	}
	if more > 0 {
		fmt.Fprintf(b, "\n… and %d more targets; the log has them.\n", more)
	}
	b.WriteByte('\n')
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
