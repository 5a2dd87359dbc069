package step

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// places are the sources of an input, strongest first.
var places = []string{"flag", "INPUT_%D", "INPUT_%S", "PLUGIN_%S", "CODEDEPLOY_STEPS_%S", "section of the file", "file"}

func TestOrderOfSources(t *testing.T) {
	for _, input := range []struct {
		name   string
		values []string // one for each place
		read   func(*sample) any
		want   []any
	}{
		{"some-text", []string{"a", "b", "c", "d", "e", "f", "g"}, func(s *sample) any { return s.Text }, []any{"a", "b", "c", "d", "e", "f", "g"}},
		{"some-switch", []string{"true", "false", "yes", "0", "ON", "No", "1"}, func(s *sample) any { return s.Switch }, []any{true, false, true, false, true, false, true}},
		{"three-valued", []string{"false", "true", "off", "1", "no", "yes", "False"}, func(s *sample) any { return *s.Three }, []any{false, true, false, true, false, true, false}},
		{"some-count", []string{"1", "2", "3", "4", "5", "6", "7"}, func(s *sample) any { return s.Count }, []any{1, 2, 3, 4, 5, 6, 7}},
		{"maybe-count", []string{"0", "2", "3", "4", "5", "6", "7"}, func(s *sample) any { return *s.Maybe }, []any{0, 2, 3, 4, 5, 6, 7}},
		{"some-time", []string{"90s", "2m", "30", "1h", "5d", "6s", "7s"}, func(s *sample) any { return s.Wait },
			[]any{90 * time.Second, 2 * time.Minute, 30 * time.Second, time.Hour, 120 * time.Hour, 6 * time.Second, 7 * time.Second}},
		{"some-list", []string{"a,b", "b\nc", "c , d", "d", "e,", "f", "[g, h]"}, func(s *sample) any { return strings.Join(s.List, "|") },
			[]any{"a|b", "b|c", "c|d", "d", "e", "f", "g|h"}},
	} {
		for strongest := range places {
			t.Run(fmt.Sprintf("%s from %s", input.name, places[strongest]), func(t *testing.T) {
				var got any
				var origin Origin
				s := newSession(t, sampleStep("push", func(_ context.Context, env *Env, in *sample) error {
					got, origin = input.read(in), env.origins[input.name]
					return nil
				}), sampleStep("wait", nil))
				args := []string{"push"}
				var names []string
				file := ""
				upper := strings.ToUpper(input.name)
				for i, place := range places {
					name := strings.NewReplacer("%D", upper, "%S", strings.ReplaceAll(upper, "-", "_")).Replace(place)
					value := input.values[i]
					if i < strongest {
						value = "" // empty is unset, from every source
					}
					switch place {
					case "flag":
						args = append(args, "--"+input.name+"="+value)
						name = "--" + input.name
					case "file":
						file += input.name + ": " + value + "\n"
					case "section of the file":
						file += "push:\n  " + input.name + ": " + value + "\n"
						name = FileName + ":2"
					default:
						s.env[name] = value
					}
					names = append(names, name)
				}
				if names[6] = FileName + ":3"; strongest == 6 {
					file = input.name + ": " + input.values[6] + "\npush:\n  " + input.name + ":\n"
					names[6] = FileName + ":1"
				}
				s.write(FileName, file)
				_, _ = s.must(OK, args...)
				if got != input.want[strongest] {
					t.Errorf("got %v, not %v", got, input.want[strongest])
				}
				if string(origin) != names[strongest] {
					t.Errorf("it is said to come from %q, not %q", origin, names[strongest])
				}
			})
		}
	}
}

func TestNobodySetIt(t *testing.T) {
	var got sample
	s := newSession(t, sampleStep("push", func(_ context.Context, _ *Env, in *sample) error { got = *in; return nil }))
	for _, f := range Fields(&got) {
		for _, name := range EnvNames(f) {
			s.env[name] = "" // GitHub passes every input that nobody set
		}
	}
	s.must(OK)
	if got.Three != nil || got.Maybe != nil {
		t.Error("what overrides a setting of the group has a value that nobody gave")
	}
	if got.Choice != "green" || got.Source != "." || got.Format != "text" || got.Text != "" || got.Switch || got.List != nil {
		t.Errorf("defaults: %+v", got)
	}
}

