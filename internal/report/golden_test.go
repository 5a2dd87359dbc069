package report

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

var update = flag.Bool("update", false, "write the golden files anew")

// story is what happens in a run, and how it ends.
type story struct {
	name    string
	events  []event.Event
	failure *Failure
}

func seconds(s float64) event.Duration { return event.Duration(s * float64(time.Second)) }

func started(step string) event.Event { return event.Stage{Step: step, Status: event.StageStarted} }

func done(step, summary string, took float64) event.Event {
	return event.Stage{Step: step, Status: event.StageDone, Summary: summary, Took: seconds(took)}
}

func hook(deployment, target, name, status string, took float64, failure ...*event.Failure) event.Event {
	l := event.Lifecycle{Deployment: deployment, Target: target, Name: name, Status: status, Took: seconds(took)}
	if len(failure) > 0 {
		l.Failure = failure[0]
	}
	return l
}

var hooks = []string{"ApplicationStop", "BeforeInstall", "Install", "ValidateService"}

// deployed gives the events of a deployment on two instances.
func deployed(id, status string, rollback bool) (events []event.Event) {
	d := event.Deployment{ID: id, Application: "shop", Group: "web", Config: "CodeDeployDefault.AllAtOnce", Rollback: rollback}
	d.Status = "InProgress"
	events = append(events, d)
	for _, target := range []string{"i-0a", "i-0b"} {
		for i, name := range hooks {
			events = append(events, hook(id, target, name, "InProgress", 0), hook(id, target, name, "Succeeded", 0.04+float64(i)*3.3))
		}
		events = append(events, event.Target{Deployment: id, ID: target, Status: "Succeeded"})
	}
	d.Status = status
	return append(events, d)
}

var failedScript = &event.Failure{
	Code: "ScriptFailed", Script: "scripts/check.sh", Message: "Script at specified location: scripts/check.sh failed with exit code 7",
	LogTail: "LifecycleEvent - ValidateService\nScript - scripts/check.sh\n[stdout]trying http://127.0.0.1:8080\n[stderr]curl: (7) refused\n",
	Meaning: "The script ended with an exit code other than 0.", Remedy: "Look at its last words.\nTry it by hand.",
}

func goodRelease() []event.Event {
	events := []event.Event{
		started("validate"), done("validate", "appspec.yml: 4 hooks", 0.01),
		started("bundle"), event.Progress{Step: "bundle", Done: 1 << 20, Total: 2 << 20}, done("bundle", "3 files, 2.0 MiB, sha256 12ab…", 0.21),
		started("push"), event.Stage{Step: "push", Status: event.StageSkipped, Summary: "s3://releases/shop/12ab.zip has it", Took: seconds(0.1)},
		event.Output{Name: "unchanged", Value: "true"},
		started("register"), done("register", "registered with shop", 0.05),
		started("deploy"), event.Note{Level: event.Info, Text: "instances are sandboxes: their network is their own"},
		event.Note{Level: event.Debug, Text: "CodeDeploy CreateDeployment: ok"},
		event.Note{Level: event.Warning, Text: "the group web has no alarm"},
	}
	events = append(events, deployed("d-GOOD00001", "Succeeded", false)...)
	return append(events, done("deploy", "d-GOOD00001 Succeeded: 2 of 2", 75))
}

func failedRelease() []event.Event {
	events := []event.Event{
		started("deploy"),
		event.Deployment{ID: "d-BAD000001", Application: "shop", Group: "web", Config: "CodeDeployDefault.OneAtATime", Status: "InProgress"},
		hook("d-BAD000001", "i-0a", "BeforeInstall", "Succeeded", 1.25),
		hook("d-BAD000001", "i-0a", "ValidateService", "Failed", 12, failedScript),
		event.Target{Deployment: "d-BAD000001", ID: "i-0a", Status: "Failed"},
		hook("d-BAD000001", "i-0b", "BeforeInstall", "Skipped", 0),
		event.Target{Deployment: "d-BAD000001", ID: "i-0b", Status: "Skipped"},
		event.Deployment{ID: "d-BAD000001", Application: "shop", Group: "web", Config: "CodeDeployDefault.OneAtATime", Status: "Failed",
			ErrorCode: "HEALTH_CONSTRAINTS", Message: "The overall deployment failed because too many individual instances failed."},
		event.Stage{Step: "deploy", Status: event.StageFailed, Summary: "d-BAD000001 Failed: 1 failed, 1 skipped of 2", Took: seconds(15)},
		started("rollback"),
	}
	events = append(events, deployed("d-BACK00001", "Succeeded", true)...)
	return append(events, done("rollback", "d-BACK00001 Succeeded: the group is back on s3://releases/shop/old.zip", 4000))
}

