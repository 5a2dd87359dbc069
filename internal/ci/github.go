package ci

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/sethvargo/go-githubactions"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
)

// GitHub is GitHub Actions (docs.github.com: workflow commands for GitHub
// Actions; variables reference).
type GitHub struct{ getenv func(string) string }

// Limits of GitHub: annotations of a kind in one step, bytes of a step's summary.
const (
	githubAnnotations = 10
	githubSummary     = 1 << 20
)

func (g *GitHub) IsCI() bool        { return true }
func (g *GitHub) Workspace() string { return g.getenv("GITHUB_WORKSPACE") }

func (g *GitHub) action(w io.Writer) *githubactions.Action {
	return githubactions.New(githubactions.WithWriter(lenient{w}), githubactions.WithGetenv(g.getenv))
}

// lenient keeps the library from panicking where the log can't be written: the
// reporters go on then, too.
type lenient struct{ w io.Writer }

func (l lenient) Write(p []byte) (int, error) {
	l.w.Write(p)
	return len(p), nil
}

// SetOutput appends to the file GITHUB_OUTPUT; without one there is nobody to
// tell (a step run by hand in a job).
func (g *GitHub) SetOutput(name, value string) error {
	if g.getenv("GITHUB_OUTPUT") == "" {
		return nil
	}
	return recovered("GITHUB_OUTPUT", func() { g.action(io.Discard).SetOutput(name, value) })
}

// Mask hides a secret in the job's log.
func (g *GitHub) Mask(w io.Writer, secret string) { g.action(w).AddMask(secret) }

// recovered turns the library's panics on files that cannot be written into errors.
func recovered(file string, f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: %v", file, r)
		}
	}()
	f()
	return nil
}

// Wrap adds annotations, log groups and the job summary.
func (g *GitHub) Wrap(r report.Reporter, s Streams) report.Reporter {
	out := s.Stdout
	if s.JSON {
		out = io.Discard // the summary and the outputs are files; the log belongs to the JSON lines
	}
	return &githubReporter{Reporter: r, system: g, action: g.action(out), relative: s.Relative, counts: map[string]int{}}
}

type githubReporter struct {
	report.Reporter
	system   *GitHub
	action   *githubactions.Action
	relative func(string) string

	mu      sync.Mutex
	summary report.Summary
	counts  map[string]int // annotations so far, by severity
	stage   string         // the stage at hand
	open    bool           // its log group is open
}

// Emit shows an event in the log, inside the group of its stage.
func (g *githubReporter) Emit(e event.Event) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.summary.Add(e)
	switch e := e.(type) {
	case event.Stage:
		g.endGroup()
		if e.Status == event.StageStarted {
			g.stage = e.Step
		}
	case event.Output, event.Progress, event.Checked:
	case event.Diagnostic:
		if e.Ignored == nil {
			g.openGroup()
		}
	default:
		g.openGroup()
	}
	switch e := e.(type) {
	case event.Diagnostic:
		if e.Ignored == nil {
			g.annotate(e)
		}
	case event.Note:
		if e.Level == event.Warning {
			g.annotate(event.Diagnostic{Severity: "warning", Message: e.Text})
		}
	case event.Lifecycle:
		if e.Status == "Failed" && e.Failure != nil {
			g.annotate(event.Diagnostic{Severity: "error", Rule: e.Name + " failed on " + e.Target, Message: e.Failure.Message})
		}
	}
	g.Reporter.Emit(e)
}

// openGroup opens the group of the stage at hand when it has something to say,
// so that a stage of one line is no group to click open.
func (g *githubReporter) openGroup() {
	if g.stage != "" && !g.open {
		g.action.Group(g.stage)
		g.open = true
	}
}

func (g *githubReporter) endGroup() {
	g.stage = ""
	if g.open {
		g.action.EndGroup()
		g.open = false
	}
}

// annotate puts a finding at its place in the file, as long as GitHub takes more.
func (g *githubReporter) annotate(d event.Diagnostic) {
	g.counts[d.Severity]++
	if g.counts[d.Severity] > githubAnnotations {
		return
	}
	fields := map[string]string{}
	if d.Rule != "" {
		fields["title"] = report.Clean(d.Rule)
	}
	if d.File != "" {
		file := d.File
		if g.relative != nil {
			file = g.relative(file)
		}
		fields["file"] = report.Clean(file)
	}
	for name, n := range map[string]int{"line": d.Line, "col": d.Column, "endLine": d.EndLine, "endColumn": d.EndColumn} {
		if n > 0 {
			fields[name] = strconv.Itoa(n)
		}
	}
	text := strings.Join(report.CleanLines(d.Message), "\n")
	if d.Help != "" {
		text += "\n" + strings.Join(report.CleanLines(d.Help), "\n")
	}
	a := g.action.WithFieldsMap(fields)
	if d.Severity == "warning" {
		a.Warningf("%s", text)
	} else {
		a.Errorf("%s", text)
	}
}

// Fail shows the error that the step ends with as an annotation of its own,
// unless one has said the same already.
func (g *githubReporter) Fail(step string, f report.Failure) {
	g.mu.Lock()
	g.endGroup()
	g.summary.Fail(f)
	if !f.Shown {
		g.annotate(event.Diagnostic{Severity: "error", Rule: step, Message: f.Text, Help: f.Remedy})
	}
	g.mu.Unlock()
	g.Reporter.Fail(step, f)
}

// Close writes the job summary.
func (g *githubReporter) Close() error {
	g.mu.Lock()
	g.endGroup()
	for _, severity := range []string{"error", "warning"} {
		if n := g.counts[severity] - githubAnnotations; n > 0 {
			g.action.Infof("and %d more of severity %s: GitHub shows %d of a kind; the log above has all", n, severity, githubAnnotations)
		}
	}
	g.mu.Unlock()
	if err := g.Reporter.Close(); err != nil {
		return err
	}
	if g.system.getenv("GITHUB_STEP_SUMMARY") == "" || g.summary.Empty() {
		return nil
	}
	return recovered("GITHUB_STEP_SUMMARY", func() { g.action.AddStepSummary(g.summary.Markdown(githubSummary - 1024)) })
}
