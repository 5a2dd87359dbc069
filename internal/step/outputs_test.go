package step

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// putting gives a step that puts these outputs out, name=value.
func putting(name string, pairs ...string) Step {
	return sampleStep(name, func(_ context.Context, env *Env, _ *sample) error {
		for _, p := range pairs {
			n, v, _ := strings.Cut(p, "=")
			if err := env.Output(n, v); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestOutputsAreMergedIntoTheFile(t *testing.T) {
	s := newSession(t, putting("push", "revision=s3://b/k.zip?etag=x", "status=Succeeded", "status=Failed"))
	s.write("o", "# of others\nFOO=bar=baz\nrevision=old\n\nstatus=old\nstatus=older\nno newline")
	s.must(OK, "--outputs", "o")
	want := "# of others\nFOO=bar=baz\n\nno newline\nrevision=s3://b/k.zip?etag=x\nstatus=Failed\n"
	if got := s.read("o"); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	left, err := os.ReadDir(s.dir)
	if err != nil || len(left) != 1 {
		t.Errorf("beside the file there is %v %v", left, err)
	}
}

func TestOutputsFileByVariableAndAbsolutePath(t *testing.T) {
	s := newSession(t, putting("push", "status=x"))
	s.env["CODEDEPLOY_STEPS_OUTPUTS"] = filepath.Join(s.dir, "abs")
	s.must(OK)
	if got := s.read("abs"); got != "status=x\n" {
		t.Errorf("%q", got)
	}
}

func TestStaleOutputsAreForgottenAtTheStart(t *testing.T) {
	failing := func(context.Context, *Env, *sample) error { return Errorf(Failed, "no") }
	for _, test := range []struct {
		name  string
		first bool
		want  string
	}{
		// The input revision is read from it; status is read from nobody's outputs.
		{"a step in the middle", false, "revision=old\nFOO=1\n"},
		{"the first step", true, "FOO=1\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			st := sampleStep("push", failing)
			st.First = test.first
			s := newSession(t, st)
			s.write("o", "revision=old\nstatus=old\nFOO=1\ndeployment-id=d-OLD\n")
			s.must(Failed, "--outputs", "o")
			if got := s.read("o"); got != test.want {
				t.Errorf("%q, not %q", got, test.want)
			}
		})
	}
}

func TestNothingIsForgottenOnWrongUsage(t *testing.T) {
	s := newSession(t, sampleStep("push", nil))
	s.write("o", "status=old\n")
	s.must(Misused, "--outputs", "o", "--some-count", "x")
	if got := s.read("o"); got != "status=old\n" {
		t.Errorf("%q", got)
	}
}

func TestFirstStepsReadNothing(t *testing.T) {
	var got, ofPart string
	st := sampleStep("release", func(ctx context.Context, env *Env, in *sample) error {
		got = in.Revision
		return env.Run(ctx, &sample{run: func(_ context.Context, _ *Env, in *sample) error { ofPart = in.Revision; return nil }})
	})
	st.First, st.Outputs = true, []string{"status"}
	s := newSession(t, st)
	s.write("o", "revision=old\n")
	s.must(OK, "--outputs", "o")
	if got != "" || ofPart != "" {
		t.Errorf("the first step read %q, its part %q", got, ofPart)
	}
	if s.read("o") != "revision=old\n" {
		t.Error("the line of another step is gone")
	}
}

func TestOutputsAreInputs(t *testing.T) {
	var got *sample
	s := newSession(t, sampleStep("deploy", func(_ context.Context, _ *Env, in *sample) error { got = in; return nil }))
	s.write("o", "revision=from-before\r\nsome-text=no output\nstatus=not taken\nchoice=red\n")
	s.write(FileName, "revision: from-file\n")
	s.must(OK, "--outputs", "o")
	if got.Revision != "from-before" {
		t.Errorf("revision is %q", got.Revision)
	}
	if got.Text != "" || got.Choice != "green" {
		t.Error("a name that is no output was read from the file")
	}
	if got.Status != "" {
		t.Error("an input that takes no outputs took one")
	}
	s.env["INPUT_REVISION"] = "from-env"
	s.must(OK, "--outputs", "o")
	if got.Revision != "from-env" {
		t.Errorf("revision is %q", got.Revision)
	}
	s.write("o", "revision=\n")
	s.env["INPUT_REVISION"] = ""
	s.must(OK, "--outputs", "o")
	if got.Revision != "from-file" {
		t.Errorf("an empty output hides the file: %q", got.Revision)
	}
}

func TestGivenTellsWhoSetAnInput(t *testing.T) {
	given := map[string]bool{}
	s := newSession(t, sampleStep("deploy", func(_ context.Context, env *Env, _ *sample) error {
		for _, f := range Fields(&sample{}) {
			given[f.Name] = env.Given(f.Name)
		}
		return nil
	}))
	s.write("o", "revision=x\n")
	s.write(FileName, "some-count: 1\n")
	s.env["PLUGIN_SOME_SWITCH"] = "false"
	s.must(OK, "--outputs", "o", "--some-text", "x", "folder")
	for name, want := range map[string]bool{"some-text": true, "some-count": true, "some-switch": true, "source": true,
		"revision": false, "choice": false, "three-valued": false, "nonsense": false} {
		if given[name] != want {
			t.Errorf("%s: given is %v", name, given[name])
		}
	}
}

func TestLineBreaksAreRefused(t *testing.T) {
	for _, value := range []string{"a\nb=c", "a\r", "\n"} {
		s := newSession(t, putting("push", "status="+value))
		s.env["GITHUB_ACTIONS"], s.env["GITHUB_OUTPUT"] = "true", filepath.Join(s.dir, "github")
		_, errs := s.must(Failed, "--outputs", "o")
		contains(t, errs, "output status: its value has a line break")
		for _, name := range []string{"o", "github"} {
			if text, err := os.ReadFile(filepath.Join(s.dir, name)); err == nil && len(text) > 0 {
				t.Errorf("%s was written: %q", name, text)
			}
		}
	}
}

func TestUndeclaredOutputPanics(t *testing.T) {
	s := newSession(t, putting("push", "etag=x"))
	defer func() {
		if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "does not declare the output etag") {
			t.Error(r)
		}
	}()
	s.run()
}

func TestOutputsReachGitHubToo(t *testing.T) {
	s := newSession(t, putting("push", "status=Succeeded"))
	s.env["GITHUB_ACTIONS"], s.env["GITHUB_OUTPUT"] = "true", filepath.Join(s.dir, "github")
	s.must(OK, "--outputs", "o")
	contains(t, s.read("github"), "status<<", "\nSucceeded\n")
	contains(t, s.read("o"), "status=Succeeded\n")
}

func TestOutputsFileThatCannotBe(t *testing.T) {
	s := newSession(t, putting("push", "status=x"))
	s.write("file", "")
	for path, says := range map[string]string{
		"missing/o": "its folder does not exist",
		"file/o":    "--outputs",
		".":         "--outputs",
	} {
		_, errs := s.must(Misused, "--outputs", path)
		contains(t, errs, says)
	}
}

// A single file that is mounted into a container can't be renamed over. Here
// its name is so long that no second one beside it can be made.
func TestOutputsFileThatCannotBeReplaced(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("names may be longer there")
	}
	name := strings.Repeat("o", 250)
	s := newSession(t, putting("push", "status=x"))
	path := s.write(name, "FOO=1\nstatus=much longer than it will be\n")
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	s.must(OK, "--outputs", name)
	if got := s.read(name); got != "FOO=1\nstatus=x\n" {
		t.Errorf("%q", got)
	}
	if after, err := os.Stat(path); err != nil || !os.SameFile(before, after) {
		t.Error("the file was not written in place")
	}
}

func TestReadersNeverSeeHalfOfTheFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open file can't be replaced there")
	}
	s := newSession(t, putting("push", "status=new"))
	path := s.write("o", "status=old\n")
	f, err := os.Open(path) // a reader that began before
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s.must(OK, "--outputs", "o")
	text := make([]byte, 100)
	n, _ := f.Read(text)
	if string(text[:n]) != "status=old\n" {
		t.Errorf("it reads %q: the file was written in place", text[:n])
	}
	if s.read("o") != "status=new\n" {
		t.Error(s.read("o"))
	}
}