// nasty is text that a runner or a terminal would obey.
var nasty = []string{
	"::set-output name=a::b", " \t::error::x", "\u00a0\u2003::stop-commands::x", "##[error]x", "a##[group]b", "##vso[task.setvariable variable=a]b", "x ##VSO[task.complete]",
	"##teamcity[buildStop]", "\x1b[2J\x1b]0;title\a", "\u009b31mred", "safe\rEVIL", "a\r\n::warning::b", "nul\x00", "bad\xff\xfe\x1b", "\u202eevil\u2066\u200f\u061c",
	"line\u2028::debug::x\u2029y\u0085::z", "<script>alert(1)</script>", "</details></table><img src=x onerror=y>", "a|b|c", "a\n\n|x|\n|---|", "```\n# h", "`code`", "[x](javascript:y)",
	"![i](http://x)", "@everyone", "http://evil.example www.evil.example", "--- \n=====\n- item", "\x0b\x0c::x", "\x7f\b\b\b", "    ::indented::x", "&lt;b&gt;", "\\|", "$x$", "-->", ":",
}

// hostileRelease has a nasty text in every place that takes foreign text.
func hostileRelease() (events []event.Event) {
	for i, n := range nasty {
		id := n
		fail := &event.Failure{Code: n, Script: n, Message: n, LogTail: n + "\n" + n, Meaning: n, Remedy: n}
		events = append(events,
			event.Note{Level: event.Info, Text: n}, event.Note{Level: event.Warning, Text: n}, event.Note{Level: event.Error, Text: n}, event.Note{Level: event.Debug, Text: n},
			event.Stage{Step: "deploy", Status: event.StageDone, Summary: n},
			event.Diagnostic{Rule: n, Severity: "error", File: n, Line: 1, Column: 2, EndLine: 1, EndColumn: 4, Message: n, Help: n, Snippet: n},
			event.Deployment{ID: id, Application: n, Group: n, Config: n, Status: n, ErrorCode: n, Message: n},
			hook(id, n, "Install", "Succeeded", 1), hook(id, n, n, "Failed", 1, fail), hook(id, fmt.Sprint(n, i), n, n, 1),
			event.Target{Deployment: id, ID: n, Status: "Skipped"}, event.Target{Deployment: id, ID: n, Status: n}, event.Output{Name: "status", Value: n},
		)
	}
	return events
}

func stories() []story {
	diagnostic := func(snippet string, column, endColumn int, severity string) event.Diagnostic {
		return event.Diagnostic{Rule: "HOOK-004", Severity: severity, File: "app/appspec.yml", Line: 12, Column: column, EndLine: 12, EndColumn: endColumn,
			Message: "the script is not in the revision", Help: "The agent would say: no such file\nDid you mean scripts/stop.sh?", Snippet: snippet}
	}
	return []story{
		{name: "good", events: goodRelease()},
		{name: "rollback", events: failedRelease(), failure: &Failure{Text: "deployment d-BAD000001 failed (HEALTH_CONSTRAINTS); d-BACK00001 went back", Code: 1, Shown: true}},
		{name: "stopped", events: []event.Event{
			started("deploy"),
			event.Deployment{ID: "d-STOP00001", Application: "shop", Group: "web", Status: "InProgress"},
			hook("d-STOP00001", "i-0a", "Install", "InProgress", 0),
			hook("d-STOP00001", "i-0a", "Install", "Succeeded", 0.5),
			event.Target{Deployment: "d-STOP00001", ID: "i-0b", Status: "Unknown"},
			event.Deployment{ID: "d-STOP00001", Application: "shop", Group: "web", Status: "Stopped", ErrorCode: "MANUAL_STOP", Message: "stopped by a user"},
			event.Stage{Step: "deploy", Status: event.StageFailed},
		}, failure: &Failure{Text: "deploy: cancelled: deployment d-STOP00001 is Stopped\nsecond line", Remedy: "Follow it with: wait --deployment-id d-STOP00001", Code: 130}},
		{name: "diagnostics", events: []event.Event{
			started("validate"),
			diagnostic("  location: scripts/stopp.sh", 13, 29, "error"),
			diagnostic("\tlocation:\tscripts/stopp.sh", 12, 28, "error"),
			diagnostic("名前: スクリプト/stopp.sh", 5, 19, "warning"),
			diagnostic("e\u0301te\u0301: x # é", 8, 9, "warning"),
			diagnostic("short", 3, 400, "error"),
			event.Diagnostic{Rule: "APPSPEC-001", Severity: "error", File: "app", Message: "there is no AppSpec file"},
			event.Diagnostic{Rule: "APPSPEC-002", Severity: "error", File: "app/appspec.yml", Line: 3, Message: "no column", Snippet: "hooks:"},
			event.Diagnostic{Rule: "APPSPEC-003", Severity: "error", File: "app/appspec.yml", Line: 3, Column: 2, EndLine: 5, EndColumn: 1, Message: "several lines", Snippet: "hooks:"},
			event.Stage{Step: "validate", Status: event.StageFailed, Summary: "6 errors, 2 warnings"},
		}, failure: &Failure{Text: "app/appspec.yml: 6 errors, 2 warnings", Code: 1, Shown: true}},
		{name: "hostile", events: hostileRelease(), failure: &Failure{Text: strings.Join(nasty, "\n"), Remedy: strings.Join(nasty, "\n"), Code: 1}},
	}
}

