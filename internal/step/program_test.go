package step

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// sample is a step with an input of every type.
type sample struct {
	Common
	Text     string        `flag:"some-text" help:"A text." env:"OLD_TEXT,OLDER_TEXT"`
	Switch   bool          `flag:"some-switch" help:"A switch."`
	Three    *bool         `flag:"three-valued" help:"On, off, or as it is."`
	Count    int           `flag:"some-count" help:"A number."`
	Maybe    *int          `flag:"maybe-count" help:"A number, or none."`
	Wait     time.Duration `flag:"some-time" help:"A time."`
	List     []string      `flag:"some-list" help:"Texts."`
	Choice   string        `flag:"choice" enum:"red,green" default:"green" help:"A colour."`
	Token    string        `flag:"token" enum:"hunter2,hunter3" secret:"true" file:"no" help:"A secret."`
	PIN      int           `flag:"pin" secret:"true" help:"A secret number."`
	Source   string        `flag:"source" arg:"true" default:"." help:"A folder."`
	Revision string        `flag:"revision" help:"Where the revision lies."`
	Status   string        `flag:"status" output:"no" help:"Not what the step before put out."`

	run func(ctx context.Context, env *Env, in *sample) error
}

func (s *sample) Run(ctx context.Context, env *Env) error {
	if s.run == nil {
		return nil
	}
	return s.run(ctx, env, s)
}

var sampleOutputs = []string{"revision", "status", "deployment-id"}

// sampleStep declares a step that does what run says.
func sampleStep(name string, run func(ctx context.Context, env *Env, in *sample) error) Step {
	return Step{Name: name, Summary: "Does " + name + ".", Outputs: sampleOutputs, New: func() Inputs { return &sample{run: run} }}
}

// session is a program with its world around it.
type session struct {
	t     *testing.T
	steps []Step
	env   map[string]string
	dir   string
	ctx   context.Context
}

func newSession(t *testing.T, steps ...Step) *session {
	return &session{t: t, steps: steps, env: map[string]string{}, dir: t.TempDir(), ctx: context.Background()}
}

func (s *session) run(args ...string) (code Code, stdout, stderr string) {
	s.t.Helper()
	var out, errs bytes.Buffer
	p := &Program{Name: "prog", Version: "v1.2.3", Summary: "A program.", Steps: s.steps}
	code = p.Run(s.ctx, Process{
		Args: args, Stdout: &out, Stderr: &errs, Dir: s.dir,
		Getenv: func(name string) string { return s.env[name] },
		Width:  func() int { return 80 },
	})
	return code, out.String(), errs.String()
}

// must runs a command that has to end with the given code.
func (s *session) must(want Code, args ...string) (stdout, stderr string) {
	s.t.Helper()
	code, stdout, stderr := s.run(args...)
	if code != want {
		s.t.Fatalf("%q ended with %d, not %d\nstdout:\n%s\nstderr:\n%s", args, code, want, stdout, stderr)
	}
	return stdout, stderr
}

func (s *session) write(name, text string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
	return path
}

func (s *session) read(name string) string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

func contains(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q is missing in:\n%s", w, text)
		}
	}
}

func TestHelpOfAProgram(t *testing.T) {
	s := newSession(t, sampleStep("push", nil), sampleStep("engine serve", nil), sampleStep("engine stop", nil))
	for _, args := range [][]string{{"help"}, {"--help"}, {"-h"}, {"engine", "--help"}, {"engine", "-h"}, {"help", "engine"}} {
		out, errs := s.must(OK, args...)
		contains(t, out, "A program.", "engine serve", "engine stop")
		if ofAll := !slices.Contains(args, "engine"); strings.Contains(out, "Does push.") != ofAll {
			t.Errorf("%q wrote %s", args, out)
		}
		if errs != "" {
			t.Errorf("%q wrote an error: %s", args, errs)
		}
	}
	for _, args := range [][]string{{"push", "--help"}, {"push", "-h"}, {"help", "push"}, {"push", "--some-text", "x", "--help"}} {
		out, _ := s.must(OK, args...)
		contains(t, out, "Usage: prog push [inputs] [source]", "--some-text", "A text. Also OLD_TEXT, OLDER_TEXT.", "--choice red|green", "A colour. Default: \"green\".",
			"--some-switch[=false]", "--three-valued[=false]", "--maybe-count NUMBER", "--some-time DURATION", "Outputs:", "deployment-id", "Exit codes:")
	}
	out, _ := s.must(OK, "engine", "stop", "--help")
	contains(t, out, "Usage: prog engine stop")
}

func TestHelpOfEveryInputHasItsWords(t *testing.T) {
	out, _ := newSession(t, sampleStep("only", nil)).must(OK, "--help")
	contains(t, out, "Usage: prog [inputs] [source]")
	for _, f := range Fields(&sample{}) {
		contains(t, out, "--"+f.Name, f.Help)
	}
}

