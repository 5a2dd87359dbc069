package ci_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// hostile reads testdata/hostile.txt.
func hostile(t *testing.T) (all []string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "hostile.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") || line == "" {
			continue
		}
		quoted, err := strconv.QuotedPrefix(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		text, _ := strconv.Unquote(quoted)
		if n, ok := strings.CutPrefix(line[len(quoted):], "*"); ok {
			times, err := strconv.Atoi(n)
			if err != nil {
				t.Fatal(line)
			}
			text = strings.Repeat(text, times)
		}
		all = append(all, text)
	}
	if testing.Short() { // with the race detector: some of each kind
		some := all[:0:0]
		for i := 0; i < len(all); i += 4 {
			some = append(some, all[i])
		}
		return some
	}
	if len(all) < 50 {
		t.Fatalf("%d texts", len(all))
	}
	return all
}

const secret = "hunter2-secret"

// loud is a step that says one text everywhere where a text can come from
// outside: hooks, file names, AppSpec lines, the service.
type loud struct {
	As string `flag:"format" enum:"text,json,sarif,codequality,junit,checkstyle" default:"text" help:"A format."`
	step.Common
	Token string `flag:"token" secret:"true" help:"A secret."`
	text  string
}

func (l *loud) Run(_ context.Context, env *step.Env) error {
	h := l.text
	told := h + " " + secret
	document, _ := json.Marshal(map[string]string{"Resource": told})
	return env.Stage("push", func() error {
		for _, e := range []event.Event{
			event.Note{Level: event.Info, Text: h}, event.Note{Level: event.Warning, Text: h}, event.Note{Level: event.Error, Text: h}, event.Note{Level: event.Debug, Text: h},
			event.Note{Level: event.Info, Text: told},
			event.Diagnostic{Rule: h, Severity: "error", File: h, Line: 3, Column: 2, EndLine: 3, EndColumn: 4, Message: told, Help: h, Snippet: h},
			event.Diagnostic{Rule: "A-1", Severity: "warning", File: "app/" + h, Line: 3, Message: h, Help: told, Snippet: told},
			event.Diagnostic{Rule: "A-1", Severity: "warning", File: "f", Message: h, Ignored: &event.Ignored{By: event.IgnoredInFile, Reason: h}},
			event.Checked{File: h, Errors: 1, Warnings: 1, FailFrom: "error"},
			event.Rule{ID: h, Severity: h, Title: h, Why: h, Agent: h, Remedy: h, Chapter: h, Fails: []event.ExampleFile{{Name: h, Text: h, Line: 1}}},
			event.Policy{Document: document},
			event.Deployment{ID: h, Application: h, Group: h, Config: h, Status: h, ErrorCode: h, Message: told},
			event.Deployment{ID: "d-1", Status: "Failed", ErrorCode: h, Message: h, Rollback: true},
			event.Target{Deployment: h, ID: h, Status: "Skipped"},
			event.Lifecycle{Deployment: h, Target: h, Name: h, Status: "Succeeded", Log: h},
			event.Lifecycle{Deployment: h, Target: h, Name: h, Status: "Failed", Failure: &event.Failure{Code: h, Script: h, Message: h, LogTail: told, Meaning: h, Remedy: h}},
			event.Lifecycle{Deployment: "d-1", Target: "i-1", Name: h, Status: h},
			event.Instance{ID: h, Hostname: h, Type: h, State: h, Folder: h, Changes: []event.Change{{Kind: h, Path: h}}},
			event.Revision{Location: h, Application: h, Description: h, State: h, Groups: []string{h}, Deployments: []event.RevisionUse{{ID: h, Group: h, Status: h}}},
			event.Entry{Path: h, Mode: h, Link: h, Change: h},
		} {
			env.Events.Emit(e)
		}
		env.Done("%s", h)
		return step.Errorf(step.Refused, "could not: %s", told).Do("%s", h)
	})
}

func loudProgram(text string) *step.Program {
	return step.Alone(step.Step{Name: "push", Outputs: []string{"deployment-id"}, Documents: report.Formats(), New: func() step.Inputs { return &loud{text: text} }})
}