// play has a reporter tell a story.
func (s story) play(r Reporter) error {
	for _, e := range s.events {
		r.Emit(e)
	}
	if s.failure != nil {
		r.Fail("deploy", *s.failure)
	}
	return r.Close()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; write it with: go test ./internal/report -update", err)
	}
	if got != strings.ReplaceAll(string(want), "\r\n", "\n") {
		t.Errorf("%s is no more what it was; look at it, and write it anew with -update. Now:\n%s", name, got)
	}
}

func TestTextIsAsItWas(t *testing.T) {
	for _, s := range stories() {
		var out bytes.Buffer // one file for both, as in a log
		if err := s.play(NewText(&out, &out, Plain, false)); err != nil {
			t.Error(err)
		}
		golden(t, s.name+".txt", out.String())
	}
}

func TestVerboseTextShowsDebugNotes(t *testing.T) {
	var quiet, verbose bytes.Buffer
	s := story{events: goodRelease()}
	_ = s.play(NewText(&quiet, &quiet, Plain, false))
	_ = s.play(NewText(&verbose, &verbose, Plain, true))
	line := "debug: CodeDeploy CreateDeployment: ok\n"
	if strings.Contains(quiet.String(), "CreateDeployment") || !strings.Contains(verbose.String(), line) {
		t.Errorf("quiet:\n%s\nverbose:\n%s", &quiet, &verbose)
	}
}

func TestColoursAreAllThatColourAdds(t *testing.T) {
	for _, s := range stories() {
		var plain, colour bytes.Buffer
		_ = s.play(NewText(&plain, &plain, Plain, true))
		_ = s.play(NewText(&colour, &colour, Colour, true))
		stripped := regexp.MustCompile("\x1b\\[[0-9]+m").ReplaceAllString(colour.String(), "")
		if stripped != plain.String() {
			t.Errorf("%s: without its colours it is\n%s\nnot\n%s", s.name, stripped, &plain)
		}
	}
}

func TestMarkdownIsAsItWas(t *testing.T) {
	for _, s := range stories() {
		golden(t, s.name+".md.txt", s.markdown(0))
	}
}

func (s story) markdown(limit int) string {
	var sum Summary
	for _, e := range s.events {
		sum.Add(e)
	}
	if s.failure != nil {
		sum.Fail(*s.failure)
	}
	return sum.Markdown(limit)
}

// obeys tells what in a text a runner or a terminal would obey.
func obeys(text string) (found []string) {
	if !utf8.ValidString(text) {
		found = append(found, "invalid UTF-8")
	}
	for _, r := range text {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029') {
			found = append(found, fmt.Sprintf("%U", r))
		}
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "::") {
			found = append(found, line)
		}
		for _, marker := range []string{"##[", "##vso[", "##teamcity["} {
			if strings.Contains(strings.ToLower(line), marker) {
				found = append(found, line)
			}
		}
	}
	return found
}

func TestHostileTextIsObeyedByNobody(t *testing.T) {
	if len(obeys(strings.Join(nasty, "\n"))) < 20 {
		t.Fatal("the nasty texts are not nasty")
	}
	s := story{events: hostileRelease(), failure: &Failure{Text: strings.Join(nasty, "\n"), Remedy: strings.Join(nasty, "\n")}}
	for _, n := range nasty { // as the first words of the final error, too
		s2 := story{failure: &Failure{Text: n, Remedy: n}}
		var out bytes.Buffer
		s2.play(NewText(&out, &out, Plain, true))
		NewText(&out, &out, Plain, true).Fail("", Failure{Text: n})
		if found := obeys(out.String()); found != nil {
			t.Errorf("%q ends in %q", n, found)
		}
	}
	var text, lines bytes.Buffer
	s.play(NewText(&text, &text, Plain, true))
	s.play(NewJSON(&lines))
	for name, got := range map[string]string{"text": text.String(), "JSON": lines.String(), "Markdown": s.markdown(0)} {
		if found := obeys(got); found != nil {
			t.Errorf("%s: %q", name, found)
		}
	}
}

