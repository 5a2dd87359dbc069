package ci

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
)

// job is a job's step on GitHub.
type job struct {
	out, errs bytes.Buffer
	reporter  report.Reporter
	dir       string
}

func newJob(t *testing.T, asJSON bool, pairs ...string) *job {
	j := &job{dir: t.TempDir()}
	pairs = append(pairs, "GITHUB_ACTIONS=true", "GITHUB_STEP_SUMMARY="+filepath.Join(j.dir, "summary.md"), "GITHUB_OUTPUT="+filepath.Join(j.dir, "output"))
	var r report.Reporter = report.NewText(&j.out, &j.errs, report.Plain, false)
	if asJSON {
		r = report.NewJSON(&j.out)
	}
	j.reporter = Detect(getenv(pairs...)).Wrap(r, Streams{Stdout: &j.out, JSON: asJSON, Relative: func(p string) string { return strings.TrimPrefix(p, "/github/workspace/") }})
	return j
}

func (j *job) emit(events ...event.Event) {
	for _, e := range events {
		j.reporter.Emit(e)
	}
}

func (j *job) close(t *testing.T) {
	t.Helper()
	if err := j.reporter.Close(); err != nil {
		t.Error(err)
	}
}

func (j *job) summary(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(j.dir, "summary.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// commands gives the lines that the runner obeys.
func commands(log string) (found []string) {
	for line := range strings.Lines(log) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "::") {
			found = append(found, line)
		}
	}
	return found
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the runner gets\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func start(step string) event.Event { return event.Stage{Step: step, Status: event.StageStarted} }

func end(step, status, summary string) event.Event {
	return event.Stage{Step: step, Status: status, Summary: summary}
}

// A stage with nothing but its own line is no group.
func TestGroupsOpenAndCloseInOrder(t *testing.T) {
	j := newJob(t, false)
	j.emit(start("validate"), end("validate", event.StageDone, "fine"),
		start("push"), event.Note{Level: event.Info, Text: "inside"}, end("push", event.StageSkipped, "there"),
		start("deploy"), start("rollback")) // a stage that ended without a word
	j.emit(start("validate"), event.Diagnostic{Severity: "error", File: "f", Message: "m", Ignored: &event.Ignored{}}, event.Checked{File: "f", Ignored: 1})
	j.reporter.Fail("release", report.Failure{Text: "no", Shown: true})
	j.close(t)
	want := `validate  ok    fine
::group::push
          inside
::endgroup::
push      same  there
`
	if got := strings.ReplaceAll(j.out.String(), "\r\n", "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestAnnotationsStandAtTheirPlace(t *testing.T) {
	j := newJob(t, false)
	j.emit(
		event.Diagnostic{Rule: "HOOK-004", Severity: "error", File: "/github/workspace/app/appspec.yml", Line: 3, Column: 5, EndLine: 4, EndColumn: 9, Message: "not there: a, b\n100%", Help: "Look."},
		event.Diagnostic{Rule: "FILE-001", Severity: "warning", File: "app", Message: "odd"},
		event.Note{Level: event.Warning, Text: "the group has no alarm"},
		event.Note{Level: event.Info, Text: "nothing"},
		event.Lifecycle{Deployment: "d-1", Target: "i-1", Name: "Install", Status: "Failed", Failure: &event.Failure{Code: "ScriptFailed", Message: "exit code 7"}},
		event.Lifecycle{Deployment: "d-1", Target: "i-2", Name: "Install", Status: "Succeeded"},
	)
	j.reporter.Fail("deploy", report.Failure{Text: "could not\ndo it", Remedy: "Do that."})
	j.close(t)
	expect(t, commands(j.out.String()),
		"::error col=5,endColumn=9,endLine=4,file=app/appspec.yml,line=3,title=HOOK-004::not there: a, b%0A100%25%0ALook.",
		"::warning file=app,title=FILE-001::odd",
		"::warning::the group has no alarm",
		"::error title=Install failed on i-1::exit code 7",
		"::error title=deploy::could not%0Ado it%0ADo that.",
	)
}

func TestAFailureThatWasShownIsNotAnnotatedAgain(t *testing.T) {
	j := newJob(t, false)
	j.reporter.Fail("deploy", report.Failure{Text: "no", Shown: true})
	j.close(t)
	expect(t, commands(j.out.String()))
}

func TestTenOfAKind(t *testing.T) {
	j := newJob(t, false)
	for i := range 13 {
		j.emit(event.Diagnostic{Severity: "error", File: "f", Line: i + 1, Message: fmt.Sprint("e", i)})
	}
	for i := range 11 {
		j.emit(event.Diagnostic{Severity: "warning", File: "f", Line: i + 1, Message: fmt.Sprint("w", i)})
	}
	j.close(t)
	counts := map[string]int{}
	for _, c := range commands(j.out.String()) {
		counts[strings.Fields(c)[0]]++
	}
	if counts["::error"] != 10 || counts["::warning"] != 10 || len(counts) != 2 {
		t.Errorf("%v", counts)
	}
	log := j.out.String()
	for _, want := range []string{"and 3 more of severity error", "and 1 more of severity warning", "e12", "w10"} {
		if !strings.Contains(log, want) {
			t.Errorf("%q is missing", want)
		}
	}
	few := newJob(t, false)
	for range 10 {
		few.emit(event.Diagnostic{Severity: "error", Message: "e"})
	}
	few.close(t)
	if strings.Contains(few.out.String(), "more of severity") {
		t.Error("ten are all")
	}
}

// hostile is text that the runner would obey.
var hostile = []string{"::set-output name=a::b", "x\n::add-path::/evil", "x\r::stop-commands::y", "\u00a0::error::z", "##[error]x", "a,file=b::error::c", "%0A::error::d", "\x1b[2J"}

func TestHostileTextGivesNoCommandOfItsOwn(t *testing.T) {
	j := newJob(t, false)
	for _, h := range hostile {
		j.emit(
			event.Note{Level: event.Warning, Text: h}, event.Note{Level: event.Info, Text: h},
			event.Diagnostic{Rule: h, Severity: "error", File: h, Line: 1, Message: h, Help: h, Snippet: h},
			event.Lifecycle{Deployment: h, Target: h, Name: h, Status: "Failed", Failure: &event.Failure{Code: h, Script: h, Message: h, LogTail: h}},
		)
	}
	j.reporter.Fail("deploy", report.Failure{Text: strings.Join(hostile, "\n"), Remedy: strings.Join(hostile, "\n")})
	j.close(t)
	ours := regexp.MustCompile(`^::(error|warning)( [^:,=]+=[^:,]*(,[^:,=]+=[^:,]*)*)?::`)
	for _, c := range commands(j.out.String() + j.errs.String()) {
		if !ours.MatchString(c) {
			t.Errorf("the runner obeys %s", c)
		}
		if strings.ContainsAny(c, "\x1b\u009b") {
			t.Errorf("an escape sequence: %q", c)
		}
	}
	for _, text := range []string{j.out.String(), j.errs.String(), j.summary(t)} {
		if strings.Contains(text, "##[") || strings.Contains(text, "\x1b") {
			t.Errorf("%s", text)
		}
	}
}

func TestJSONKeepsItsLines(t *testing.T) {
	j := newJob(t, true)
	j.emit(start("push"), event.Note{Level: event.Warning, Text: "w"}, event.Diagnostic{Severity: "error", File: "f", Line: 1, Message: "m"}, end("push", event.StageDone, "x"))
	for range 20 {
		j.emit(event.Diagnostic{Severity: "error", Message: "m"})
	}
	j.reporter.Fail("push", report.Failure{Text: "no"})
	j.close(t)
	lines := 0
	for line := range strings.Lines(j.out.String()) {
		lines++
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Errorf("%v: %s", err, line)
		}
	}
	if lines != 25 {
		t.Errorf("%d lines", lines)
	}
	if !strings.Contains(j.summary(t), "| push | ✅ | x |") {
		t.Error("the summary is missing")
	}
}

func TestMasks(t *testing.T) {
	var out bytes.Buffer
	Detect(getenv("GITHUB_ACTIONS=true")).Mask(&out, "two\nlines")
	expect(t, commands(out.String()), "::add-mask::two%0Alines")
}

func TestOutputs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "output")
	s := Detect(getenv("GITHUB_ACTIONS=true", "GITHUB_OUTPUT="+path))
	for name, value := range map[string]string{"status": "Succeeded", "revision": "s3://b/k?etag=a=b"} {
		if err := s.SetOutput(name, value); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`(?m)^status<<(\S+)\r?\nSucceeded\r?\n\S+\r?$`, `(?m)^revision<<(\S+)\r?\ns3://b/k\?etag=a=b\r?\n\S+\r?$`} {
		if !regexp.MustCompile(want).Match(text) {
			t.Errorf("%s does not match\n%s", want, text)
		}
	}
}

