package step

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
)

// finder is a step that finds what it is told to, and can tell it as a document.
type finder struct {
	Format string `flag:"format" enum:"text,json,list" default:"text" help:"How."`
	Common
	Paths  []string `flag:"path" arg:"true" list:"lines" help:"What."`
	Report []string `flag:"report" help:"Where to."`

	run func(env *Env, in *finder) error
}

func (f *finder) Run(_ context.Context, env *Env) error {
	for _, path := range f.Report {
		if err := env.Report("list", path); err != nil {
			return err
		}
	}
	for _, path := range f.Paths {
		env.Events.Emit(event.Diagnostic{Rule: "R", Severity: "error", File: path, Message: "m"})
	}
	env.Warn("beside it")
	return f.run(env, f)
}

func finderStep(run func(env *Env, in *finder) error) Step {
	list := func(f *report.Findings) ([]byte, error) {
		text := f.Version
		for _, d := range f.Found {
			text += " <" + d.File + ">"
		}
		if f.Failure != nil {
			text += fmt.Sprintf(" %d", f.Failure.Code)
		}
		return []byte(text + "\n"), nil
	}
	return Step{Name: "find", Summary: "Finds.", Documents: map[string]report.Format{"list": list}, New: func() Inputs { return &finder{run: run} }}
}

func TestADocumentIsAllOfStandardOutput(t *testing.T) {
	fails := func(*Env, *finder) error { return Errorf(Failed, "no good").Do("Do that.") }
	for _, env := range []map[string]string{{}, {"GITHUB_ACTIONS": "true"}} {
		s := newSession(t, finderStep(fails))
		s.env = env
		out, errs := s.must(Failed, "--format", "list", "a", "b")
		if out != "v1.2.3 <a> <b> 1\n" {
			t.Errorf("%q", out)
		}
		if errs != "find: no good\n  Do that.\n" {
			t.Errorf("%q", errs)
		}
	}
	s := newSession(t, finderStep(func(*Env, *finder) error { return nil }))
	if out, errs := s.must(OK, "--format", "list"); out != "v1.2.3\n" || errs != "" {
		t.Errorf("%q, %q", out, errs)
	}
}

func TestReportsAreWrittenBesideTheText(t *testing.T) {
	s := newSession(t, finderStep(func(env *Env, _ *finder) error {
		if err := env.Report("lisp", "x"); err == nil || err.Error() != `no report is called "lisp"; did you mean list?` {
			t.Errorf("%v", err)
		}
		return errors.New("no good")
	}))
	out, _ := s.must(Failed, "a", "--report", "deep/er/one,two")
	contains(t, out, "a: error: m [R]", "beside it")
	for _, name := range []string{"deep/er/one", "two"} {
		if got := s.read(name); got != "v1.2.3 <a> 1\n" {
			t.Errorf("%s has %q", name, got)
		}
	}
	if err := os.Mkdir(filepath.Join(s.dir, "folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, errs := s.must(Failed, "--report", "folder,three") // the step's own failure counts more
	contains(t, errs, "write the list report")
	s.read("three")
	s = newSession(t, finderStep(func(*Env, *finder) error { return nil }))
	s.must(Misused, "--report", ".")
}

// Paths may have commas; what is told apart by line breaks is not by them.
func TestAListOfLines(t *testing.T) {
	var got []string
	s := newSession(t, finderStep(func(_ *Env, in *finder) error { got = in.Paths; return nil }))
	want := []string{"a,b", "c d"}
	for name, run := range map[string]func(){
		"arguments": func() { s.must(OK, "a,b", "c d") },
		"flags":     func() { s.must(OK, "--path", "a,b", "--path", "c d") },
		"variable":  func() { s.env["INPUT_PATH"] = "a,b\n\nc d\n"; s.must(OK); delete(s.env, "INPUT_PATH") },
		"file":      func() { s.write(FileName, "path: ['a,b', c d]\n"); s.must(OK); s.write(FileName, "") },
		"its own":   func() { s.write(FileName, "path: x\nfind: {path: ['a,b', c d]}\n"); s.must(OK); s.write(FileName, "") },
	} {
		got = nil
		run()
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// single is a step that takes one value where finder takes several.
type single struct {
	Common
	Path string `flag:"path" help:"What."`
}

func (*single) Run(context.Context, *Env) error { return nil }

func TestAFileHasAListForTheStepThatTakesOne(t *testing.T) {
	s := newSession(t, finderStep(func(*Env, *finder) error { return nil }), Step{Name: "single", New: func() Inputs { return &single{} }})
	s.write(FileName, "find: {path: [a, b]}\nsingle: {path: c}\n")
	s.must(OK, "find")
	s.must(OK, "single")
	s.write(FileName, "path: [a, b]\n")
	s.must(OK, "find")
	_, errs := s.must(Misused, "single")
	contains(t, errs, "path takes one value")
	s.write(FileName, "single: {path: [a, b]}\n")
	_, errs = s.must(Misused, "find")
	contains(t, errs, "path takes one value")
}