func TestHostileTextStaysInItsCellOfTheTable(t *testing.T) {
	page := story{events: hostileRelease()}.markdown(0)
	columns := 0
	tables := 0
	for line := range strings.Lines(page) {
		line = strings.TrimSuffix(line, "\n")
		if !strings.HasPrefix(line, "|") {
			columns = 0
			continue
		}
		n := strings.Count(line, "|")
		if columns == 0 {
			columns = n
			tables++
		}
		if n != columns || !strings.HasSuffix(line, "|") {
			t.Errorf("a row of %d columns in a table of %d: %s", n-1, columns-1, line)
		}
	}
	if want := len(nasty) + 2; tables != want { // one for each deployment, stages, findings
		t.Errorf("%d tables, not %d", tables, want)
	}
	html := regexp.MustCompile(`<[^>]*>?`)
	for _, tag := range html.FindAllString(strip(page), -1) {
		switch tag {
		case "<details open>", "<summary>", "</summary>", "</details>":
		default:
			t.Errorf("HTML: %s", tag)
		}
	}
	if o, c := strings.Count(page, "<details open>"), strings.Count(strip(page), "</details>"); o != c {
		t.Errorf("%d details are opened, %d closed", o, c)
	}
}

// strip leaves out the indented code, in which nothing is markup.
func strip(page string) string {
	var b strings.Builder
	for line := range strings.Lines(page) {
		if !strings.HasPrefix(line, "    ") {
			b.WriteString(line)
		}
	}
	return b.String()
}

func TestPageKeepsItsLimit(t *testing.T) {
	s := story{events: hostileRelease()}
	whole := s.markdown(0)
	for _, limit := range []int{1, 50, 100, 1000, 1001, 1002, 1003, 10000, len(whole) - 1, len(whole), len(whole) + 1} {
		page := s.markdown(limit)
		if len(page) > limit && limit > 100 || !utf8.ValidString(page) {
			t.Errorf("limit %d: %d bytes", limit, len(page))
		}
		if cut := strings.Contains(page, "cut: the page would be too long"); cut != (limit < len(whole)) {
			t.Errorf("limit %d of %d: cut is %v", limit, len(whole), cut)
		}
	}
}

func TestAnEmptySummary(t *testing.T) {
	var s Summary
	s.Add(started("push"))
	s.Add(event.Note{Text: "x"})
	if !s.Empty() {
		t.Error("notes make a page")
	}
	s.Fail(Failure{Text: "x"})
	if s.Empty() {
		t.Error("a failure makes none")
	}
}

func TestStoriesComeAfterTheLinesAndOnce(t *testing.T) {
	var out, errs bytes.Buffer
	r := NewText(&out, &errs, Plain, false)
	for _, e := range failedRelease() {
		r.Emit(e)
	}
	if strings.Contains(out.String(), "curl: (7)") {
		t.Error("the story came before the rollback's lines")
	}
	r.Fail("release", Failure{Text: "no"})
	r.Close()
	if n := strings.Count(out.String(), "curl: (7)"); n != 1 {
		t.Errorf("the story was told %d times", n)
	}
	if errs.String() != "release: no\n" {
		t.Errorf("error: %q", &errs)
	}
}

func TestFailureWithoutAWord(t *testing.T) {
	var out bytes.Buffer
	NewText(&out, &out, Plain, false).Fail("push", Failure{})
	if out.String() != "push: failed\n" {
		t.Errorf("%q", &out)
	}
	out.Reset()
	r := NewText(&out, &out, Plain, false)
	r.Emit(hook("d-1", "i-1", "Install", "Failed", 0))
	r.Close()
	if !strings.Contains(out.String(), "gave no reason") {
		t.Errorf("%q", &out)
	}
}

func TestEveryKindOfEventIsTold(t *testing.T) {
	for _, s := range stories()[:1] {
		seen := map[reflect.Type]bool{}
		for _, e := range s.events {
			seen[reflect.TypeOf(e)] = true
		}
		if len(seen) < 7 {
			t.Errorf("the golden release has only %d kinds of events", len(seen))
		}
	}
}