func TestFilesThatAreNotThere(t *testing.T) {
	// A step run by hand in a job has no files: nobody is to be told.
	s := Detect(getenv("GITHUB_ACTIONS=true"))
	if err := s.SetOutput("a", "b"); err != nil {
		t.Error(err)
	}
	var out bytes.Buffer
	r := s.Wrap(report.NewText(&out, &out, report.Plain, false), Streams{Stdout: &out})
	r.Emit(end("push", event.StageDone, "x"))
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	// Files that can't be written are an error, no panic.
	bad := filepath.Join(t.TempDir(), "missing", "file")
	s = Detect(getenv("GITHUB_ACTIONS=true", "GITHUB_OUTPUT="+bad, "GITHUB_STEP_SUMMARY="+bad))
	if err := s.SetOutput("a", "b"); err == nil || !strings.Contains(err.Error(), "GITHUB_OUTPUT") {
		t.Error(err)
	}
	r = s.Wrap(report.NewText(&out, &out, report.Plain, false), Streams{Stdout: &out})
	if err := r.Close(); err != nil {
		t.Errorf("there is nothing to write: %v", err)
	}
	r.Emit(end("push", event.StageDone, "x"))
	if err := r.Close(); err == nil || !strings.Contains(err.Error(), "GITHUB_STEP_SUMMARY") {
		t.Error(err)
	}
}

