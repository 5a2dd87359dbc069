package report

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

// Style says how text is marked up.
type Style struct{ red, green, yellow, dim, bold, off string }

// Plain is text without marks, for logs. Colour is for terminals.
var (
	Plain  = Style{}
	Colour = Style{red: "\x1b[31m", green: "\x1b[32m", yellow: "\x1b[33m", dim: "\x1b[2m", bold: "\x1b[1m", off: "\x1b[0m"}
)

// Text writes events as lines, in the order in which they come. What failed is
// told once more, in full, when everything else has been said, so that a
// rollback's lines don't push it out of sight.
type Text struct {
	mu      sync.Mutex
	out     io.Writer
	err     io.Writer
	style   Style
	verbose bool
	stories []event.Lifecycle
	begun   map[string]bool   // deployments of which the first line was written
	print   func(line string) // how a line reaches out; the live view inserts it above its own

	// The move that is under way, since when, and when it was last told of.
	moving            string
	movingSince, told time.Time
}

// NewText makes a reporter for a log: out gets the lines, err the final error.
func NewText(out, err io.Writer, style Style, verbose bool) *Text {
	t := &Text{out: out, err: err, style: style, verbose: verbose, begun: map[string]bool{}}
	t.print = func(line string) { io.WriteString(t.out, line+"\n") }
	return t
}

// noHeader keeps foreign text that begins a line (a file's name, an event's) from
// beginning as the headers of Buildkite's groups do.
func noHeader(line string) string {
	for _, mark := range []string{"---", "+++", "~~~", "^^^"} {
		if strings.HasPrefix(line, mark) {
			return " " + line
		}
	}
	return line
}

// Emit writes the lines of one event.
func (t *Text) Emit(e event.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.emit(e)
}

func (t *Text) emit(e event.Event) {
	switch e := e.(type) {
	case event.Note:
		t.note(e)
	case event.Stage:
		t.stage(e)
	case event.Progress:
		t.progress(e)
	case event.Diagnostic:
		for _, line := range t.diagnostic(e) {
			t.print(line)
		}
	case event.Fixed:
		t.fixed(e)
	case event.Rule:
		t.rule(e)
	case event.Deployment:
		t.deployment(e)
	case event.Lifecycle:
		t.lifecycle(e)
	case event.Target:
		t.target(e)
	case event.Instance:
		t.instance(e)
	case event.Revision:
		t.revision(e)
	case event.Entry:
		t.entry(e)
	}
}

const indent = "          "

func (t *Text) note(n event.Note) {
	text := Clean(n.Text)
	switch n.Level {
	case event.Debug:
		if t.verbose {
			t.print(t.style.dim + "debug: " + text + t.style.off)
		}
	case event.Warning:
		t.print(t.style.yellow + "warning: " + t.style.off + text)
	case event.Error:
		t.print(t.style.red + "error: " + t.style.off + text)
	default:
		t.print(indent + text)
	}
}

func (t *Text) stage(s event.Stage) {
	var mark string
	switch s.Status {
	case event.StageDone:
		mark = t.style.green + "ok  " + t.style.off
	case event.StageSkipped:
		mark = t.style.dim + "same" + t.style.off
	case event.StageFailed:
		mark = t.style.red + "FAIL" + t.style.off
	default:
		return
	}
	line := fmt.Sprintf("%-9s %s  %s", s.Step, mark, Clean(s.Summary))
	if took := time.Duration(s.Took); took >= 100*time.Millisecond {
		line += t.style.dim + " (" + Seconds(took) + ")" + t.style.off
	}
	t.print(strings.TrimRight(line, " "))
}

func (t *Text) diagnostic(d event.Diagnostic) []string {
	if d.Ignored != nil {
		return nil // counted at the end
	}
	colour := t.style.red
	if d.Severity == "warning" {
		colour = t.style.yellow
	}
	lines := []string{fmt.Sprintf("%s%s:%s %s%s:%s %s [%s]", t.style.bold, noHeader(place(d)), t.style.off, colour, d.Severity, t.style.off, Clean(d.Message), Clean(d.Rule))}
	if d.Snippet != "" {
		number := fmt.Sprintf("%4d | ", d.Line)
		lines = append(lines, t.style.dim+number+t.style.off+Clean(d.Snippet))
		if d.Column > 0 {
			lines = append(lines, strings.Repeat(" ", len(number))+caret(d))
		}
	}
	for _, help := range CleanLines(d.Help) {
		lines = append(lines, "       "+help)
	}
	return lines
}

// caret underlines the range of a diagnostic below its cleaned snippet.
func caret(d event.Diagnostic) string {
	runes := []rune(d.Snippet)
	at := max(0, min(d.Column-1, len(runes)))
	end := at + 1
	if d.EndLine == d.Line && d.EndColumn > d.Column {
		end = d.EndColumn - 1
	} else if d.EndLine > d.Line {
		end = len(runes)
	}
	end = max(at, min(end, len(runes)))
	length := max(1, cells(Clean(string(runes[at:end]))))
	return strings.Repeat(" ", cells(Clean(string(runes[:at])))) + strings.Repeat("^", min(length, 120))
}