func TestChoosingAStep(t *testing.T) {
	ran := ""
	step := func(name string) Step {
		return sampleStep(name, func(context.Context, *Env, *sample) error { ran = name; return nil })
	}
	s := newSession(t, step("push"), step("engine serve"), step("engine"))
	for _, test := range []struct {
		args string
		ran  string
	}{{"push", "push"}, {"engine serve", "engine serve"}, {"engine", "engine"}, {"engine folder", "engine"}} {
		ran = ""
		s.must(OK, strings.Fields(test.args)...)
		if ran != test.ran {
			t.Errorf("%s ran %q, not %q", test.args, ran, test.ran)
		}
	}
	s = newSession(t, step("push"), step("engine serve"), step("engine stop"))
	for _, test := range []struct {
		args string
		says []string
	}{
		{"", []string{"which step?", "push, engine serve, engine stop", "prog --help", "step: push"}},
		{"pusch", []string{`no step is called "pusch"; did you mean push?`}},
		{"explode", []string{`no step is called "explode"`, "push, engine serve, engine stop"}},
		{"engine", []string{"prog engine: which one?", "engine serve, engine stop"}},
		{"engine start", []string{"prog engine: which one?"}},
		{"help pusch", []string{`no step is called "pusch"`}},
		{"push --some-tex x", []string{"unknown flag: --some-tex; did you mean --some-text?", "prog push --help"}},
		{"push --some-text", []string{"flag needs an argument"}},
		{"push a b", []string{"one argument is taken, 2 were given"}},
		{"push a --source b", []string{`--source and the argument "a" say the same thing`}},
	} {
		_, errs := s.must(Misused, strings.Fields(test.args)...)
		contains(t, errs, test.says...)
	}
}

// The first argument of a step whose name others begin with is one of theirs,
// misspelt, if nothing here has that name.
func TestMisspeltStep(t *testing.T) {
	var ran string
	step := func(name string) Step {
		return sampleStep(name, func(_ context.Context, _ *Env, in *sample) error { ran = name + " " + in.Source; return nil })
	}
	s := newSession(t, step("bundle"), step("bundle list"), step("bundle diff"), step("lint"))
	_, errs := s.must(Misused, "bundle", "lst")
	contains(t, errs, `no step is called "bundle lst", and no file or folder "lst"; did you mean bundle list?`, "See `prog bundle --help`.")
	s.must(Misused, "bundle", "dif", "--some-text", "x")
	s.write("lists", "")
	for args, want := range map[string]string{
		"bundle lists": "bundle lists", "bundle ./lst": "bundle ./lst", "bundle website": "bundle website",
		"bundle --source lst": "bundle lst", "bundle lint": "bundle lint", "bundle list lst": "bundle list lst", "lint lst": "lint lst",
	} {
		s.must(OK, strings.Fields(args)...)
		if ran != want {
			t.Errorf("%s ran %q, not %q", args, ran, want)
		}
	}
	s = newSession(t, step("bundle"))
	s.must(OK, "lst")
}

// A plugin's container is started without arguments: a setting names the step.
// Nothing else than this one variable does, and it names a step and no more.
func TestPluginStep(t *testing.T) {
	var ran string
	step := func(name string) Step {
		return sampleStep(name, func(_ context.Context, _ *Env, in *sample) error { ran = name + " " + in.Source; return nil })
	}
	s := newSession(t, step("push"), step("engine serve"))
	s.env["PLUGIN_SOURCE"] = "app"
	for _, test := range []struct {
		setting, args, ran string
	}{
		{"push", "", "push app"},
		{"engine serve", "", "engine serve app"},
		{"engine serve", "push web", "push web"},
		{"no such step", "push", "push app"},
	} {
		ran, s.env["PLUGIN_STEP"] = "", test.setting
		s.must(OK, strings.Fields(test.args)...)
		if ran != test.ran {
			t.Errorf("%s with %q ran %q, not %q", test.setting, test.args, ran, test.ran)
		}
	}
	ran = ""
	for setting, says := range map[string]string{
		"pusch":              `PLUGIN_STEP: no step is called "pusch"; did you mean push?`,
		"engine":             `no step is called "engine"`,
		"push --source /etc": `no step is called "push --source /etc"`,
		"push\n":             `no step is called "push\n"; did you mean push?`,
		"--help":             `no step is called "--help"`,
		"version":            `no step is called "version"`,
		"":                   "which step?",
	} {
		s.env["PLUGIN_STEP"] = setting
		_, errs := s.must(Misused)
		contains(t, errs, says)
	}
	delete(s.env, "PLUGIN_STEP")
	for _, name := range []string{"INPUT_STEP", "CODEDEPLOY_STEPS_STEP", "STEP", "step"} {
		s.env[name] = "push"
	}
	s.write(FileName, "some-text: x\n")
	s.must(Misused)
	if ran != "" {
		t.Errorf("%s ran", ran)
	}
	s.env["PLUGIN_STEP"] = "engine serve"
	alone := newSession(t, step("push")) // a program of one step has none to choose
	alone.env = s.env
	if alone.must(OK); ran != "push app" {
		t.Errorf("%s ran", ran)
	}
}

func TestVersion(t *testing.T) {
	s := newSession(t, sampleStep("push", nil), sampleStep("wait", nil))
	for _, arg := range []string{"version", "--version"} {
		out, _ := s.must(OK, arg)
		contains(t, out, "prog v1.2.3 ")
	}
	alone := newSession(t, sampleStep("push", nil))
	out, _ := alone.must(OK, "--version")
	contains(t, out, "prog v1.2.3 ")
}

func TestAloneTakesItsInputsAtOnce(t *testing.T) {
	var got string
	s := newSession(t, sampleStep("push", func(_ context.Context, _ *Env, in *sample) error { got = in.Source; return nil }))
	s.must(OK, "push") // a folder of that name, not the step's
	if got != "push" {
		t.Errorf("source is %q", got)
	}
	if name := Alone(sampleStep("push", nil)).Name; name != "codedeploy-push" {
		t.Errorf("the program is called %s", name)
	}
}
