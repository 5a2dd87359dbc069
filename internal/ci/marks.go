package ci

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
)

// marks is how a system shows what is more than a line of text. What a system
// cannot show is nil.
type marks struct {
	open    func(stage string) // begins a group of lines that can be folded
	close   func(stage string)
	eager   bool                     // groups have no end: each stage has its own from its start on
	failed  func()                   // a stage ended badly
	finding func(d event.Diagnostic) // a finding, cleaned and with its path relative to the workspace
	most    int                      // findings of a severity that the system takes; 0: all
	summary func(markdown *report.Summary) error
}

// most text of a finding; the log has all of it.
const findingLength = 4000

// wrap adds a system's marks to a reporter.
func wrap(r report.Reporter, s Streams, m marks) report.Reporter {
	if s.JSON {
		m.open, m.close, m.finding, m.failed = nil, nil, nil, nil // the log belongs to the data
	}
	return &marked{Reporter: r, marks: m, streams: s, counts: map[string]int{}}
}

type marked struct {
	report.Reporter
	marks
	streams Streams

	mu     sync.Mutex
	page   report.Summary
	counts map[string]int // findings so far, by severity
	stage  string         // the stage at hand
	inside bool           // its group is open
}

// Emit shows an event in the log, inside the group of its stage.
func (m *marked) Emit(e event.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.page.Add(e)
	switch e := e.(type) {
	case event.Stage:
		m.endGroup()
		if e.Status == event.StageStarted {
			m.stage = e.Step
			if m.eager {
				m.openGroup()
			}
		} else if e.Status == event.StageFailed && m.failed != nil {
			m.failed()
		}
	case event.Output, event.Progress, event.Checked:
	case event.Diagnostic:
		if e.Ignored == nil {
			m.openGroup()
		}
	default:
		m.openGroup()
	}
	switch e := e.(type) {
	case event.Diagnostic:
		if e.Ignored == nil {
			m.show(e)
		}
	case event.Note:
		if e.Level == event.Warning {
			m.show(event.Diagnostic{Severity: "warning", Message: e.Text})
		}
	case event.Lifecycle:
		if e.Status == "Failed" && e.Failure != nil {
			m.show(event.Diagnostic{Severity: "error", Rule: e.Name + " failed on " + e.Target, Message: e.Failure.Message})
		}
	}
	m.Reporter.Emit(e)
}

// openGroup opens the group of the stage at hand when it has something to say,
// so that a stage of one line is no group to click open.
func (m *marked) openGroup() {
	if m.stage != "" && !m.inside && m.open != nil {
		m.open(m.stage)
		m.inside = true
	}
}

func (m *marked) endGroup() {
	if m.inside && m.close != nil {
		m.close(m.stage)
	}
	m.stage, m.inside = "", false
}

// show marks a finding, as long as the system takes more.
func (m *marked) show(d event.Diagnostic) {
	m.counts[d.Severity]++
	if m.finding == nil || m.most > 0 && m.counts[d.Severity] > m.most {
		return
	}
	if d.File != "" && m.streams.Relative != nil {
		d.File = m.streams.Relative(d.File)
	}
	if d.Severity != "warning" {
		d.Severity = "error"
	}
	text := report.CleanLines(d.Message)
	if d.Help != "" {
		text = append(text, report.CleanLines(d.Help)...)
	}
	// Secrets are hidden before a text is cut or written in a system's own way, in
	// which they would not be known any more.
	hide := m.streams.hide
	d.Rule, d.File, d.Message, d.Help = cut(hide(report.Clean(d.Rule)), 200), hide(report.Clean(d.File)), cut(hide(strings.Join(text, "\n")), findingLength), ""
	m.finding(d)
}

func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + " …"
}

// Fail shows the error that the step ends with as a finding of its own, unless
// one has said the same already.
func (m *marked) Fail(step string, f report.Failure) {
	m.mu.Lock()
	m.endGroup()
	m.page.Fail(f)
	if !f.Shown {
		m.show(event.Diagnostic{Severity: "error", Rule: step, Message: f.Text, Help: f.Remedy})
	}
	m.mu.Unlock()
	m.Reporter.Fail(step, f)
}

// Close says how much was left out, and writes the summary.
func (m *marked) Close() error {
	m.mu.Lock()
	m.endGroup()
	for _, severity := range []string{"error", "warning"} {
		if n := m.counts[severity] - m.most; m.most > 0 && n > 0 && m.finding != nil {
			fmt.Fprintf(m.streams.log(), "and %d more of severity %s: %d of a kind are shown apart; the log above has all\n", n, severity, m.most)
		}
	}
	m.mu.Unlock()
	err := m.Reporter.Close()
	if m.summary == nil || m.page.Empty() {
		return err
	}
	return errors.Join(err, m.summary(&m.page)) // whatever became of the other reports
}

// markdown is a summary of at most limit bytes, without secrets.
func (s Streams) markdown(page *report.Summary, limit int) string {
	return s.hide(page.Markdown(limit))
}

func (s Streams) hide(text string) string {
	if s.Hide == nil {
		return text
	}
	return s.Hide(text)
}

// say writes a line of the system's own; a log that nobody reads is no error.
func say(w io.Writer, format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