func TestFurtherVariables(t *testing.T) {
	var got *sample
	s := newSession(t, sampleStep("push", func(_ context.Context, _ *Env, in *sample) error { got = in; return nil }))
	s.env["OLDER_TEXT"], s.env["RUNNER_DEBUG"] = "older", "1"
	s.must(OK)
	if got.Text != "older" || !got.Verbose {
		t.Errorf("text %q, verbose %v", got.Text, got.Verbose)
	}
	s.env["OLD_TEXT"] = "old"
	s.must(OK)
	if got.Text != "old" {
		t.Errorf("text %q", got.Text)
	}
	s.env["CODEDEPLOY_STEPS_SOME_TEXT"] = "ours"
	s.must(OK)
	if got.Text != "ours" {
		t.Errorf("text %q", got.Text)
	}
}

func TestEnvNames(t *testing.T) {
	for name, want := range map[string][]string{
		"s3-bucket": {"INPUT_S3-BUCKET", "INPUT_S3_BUCKET", "PLUGIN_S3_BUCKET", "CODEDEPLOY_STEPS_S3_BUCKET"},
		"region":    {"INPUT_REGION", "PLUGIN_REGION", "CODEDEPLOY_STEPS_REGION"},
	} {
		if got := EnvNames(&Field{Name: name}); !slices.Equal(got, want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestFlagsAndArgumentsMix(t *testing.T) {
	for args, want := range map[string]string{
		"folder --some-text x":                       "folder x false <nil>",
		"--some-text x folder":                       "folder x false <nil>",
		"--some-text=x folder --some-switch":         "folder x true <nil>",
		"--some-switch folder":                       "folder  true <nil>",
		"--some-switch=false folder":                 "folder  false <nil>",
		"--three-valued=false":                       ".  false false",
		"--three-valued":                             ".  false true",
		"--some-switch --some-switch=false":          ".  false <nil>",
		"--some-text x --some-text y":                ". y false <nil>",
		"-- --some-text":                             "--some-text  false <nil>",
		"--some-text --some-switch -- --some-switch": "--some-switch --some-switch false <nil>",
		"--source folder":                            "folder  false <nil>",
	} {
		got := ""
		s := newSession(t, sampleStep("push", func(_ context.Context, _ *Env, in *sample) error {
			three := "<nil>"
			if in.Three != nil {
				three = fmt.Sprint(*in.Three)
			}
			got = fmt.Sprint(in.Source, " ", in.Text, " ", in.Switch, " ", three)
			return nil
		}))
		s.must(OK, strings.Fields(args)...)
		if got != want {
			t.Errorf("%s gives %q, not %q", args, got, want)
		}
	}
}

func TestListFlagsAddUp(t *testing.T) {
	var got []string
	s := newSession(t, sampleStep("push", func(_ context.Context, _ *Env, in *sample) error { got = in.List; return nil }))
	s.must(OK, "--some-list", "a,b", "--some-list", "c")
	if !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("%q", got)
	}
}

// several is a step with a list as its arguments, and none is one without any.
type several struct {
	Common
	Files []string `flag:"files" arg:"true" help:"Files."`
	got   *[]string
}

func (s *several) Run(context.Context, *Env) error { *s.got = s.Files; return nil }

type none struct {
	Common
	Sure bool `flag:"sure" help:"Yes."`
}

func (*none) Run(context.Context, *Env) error { return nil }

func TestSeveralArguments(t *testing.T) {
	var got []string
	s := newSession(t, Step{Name: "x", New: func() Inputs { return &several{got: &got} }})
	s.must(OK, "a", "--verbose", "b", "c")
	if !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("%q", got)
	}
}

func TestNoArgumentIsTaken(t *testing.T) {
	s := newSession(t, Step{Name: "x", New: func() Inputs { return &none{} }})
	_, errs := s.must(Misused, "--sure", "false")
	contains(t, errs, `unexpected argument "false"`, "--name=false")
}

func TestWrongValuesNameTheirSource(t *testing.T) {
	for _, test := range []struct {
		args     string
		variable string // NAME=value
		file     string
		says     []string
	}{
		{args: "--some-count=many", says: []string{"--some-count:", `"many" is not a whole number`}},
		{args: "--some-count=1.5", says: []string{`"1.5" is not a whole number`}},
		{args: "--some-count=99999999999999999999", says: []string{"is not a whole number"}},
		{args: "--some-count=-1", says: []string{"--some-count:", `"-1" is below zero`}},
		{variable: "INPUT_SOME-COUNT=many", says: []string{"INPUT_SOME-COUNT:", `"many"`}},
		{variable: "INPUT_SOME_COUNT=many", says: []string{"INPUT_SOME_COUNT:"}},
		{variable: "PLUGIN_SOME_COUNT=many", says: []string{"PLUGIN_SOME_COUNT:"}},
		{variable: "CODEDEPLOY_STEPS_SOME_COUNT=many", says: []string{"CODEDEPLOY_STEPS_SOME_COUNT:"}},
		{variable: "RUNNER_DEBUG=maybe", says: []string{"RUNNER_DEBUG:", "neither true nor false"}},
		{file: "# words\nsome-count: many\n", says: []string{FileName + ":2:", `"many"`}},
		{args: "--three-valued=maybe", says: []string{"--three-valued:", "neither true nor false"}},
		{args: "--some-switch=2", says: []string{"--some-switch:", "neither true nor false"}},
		{args: "--choice=blue", says: []string{"--choice:", `"blue" is not one of red, green`}},
		{args: "--choice=Red", says: []string{`"Red" is not one of red, green`}},
		{args: "--some-time=soon", says: []string{"--some-time:", "90s, 30m, 2h or 30d"}},
		{args: "--some-time=0", says: []string{"above zero"}},
		{args: "--some-time=-5s", says: []string{"above zero"}},
		{args: "--some-time=18446744074", says: []string{"is not a duration"}}, // seconds that wrap around to a third of one
		{args: "--some-time=213504d", says: []string{"is not a duration"}},     // as days do
		{args: "--some-time=d", says: []string{"is not a duration"}},
		{args: "--some-time=1.5d", says: []string{"is not a duration"}},
	} {
		s := newSession(t, sampleStep("push", nil), sampleStep("wait", nil))
		if name, value, ok := strings.Cut(test.variable, "="); ok {
			s.env[name] = value
		}
		if test.file != "" {
			s.write(FileName, test.file)
		}
		_, errs := s.must(Misused, append([]string{"push"}, strings.Fields(test.args)...)...)
		contains(t, errs, test.says...)
	}
}

func TestSecretsStaySecret(t *testing.T) {
	const secret = "s3cr3t"
	for _, args := range [][]string{{"--token", secret}, {"--pin", secret}, {"--pin=" + secret}} {
		for _, format := range []string{"text", "json"} {
			s := newSession(t, sampleStep("push", nil))
			out, errs := s.must(Misused, append(args, "--verbose", "--format", format)...)
			if strings.Contains(out+errs, secret) {
				t.Errorf("%q shows the secret: %s%s", args, out, errs)
			}
			contains(t, errs, "the value cannot be read")
		}
	}
	for _, name := range []string{"INPUT_TOKEN", "PLUGIN_PIN"} {
		s := newSession(t, sampleStep("push", nil))
		s.env[name] = secret
		out, errs := s.must(Misused)
		if strings.Contains(out+errs, secret) {
			t.Errorf("%s is shown: %s%s", name, out, errs)
		}
		contains(t, errs, name)
	}
	s := newSession(t, sampleStep("push", nil))
	out, errs := s.must(OK, "--token", "hunter2", "--pin", "4711", "--verbose", "--some-text", "shown")
	if strings.Contains(out+errs, "hunter2") || strings.Contains(out+errs, "4711") {
		t.Errorf("--verbose shows a secret: %s%s", out, errs)
	}
	contains(t, out, "input some-text = shown (from --some-text)")
}

func TestGitHubMasksSecrets(t *testing.T) {
	s := newSession(t, sampleStep("push", nil))
	s.env["GITHUB_ACTIONS"] = "true"
	out, _ := s.must(OK, "--token", "hunter2")
	contains(t, out, "::add-mask::hunter2\n")
	out, errs := s.must(OK, "--token", "hunter2", "--format", "json")
	if strings.Contains(out, "hunter2") {
		t.Errorf("the mask is among the JSON lines: %s", out)
	}
	contains(t, errs, "::add-mask::hunter2\n")
}

// Declarations that are wrong, each for one reason.
type (
	wrongType struct {
		Common
		X float64 `flag:"x"`
	}
	wrongPointer struct {
		Common
		X *string `flag:"x"`
	}
	wrongDefault struct {
		Common
		X int `flag:"x" default:"many"`
	}
	wrongEnum struct {
		Common
		X string `flag:"x" enum:"a,b" default:"c"`
	}
	hidden struct {
		Common
		x string `flag:"x"`
	}
	twoTypes struct {
		Common
		A struct {
			X string `flag:"x"`
		}
		B struct {
			X int `flag:"x"`
		}
	}
)

func (*wrongType) Run(context.Context, *Env) error    { return nil }
func (*wrongPointer) Run(context.Context, *Env) error { return nil }
func (*wrongDefault) Run(context.Context, *Env) error { return nil }
func (*wrongEnum) Run(context.Context, *Env) error    { return nil }
func (*hidden) Run(context.Context, *Env) error       { return nil }
func (*twoTypes) Run(context.Context, *Env) error     { return nil }

func TestWrongDeclarationsPanic(t *testing.T) {
	_ = hidden{}.x
	for _, in := range []Inputs{&wrongType{}, &wrongPointer{}, &wrongDefault{}, &wrongEnum{}, &hidden{}, &twoTypes{}} {
		func() {
			defer func() {
				if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "input x") {
					t.Errorf("%s: %v", reflect.TypeOf(in), r)
				}
			}()
			Fields(in)
		}()
	}
}