// structure is what a reader's page is made of, apart from its texts.
type structure struct {
	opened, closed, findings, masks int
}

func (j *job) structure(text string) structure {
	o := read(j.system.Name(), j.stdout.String())
	e := read(j.system.Name(), j.err.String())
	for _, other := range append(o.other, e.other...) {
		j.t.Errorf("%.80q: obeyed is %.300s", text, other)
	}
	return structure{len(o.opened) + len(e.opened), len(o.closed) + len(e.closed), len(o.findings) + len(e.findings), len(o.masks) + len(e.masks)}
}

var allowedTag = regexp.MustCompile(`^(<details open><summary>|</details>)`)

// page finds what a Markdown page has besides text: tags that are not ours,
// links, mentions, columns that do not fit.
func (j *job) page(text, markdown string) {
	columns := -1
	for line := range strings.SplitSeq(markdown, "\n") {
		if strings.HasPrefix(line, "    ") {
			continue // a block of code: shown as it is
		}
		if n := strings.Count(line, "|"); strings.HasPrefix(line, "|") {
			if columns >= 0 && n != columns {
				j.t.Errorf("%.80q: a row of %d columns below one of %d: %.200s", text, n, columns, line)
			}
			columns = n
		} else {
			columns = -1
		}
		line = strings.ReplaceAll(allowedTag.ReplaceAllString(line, ""), "</summary>", "")
		for _, mark := range []string{"<", "](", "```", "@everyone", "**forged", "javascript:"} {
			if strings.Contains(line, mark) {
				j.t.Errorf("%.80q: %q in the page: %.200s", text, mark, line)
			}
		}
	}
}

// withoutMasks is a log without the commands that tell what to hide.
func withoutMasks(log string) string {
	var b strings.Builder
	for line := range strings.Lines(log) {
		if !strings.HasPrefix(line, "::add-mask::") && !strings.HasPrefix(line, "##vso[task.setsecret]") {
			b.WriteString(line)
		}
	}
	return b.String()
}

func TestHostileTextInEveryReporter(t *testing.T) {
	texts := hostile(t)
	formats := []string{"text", "json", "sarif", "codequality", "junit", "checkstyle"}
	for _, name := range systems(t) {
		for _, format := range formats {
			if format != "text" && readers[newJob(t, name).system.Name()] == nil {
				continue // the same bytes, for nobody who obeys
			}
			t.Run(name+"/"+format, func(t *testing.T) {
				var want structure
				for i, text := range append([]string{"harmless"}, texts...) {
					j := newJob(t, name)
					delete(j.env, "BUILDKITE_AGENT_ACCESS_TOKEN") // the agent is asked elsewhere
					j.env["CODEDEPLOY_STEPS_TOKEN"] = secret
					code := loudProgram(text).Run(t.Context(), step.Process{
						Args: []string{"--format", format, "--verbose"}, Stdout: &j.stdout, Stderr: &j.err, Getenv: j.getenv, Dir: j.dir})
					if code != step.Refused {
						t.Errorf("%.80q: %d", text, code)
					}
					got := j.structure(text)
					if i == 0 {
						want = got
					} else if got != want {
						t.Errorf("%.80q: the reader sees %+v, not %+v", text, got, want)
					}
					if log := withoutMasks(j.log()); strings.Contains(log, secret) {
						t.Errorf("%.80q: the secret is shown: %.300s", text, log[strings.Index(log, secret):])
					}
					for _, file := range []string{"summary", "CodeDeploy-*.md"} {
						found, _ := filepath.Glob(filepath.Join(j.dir, file))
						for _, f := range found {
							page := j.file(filepath.Base(f))
							j.page(text, page)
							if strings.Contains(page, secret) || strings.Contains(page, report.Escape(secret)) {
								t.Errorf("%.80q: the secret is in %s", text, file)
							}
						}
					}
					if err := parses(format, j.stdout.Bytes(), text); err != nil {
						t.Errorf("%.80q: %v in\n%.500s", text, err, j.stdout.String())
					}
				}
			})
		}
	}
}