func TestOutputsFileKeepsItsModeAndLink(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no such modes and links there")
	}
	s := newSession(t, putting("push", "status=x"))
	path := s.write("real/secrets.env", "TOKEN=1\n")
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join("real", "secrets.env"), filepath.Join(s.dir, "o")); err != nil {
		t.Fatal(err)
	}
	s.must(OK, "--outputs", "o")
	if got := s.read("real/secrets.env"); got != "TOKEN=1\nstatus=x\n" {
		t.Errorf("%q", got)
	}
	if info, err := os.Lstat(filepath.Join(s.dir, "o")); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link was replaced: %v %v", info, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is open to others now: %v %v", info, err)
	}
}

// Parts of one process and processes chained by the outputs file read the same.
func TestChainingInOneProcessIsChainingByTheFile(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(values ...string) string { return values[r.IntN(len(values))] }
	for range 300 {
		// Each part notes what it reads, then puts out what it has.
		type part struct{ puts []string }
		parts := make([]part, 1+r.IntN(4))
		for i := range parts {
			for range r.IntN(3) {
				parts[i].puts = append(parts[i].puts, pick("revision", "status", "deployment-id")+"="+pick("a", "b", "c"))
			}
		}
		env := map[string]string{"INPUT_REVISION": pick("", "", "env"), "CODEDEPLOY_STEPS_STATUS": pick("", "env")}
		file := pick("", "", "revision: file\n", "status: file\n", "revision: file\nstatus: file\n")
		var args []string
		if flag := pick("", "", "flag"); flag != "" {
			args = append(args, "--revision", flag)
		}
		run := func(p part, read *[]string) func(context.Context, *Env, *sample) error {
			return func(_ context.Context, env *Env, in *sample) error {
				*read = append(*read, "revision "+in.Revision+", status "+in.Status)
				for _, pair := range p.puts {
					name, value, _ := strings.Cut(pair, "=")
					if err := env.Output(name, value); err != nil {
						return err
					}
				}
				return nil
			}
		}
		var whole, single []string
		first := sampleStep("release", func(ctx context.Context, env *Env, in *sample) error {
			for _, p := range parts {
				part := *in
				part.run = run(p, &whole)
				if err := env.Run(ctx, &part); err != nil {
					return err
				}
			}
			return nil
		})
		first.First = true
		a := newSession(t, first)
		a.env = env
		a.write(FileName, file)
		a.must(OK, append(args, "--outputs", "o")...)

		dir := ""
		for i, p := range parts {
			st := sampleStep(fmt.Sprint("part", i), run(p, &single))
			st.First = i == 0
			b := newSession(t, st)
			b.env = env
			if dir != "" {
				b.dir = dir
			}
			dir = b.dir
			b.write(FileName, file)
			b.must(OK, append(args, "--outputs", "o")...)
		}
		if !slices.Equal(whole, single) {
			t.Fatalf("parts %v, env %v, file %q, flags %q:\none process reads  %q\nseveral read       %q", parts, env, file, args, whole, single)
		}
	}
}

func TestAWrongOutputIsNamed(t *testing.T) {
	st := Step{Name: "release", Outputs: []string{"unchanged"}, New: func() Inputs { return &chained{} }}
	_, errs := newSession(t, st).must(Misused)
	contains(t, errs, "output unchanged", "neither true nor false")
}

// chained puts out what its part can't read.
type chained struct{ Common }

type picky struct {
	Common
	Unchanged bool `flag:"unchanged" help:"x"`
}

func (*picky) Run(context.Context, *Env) error { return errors.New("ran") }

func (*chained) Run(ctx context.Context, env *Env) error {
	if err := env.Output("unchanged", "maybe"); err != nil {
		return err
	}
	return env.Run(ctx, &picky{})
}