func (t *Text) deployment(d event.Deployment) {
	if !t.begun[d.ID] {
		t.begun[d.ID] = true
		name := "deploy"
		if d.Rollback {
			name = "rollback"
		}
		t.print(strings.TrimRight(fmt.Sprintf("%-9s ...   %s: %s to %s, %s", name, Clean(d.ID), Clean(d.Application), Clean(d.Group), Clean(d.Config)), ", "))
	}
	if d.ErrorCode != "" {
		t.print(indent + Clean(d.ErrorCode+": "+d.Message))
	}
}

func (t *Text) lifecycle(l event.Lifecycle) {
	switch l.Status {
	case "Pending", "InProgress", "Skipped":
		return // a log tells what has ended; a target that was skipped has a line of its own
	}
	colour := t.style.dim
	if l.Status == "Failed" {
		colour = t.style.red
		t.stories = append(t.stories, l)
	}
	line := fmt.Sprintf("%s%s  %-18s %s%s%s", indent, Clean(l.Target), Clean(l.Name), colour, Clean(l.Status), t.style.off)
	if l.Took > 0 {
		line += fmt.Sprintf("  %s", Seconds(time.Duration(l.Took)))
	}
	t.print(line)
	if t.verbose {
		for _, text := range CleanLines(l.Log) {
			t.print(indent + "  | " + text)
		}
	}
}

func (t *Text) target(g event.Target) {
	switch g.Status {
	case "Skipped", "Unknown":
		t.print(indent + Clean(g.ID) + "  " + Clean(g.Status))
	}
}

// changesShown is how many changed files of an instance are listed if not all are asked for.
const changesShown = 20

func (t *Text) instance(i event.Instance) {
	line := fmt.Sprintf("%s%s (%s): %s, %s", indent, Clean(i.ID), Clean(i.Hostname), Clean(i.Type), Clean(i.State))
	if i.PID != 0 {
		line += fmt.Sprintf(", process %d", i.PID)
	}
	t.print(line)
	if i.Folder != "" {
		t.print(indent + "  files in " + Clean(i.Folder))
	}
	for n, c := range i.Changes {
		if n == changesShown && !t.verbose {
			t.print(fmt.Sprintf("%s  and %d more; --verbose lists them", indent, len(i.Changes)-changesShown))
			break
		}
		t.print(fmt.Sprintf("%s  %-7s %s", indent, Clean(c.Kind), Clean(c.Path)))
	}
}

// Fail tells what failed, in full, and then the error that the step ends with.
func (t *Text) Fail(step string, f Failure) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tell()
	prefix := ""
	if step != "" && !strings.HasPrefix(f.Text, step+":") {
		prefix = step + ": "
	}
	lines := CleanLines(f.Text)
	if len(lines) == 0 {
		lines = []string{"failed"}
	}
	fmt.Fprintf(t.err, "%s%s%s\n", t.style.red, noHeader(prefix+lines[0]), t.style.off)
	for _, line := range lines[1:] {
		fmt.Fprintf(t.err, "  %s\n", line)
	}
	for _, line := range CleanLines(f.Remedy) {
		fmt.Fprintf(t.err, "  %s\n", line)
	}
}

// Close tells the failures that were kept for the end.
func (t *Text) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tell()
	return nil
}

func (t *Text) tell() {
	for _, l := range t.stories {
		t.print("")
		for _, line := range t.story(l) {
			t.print(line)
		}
	}
	if len(t.stories) > 0 {
		t.print("")
	}
	t.stories = nil
}

// story tells why a lifecycle event failed: where, what, the last words, what
// the code means and what to do.
func (t *Text) story(l event.Lifecycle) []string {
	lines := []string{fmt.Sprintf("%s%s failed on %s%s (deployment %s)", t.style.red, noHeader(Clean(l.Name)), Clean(l.Target), t.style.off, Clean(l.Deployment))}
	f := l.Failure
	if f == nil {
		return append(lines, "  The instance gave no reason.")
	}
	row := func(name, text string) {
		for i, line := range CleanLines(text) {
			if i > 0 {
				name = ""
			}
			lines = append(lines, fmt.Sprintf("  %-9s %s", name, line))
		}
	}
	row("script", f.Script)
	row("error", f.Code+": "+f.Message)
	for i, line := range CleanLines(f.LogTail) {
		name := "output"
		if i > 0 {
			name = ""
		}
		lines = append(lines, fmt.Sprintf("  %-9s | %s", name, line))
	}
	row("meaning", f.Meaning)
	row("next", f.Remedy)
	return lines
}

// Seconds writes a duration as people read it.
func Seconds(d time.Duration) string {
	if tenths := d.Round(100 * time.Millisecond); tenths < 10*time.Second {
		return fmt.Sprintf("%.1fs", tenths.Seconds())
	}
	d = d.Round(time.Second)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%.0fs", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}

// Bytes writes a size as people read it.
func Bytes(n int64) string {
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	f, unit := float64(n), ""
	for _, unit = range []string{"KiB", "MiB", "GiB", "TiB"} {
		f /= 1024
		if f < 1023.95 { // what would be written as 1024.0
			break
		}
	}
	return fmt.Sprintf("%.1f %s", f, unit)
}