// whole is a step that is made of two others.
type whole struct {
	Common
	Wait  time.Duration `flag:"some-time" default:"7s" help:"The first occurrence describes it."`
	Parts struct{ A, B sample }
	got   *whole
}

func (w *whole) Run(context.Context, *Env) error { *w.got = *w; return nil }

func TestNamesThatOccurTwiceHaveOneValue(t *testing.T) {
	var got whole
	s := newSession(t, Step{Name: "x", New: func() Inputs { return &whole{got: &got} }})
	s.must(OK, "--some-text", "one", "--three-valued=false", "--some-list", "a,b")
	for _, part := range []sample{got.Parts.A, got.Parts.B} {
		if part.Text != "one" || part.Three == nil || *part.Three || !slices.Equal(part.List, []string{"a", "b"}) {
			t.Errorf("%+v", part)
		}
		if part.Wait != 7*time.Second {
			t.Errorf("the default of the first occurrence does not reach the others: %v", part.Wait)
		}
	}
	names := map[string]int{}
	for _, f := range Fields(&whole{}) {
		names[f.Name]++
	}
	for name, n := range names {
		if n != 1 {
			t.Errorf("%s is listed %d times", name, n)
		}
	}
	out, _ := s.must(OK, "--help")
	contains(t, out, "The first occurrence describes it. Default: \"7s\".")
}