// closed is a log that nobody reads any more.
type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, errors.New("closed") }

func TestALogThatIsClosedIsNoPanic(t *testing.T) {
	s := Detect(getenv("GITHUB_ACTIONS=true"))
	s.Mask(closed{}, "x")
	r := s.Wrap(report.NewText(closed{}, closed{}, report.Plain, false), Streams{Stdout: closed{}})
	r.Emit(start("push"))
	r.Emit(event.Diagnostic{Severity: "error", Message: "m"})
	r.Fail("push", report.Failure{Text: "no"})
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

func TestSummaryShowsInstancesAndEvents(t *testing.T) {
	j := newJob(t, false)
	j.emit(event.Deployment{ID: "d-1", Status: "InProgress"},
		event.Lifecycle{Deployment: "d-1", Target: "i-1", Name: "Install", Status: "Succeeded"},
		event.Lifecycle{Deployment: "d-1", Target: "i-2", Name: "Install", Status: "Failed"},
		event.Deployment{ID: "d-1", Status: "Failed"})
	j.close(t)
	for _, want := range []string{"### Deployment d-1: Failed", "| target | Install |", "| i&#45;1 | ✅ |", "| i&#45;2 | ❌ |"} {
		if !strings.Contains(j.summary(t), want) {
			t.Errorf("%q is missing in\n%s", want, j.summary(t))
		}
	}
}

func TestSummaryIsAddedToWhatIsThere(t *testing.T) {
	j := newJob(t, false)
	if err := os.WriteFile(filepath.Join(j.dir, "summary.md"), []byte("of another step\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	j.emit(end("push", event.StageDone, "x"))
	j.close(t)
	if got := j.summary(t); !strings.HasPrefix(got, "of another step\n|") {
		t.Errorf("%s", got)
	}
}

func TestSummaryStaysBelowTheLimit(t *testing.T) {
	j := newJob(t, false)
	for i := range 20 {
		j.emit(event.Lifecycle{Deployment: "d-1", Target: fmt.Sprint("i-", i), Name: "Install", Status: "Failed",
			Failure: &event.Failure{Code: "ScriptFailed", LogTail: strings.Repeat("é", 50_000)}})
	}
	j.close(t)
	text := j.summary(t)
	if len(text) > 1<<20 || len(text) < 1<<19 || !utf8.ValidString(text) {
		t.Errorf("%d bytes", len(text))
	}
	if !strings.Contains(text, "cut:") {
		t.Error("it does not say that it was cut")
	}
}
