//go:build unix

package step

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
)

// writing is a step that needs a folder for its state.
type writing struct {
	Common
	Reports
	Bundle string `flag:"bundle" help:"A file."`
	State  string `flag:"state" default:".state" help:"A folder."`
	DryRun bool   `flag:"dry-run" help:"Do nothing."`
	ran    *int
}

func (w *writing) Ready(env *Env) error {
	if w.Bundle != "" {
		if err := env.CheckPlace("bundle", w.Bundle); err != nil {
			return err
		}
	}
	return env.CheckFolder("state", w.State)
}

func (w *writing) Run(context.Context, *Env) error { *w.ran++; return nil }

// TestWhatCannotBeWrittenIsToldFirst: no step begins whose outputs, documents or
// state would have no place in the end.
func TestWhatCannotBeWrittenIsToldFirst(t *testing.T) {
	ran := 0
	s := newSession(t, Step{Name: "only", Summary: "Writes.", Documents: map[string]report.Format{"junit": report.Formats()["junit"]},
		New: func() Inputs { return &writing{ran: &ran} }})
	s.write("file", "")
	s.write("old.txt", "a=b\n")
	s.write("shut/old.zip", "")
	shut := filepath.Join(s.dir, "shut")
	if err := os.Chmod(shut, 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(shut, 0o755) }) // to be removed
	for _, test := range []struct {
		line string
		want []string // of the error; none if the step runs
	}{
		{"", nil},
		{"--outputs new.txt", nil},
		{"--outputs old.txt", nil},
		{"--state a/b/c", nil},
		{"--report junit=a/b/j.xml", nil},
		{"--outputs file/out.txt", []string{"--outputs file/out.txt can't be written: ", "/file is not a folder", "Give --outputs a path in a folder that can be written"}},
		{"--dotenv .", []string{"--dotenv . can't be written: it is a folder"}},
		{"--report junit=file/j.xml", []string{"--report file/j.xml can't be written: ", "/file is not a folder"}},
		{"--state file/state", []string{"--state file/state can't be made: ", "/file is not a folder", "Give --state a path in a folder"}},
		{"--state file/state --dry-run", nil},
		{"--bundle new.zip", nil},
		{"--bundle old.txt", nil},
		{"--bundle missing/new.zip --dry-run", nil},
		{"--bundle missing/new.zip", []string{"--bundle missing/new.zip can't be written: its folder does not exist", "Give --bundle a path in a folder that can be written"}},
		{"--bundle file/new.zip", []string{"--bundle file/new.zip can't be written: ", "/file is not a folder"}},
		{"--bundle shut", []string{"--bundle shut can't be written: it is a folder"}},
		{"--bundle /dev/null", []string{"--bundle /dev/null can't be written: it is no ordinary file"}},
		{"--bundle shut/old.zip", []string{"--bundle shut/old.zip can't be written: folder ", "/shut: permission denied"}},
		{"--outputs shut/out.txt", []string{"--outputs shut/out.txt can't be written: folder ", "/shut: permission denied"}},
		{"--state shut/below/state", []string{"--state shut/below/state can't be made: folder ", "/shut: permission denied"}},
	} {
		if strings.Contains(test.line, "shut/") && os.Geteuid() == 0 {
			continue // nothing is shut to root
		}
		ran = 0
		code, out, errs := s.run(strings.Fields(test.line)...)
		if runs := len(test.want) == 0; runs != (ran == 1) || runs != (code == OK) || !runs && (code != Misused || out != "") {
			t.Errorf("%q: ran %d times, exit code %d: %s%s", test.line, ran, code, out, errs)
		}
		for _, want := range test.want {
			if !strings.Contains(errs, want) {
				t.Errorf("%q: %q lacks %q", test.line, errs, want)
			}
		}
	}
}

// TestTheSystemsFilesAreLookedAtFirst: nothing is uploaded or deployed whose
// outputs or summary the CI system could not be given.
func TestTheSystemsFilesAreLookedAtFirst(t *testing.T) {
	ran := 0
	push := sampleStep("push", func(_ context.Context, env *Env, _ *sample) error {
		ran++
		return env.Output("status", "x")
	})
	version := sampleStep("version", func(context.Context, *Env, *sample) error { ran++; return nil })
	version.Outputs = nil
	for _, test := range []struct {
		step      Step
		env, want string // of the error; none if the step runs
	}{
		{push, "GITHUB_ACTIONS=true GITHUB_OUTPUT=DIR/new GITHUB_STEP_SUMMARY=DIR/file", ""},
		{push, "GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=/dev/null", ""},
		{push, "GITHUB_OUTPUT=DIR/missing/out", ""}, // not on GitHub
		{push, "GITHUB_ACTIONS=true GITHUB_OUTPUT=DIR/missing/out", "/missing/out can't be written: its folder does not exist\n  GitHub Actions names it"},
		{push, "GITHUB_ACTIONS=true GITHUB_OUTPUT=DIR/file/out", "/file is not a folder"},
		{push, "GITHUB_ACTIONS=true GITHUB_OUTPUT=DIR/shut", "/shut can't be written: permission denied"},
		{push, "GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=DIR", "can't be written: it is a folder"},
		{push, "CIRCLECI=true BASH_ENV=DIR/missing/env", "BASH_ENV "},
		{push, "BITBUCKET_BUILD_NUMBER=1 BITBUCKET_PIPELINES_VARIABLES_PATH=DIR/missing/env", "BITBUCKET_PIPELINES_VARIABLES_PATH "},
		{version, "GITHUB_ACTIONS=true GITHUB_OUTPUT=DIR/missing/out", ""}, // it has none
	} {
		s := newSession(t, test.step)
		s.write("file", "")
		if err := os.Chmod(s.write("shut", ""), 0o444); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(test.env, "shut") && os.Geteuid() == 0 {
			continue // nothing is shut to root
		}
		for _, pair := range strings.Fields(strings.ReplaceAll(test.env, "DIR", s.dir)) {
			name, value, _ := strings.Cut(pair, "=")
			s.env[name] = value
		}
		ran = 0
		code, _, errs := s.run()
		if runs := test.want == ""; runs != (ran == 1) || runs != (code == OK) || !runs && code != Misused || !strings.Contains(errs, test.want) {
			t.Errorf("%s: ran %d times, exit code %d: %s", test.env, ran, code, errs)
		}
	}
}