// Bitbucket and Buildkite hand a list over as a variable for each value. A
// value between the others may be empty; a text is never taken from there.
func TestNumberedLists(t *testing.T) {
	for name, c := range map[string]struct {
		env  string
		list []string
	}{
		"in order":       {"PLUGIN_SOME_LIST_0=a PLUGIN_SOME_LIST_1=b PLUGIN_SOME_LIST_2=c PLUGIN_SOME_LIST_COUNT=3", []string{"a", "b", "c"}},
		"ten and more":   {"PLUGIN_SOME_LIST_2=b PLUGIN_SOME_LIST_10=c PLUGIN_SOME_LIST_11=d", []string{"b", "c", "d"}},
		"commas part":    {"CODEDEPLOY_STEPS_SOME_LIST_0=a,b CODEDEPLOY_STEPS_SOME_LIST_1=c", []string{"a", "b", "c"}},
		"INPUT is first": {"PLUGIN_SOME_LIST=x PLUGIN_SOME_LIST_0=a INPUT_SOME_LIST_1=y", []string{"y"}},
		"a long gap":     {"PLUGIN_SOME_LIST_0=a PLUGIN_SOME_LIST_11=b", []string{"a"}},
		"of a text":      {"PLUGIN_SOME_TEXT_0=a", nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got *sample
			s := newSession(t, sampleStep("push", func(_ context.Context, _ *Env, in *sample) error { got = in; return nil }))
			for _, set := range strings.Fields(c.env) {
				name, value, _ := strings.Cut(set, "=")
				s.env[name] = value
			}
			s.must(OK)
			if !slices.Equal(got.List, c.list) || got.Text != "" {
				t.Errorf("the list is %q, the text %q", got.List, got.Text)
			}
		})
	}
}
