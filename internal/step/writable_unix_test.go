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