// parses reads a document as its readers do, and finds the text in it.
func parses(format string, document []byte, text string) error {
	switch format {
	case "json":
		notes := 0
		for line := range bytes.Lines(document) {
			var v map[string]any
			if err := json.Unmarshal(line, &v); err != nil {
				return err
			}
			if v["event"] == "forged" {
				return errors.New("an event is forged")
			}
			if v["event"] == "note" && v["text"] == strings.ToValidUTF8(text, "\ufffd") {
				notes++
			}
		}
		if notes != 3 && !strings.Contains(text, "\xff") {
			return fmt.Errorf("%d notes have the text", notes)
		}
	case "sarif", "codequality":
		var v any
		return json.Unmarshal(document, &v)
	case "junit", "checkstyle":
		d := xml.NewDecoder(bytes.NewReader(document))
		for {
			token, err := d.Token()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			if e, ok := token.(xml.StartElement); ok && (e.Name.Local == "a" || e.Name.Local == "script") {
				return fmt.Errorf("an element %s", e.Name.Local)
			}
		}
	}
	return nil
}

// quiet is a step that puts one text out.
type quiet struct {
	step.Common
	text string
}

func (q *quiet) Run(_ context.Context, env *step.Env) error {
	return env.Output("deployment-id", q.text)
}

// An output comes out in each system as it went in, or is refused before
// anything was written.
func TestHostileOutputs(t *testing.T) {
	texts := hostile(t)
	for _, name := range systems(t) {
		asked := agent(t)
		for _, text := range texts {
			if len(text) > 1<<16 {
				text = text[:1<<16] // a shell's limits are not the question
			}
			j := newJob(t, name)
			p := step.Alone(step.Step{Name: "push", Outputs: []string{"deployment-id"}, New: func() step.Inputs { return &quiet{text: text} }})
			code := p.Run(t.Context(), step.Process{Args: []string{"--dotenv", "vars"}, Stdout: &j.stdout, Stderr: &j.err, Getenv: j.getenv, Dir: j.dir})
			o := read(j.system.Name(), j.log())
			if len(o.other) > 0 || len(o.opened) > 0 {
				t.Errorf("%s: %.80q: %.200q", name, text, o)
			}
			if strings.ContainsFunc(text, unicode.IsControl) {
				if code == step.OK || len(o.outputs) > 0 {
					t.Errorf("%s: %.80q: %d %v", name, text, code, o.outputs)
				}
				for _, file := range []string{"vars", "output", "bash_env", "variables"} {
					if _, err := os.Stat(filepath.Join(j.dir, file)); err == nil {
						t.Errorf("%s: %.80q: %s was written", name, text, file)
					}
				}
				continue
			}
			want := map[string]string{"CODEDEPLOY_DEPLOYMENT_ID": text}
			if got := variables(j.file("vars")); code != step.OK || len(got) != 1 || got["CODEDEPLOY_DEPLOYMENT_ID"] != text {
				t.Errorf("%s: %d %.200q, not %.80q", name, code, got, text)
			}
			got := want
			switch j.system.Name() {
			case "GitHub Actions":
				if !strings.HasPrefix(j.file("output"), "deployment-id<<") || strings.Count(j.file("output"), "\n") != 3 {
					t.Errorf("%.80q: %s", text, j.file("output"))
				}
			case "Azure Pipelines", "TeamCity":
				got, want = o.outputs, map[string]string{"CODEDEPLOY_DEPLOYMENT_ID": report.Clean(text)}
			case "Bitbucket Pipelines":
				got = variables(j.file("variables"))
			case "CircleCI":
				got = sourced(t, j.file("bash_env"), want)
			}
			if got["CODEDEPLOY_DEPLOYMENT_ID"] != want["CODEDEPLOY_DEPLOYMENT_ID"] {
				t.Errorf("%s: %.200q, not %.200q", name, got, want)
			}
		}
		for _, call := range told(t, asked) {
			if name != "buildkite" || call[0] != "meta-data set CODEDEPLOY_DEPLOYMENT_ID" && !strings.HasPrefix(call[0], "annotate --style error ") {
				t.Errorf("%s: the agent is asked %q", name, call[0])
			}
		}
	}
}
