package step

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// other is a step with an input that sample has not.
type other struct {
	Common
	Bucket string `flag:"s3-bucket" help:"A bucket."`
	Where  string `flag:"endpoint" file:"no" default:"aws" help:"Where."`
}

func (*other) Run(context.Context, *Env) error { return nil }

func otherStep(name string) Step { return Step{Name: name, New: func() Inputs { return &other{} }} }

func TestRepositoryFile(t *testing.T) {
	for _, test := range []struct {
		name, file string
		check      func(*sample) bool
	}{
		{"general", "some-text: x\ns3-bucket: b\n", func(s *sample) bool { return s.Text == "x" }},
		{"a section beats the general part", "push:\n  some-text: own\nsome-text: general\n", func(s *sample) bool { return s.Text == "own" }},
		{"the section of another step", "wait:\n  some-text: theirs\n", func(s *sample) bool { return s.Text == "" }},
		{"a section of two words", "engine serve:\n  s3-bucket: b\nsome-text: x\n", func(s *sample) bool { return s.Text == "x" }},
		{"null", "some-text: null\nmaybe-count: ~\nthree-valued:\n", func(s *sample) bool { return s.Text == "" && s.Maybe == nil && s.Three == nil }},
		{"an empty section", "push:\nsome-text: x\n", func(s *sample) bool { return s.Text == "x" }},
		{"false is a value", "three-valued: false\nmaybe-count: 0\n", func(s *sample) bool { return s.Three != nil && !*s.Three && s.Maybe != nil && *s.Maybe == 0 }},
		{"a list", "some-list:\n  - a\n  - b\n", func(s *sample) bool { return slices.Equal(s.List, []string{"a", "b"}) }},
		{"a list as text", "some-list: a, b\n", func(s *sample) bool { return slices.Equal(s.List, []string{"a", "b"}) }},
		{"an empty list", "some-list: []\n", func(s *sample) bool { return s.List == nil }},
		{"an alias", "some-text: &x word\npush:\n  source: *x\n", func(s *sample) bool { return s.Source == "word" }},
		{"empty", "", func(s *sample) bool { return s.Source == "." }},
		{"only words", "# nothing\n---\n", func(s *sample) bool { return s.Source == "." }},
		{"a number as text", "some-text: 0012\n", func(s *sample) bool { return s.Text == "0012" }},
		{"several lines", "some-text: |-\n  a\n  b\n", func(s *sample) bool { return s.Text == "a\nb" }},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got *sample
			s := newSession(t, sampleStep("push", func(_ context.Context, _ *Env, in *sample) error { got = in; return nil }),
				sampleStep("wait", nil), otherStep("engine serve"))
			s.write(FileName, test.file)
			s.must(OK, "push")
			if !test.check(got) {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestRepositoryFileMistakes(t *testing.T) {
	for _, test := range []struct {
		file string
		says []string
	}{
		{"\nsome-txt: x\n", []string{":2:", `no step has an input "some-txt"`}},
		{"push:\n  a: 1\n", []string{":2:", `no step has an input "a"`}},
		{"wait:\n  a: 1\n", []string{":2:", `no step has an input "a"`}}, // also where it does not count
		{"some-text: x\nendpoint: http://evil.example\n", []string{":2:", "endpoint is not taken from this file", "--endpoint", "CODEDEPLOY_STEPS_ENDPOINT"}},
		{"push:\n\n  endpoint: local\n", []string{":3:", "endpoint is not taken from this file"}},
		{"outputs: x\n", []string{":1:", "outputs is not taken from this file"}},
		{"endpoint:\n", []string{"endpoint is not taken from this file"}},
		{"token: x\n", []string{"token is not taken from this file"}},
		{"some-text: [a, b]\n", []string{":1:", "some-text takes one value"}},
		{"some-text: {a: b}\n", []string{":1:", "some-text takes one value"}},
		{"some-list: {a: b}\n", []string{"some-list takes one value"}},
		{"some-list:\n  - [a]\n", []string{":2:", "some-list takes a list of plain values"}},
		{"some-list:\n  - a: b\n", []string{"some-list takes a list of plain values"}},
		{"some-list: &l [a]\nsome-text: *l\n", []string{"some-text takes one value"}},
		{"- a\n", []string{":1:", "must be a mapping"}},
		{"words\n", []string{":1:", "must be a mapping"}},
		{"some-text: x\nsome-text: y\n", []string{":2:", "some-text is set twice"}},
		{"push:\n  some-text: x\n  some-text: y\n", []string{":3:", "some-text is set twice"}},
		{"push: {}\npush: {}\n", []string{":2:", "push is set twice"}},
		{"some-text: x\n\tsome-count: 1\n", []string{FileName + ": yaml:", "line 2"}},
		{"release: {}\n", []string{`no step has an input "release"`}},
	} {
		s := newSession(t, sampleStep("push", nil), sampleStep("wait", nil), otherStep("engine serve"))
		s.write(FileName, test.file)
		_, errs := s.must(Misused, "push")
		contains(t, errs, test.says...)
		contains(t, errs, FileName)
	}
}

func TestAProgramOfOneStepSharesTheFile(t *testing.T) {
	var got *sample
	s := newSession(t, sampleStep("push", func(_ context.Context, _ *Env, in *sample) error { got = in; return nil }))
	s.write(FileName, "s3-bucket: b\nwait:\n  timeout: 5m\nsome-text: x\nengine serve: {listen: x}\npush:\n  some-count: 3\nregister: {}\n")
	s.must(OK)
	if got.Text != "x" || got.Count != 3 {
		t.Errorf("%+v", got)
	}
	s.write(FileName, "token: x\n")
	_, errs := s.must(Misused)
	contains(t, errs, "token is not taken from this file")
}

func TestFileIsFoundAboveWithinTheRepository(t *testing.T) {
	for _, test := range []struct {
		name string
		git  string // the folder with .git
		want string
	}{
		{"at the root", "a", "x"},
		{"in no repository", "", ""},
		{"below the repository's root is not looked above it", "a/b", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got string
			s := newSession(t, sampleStep("push", func(_ context.Context, _ *Env, in *sample) error { got = in.Text; return nil }))
			s.write("a/"+FileName, "some-text: x\n")
			if test.git != "" {
				s.write(test.git+"/.git", "gitdir: elsewhere\n") // as in a linked work tree
			}
			s.dir = filepath.Join(s.dir, "a", "b", "c")
			if err := os.MkdirAll(s.dir, 0o755); err != nil {
				t.Fatal(err)
			}
			s.must(OK)
			if got != test.want {
				t.Errorf("some-text is %q, not %q", got, test.want)
			}
		})
	}
}

func TestErrorsShowTheFilesPath(t *testing.T) {
	s := newSession(t, sampleStep("push", nil), sampleStep("wait", nil))
	s.write(FileName, "some-count: x\n")
	s.write(".git/HEAD", "")
	s.dir = filepath.Join(s.dir, "below")
	if err := os.Mkdir(s.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	_, errs := s.must(Misused, "push")
	contains(t, errs, filepath.Join("..", FileName)+":1:")
}

func TestFileThatIsAFolder(t *testing.T) {
	s := newSession(t, sampleStep("push", nil))
	if err := os.Mkdir(filepath.Join(s.dir, FileName), 0o755); err != nil {
		t.Fatal(err)
	}
	_, errs := s.must(Misused)
	contains(t, errs, FileName)
}

func FuzzRepositoryFile(f *testing.F) {
	for _, seed := range []string{"some-text: x\n", "push: {some-list: [a, *b]}\n", "a: &a [*a]\n", "? [x]\n: y\n", "<<: &m {some-text: x}\n", "some-list: &l [a, b]\nwait: {some-list: *l}\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, FileName), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		in := &sample{}
		from, err := repositoryFile(dir, "push", []Step{sampleStep("push", nil), sampleStep("wait", nil)})
		if err != nil {
			if !strings.HasPrefix(err.Error(), FileName) || ExitCode(err) != Misused {
				t.Errorf("%v does not name the file", err)
			}
			return
		}
		if from == nil {
			return
		}
		for _, field := range Fields(in) {
			value, origin := from(field)
			if value != "" && (field.NoFile || !strings.HasPrefix(string(origin), FileName+":")) {
				t.Errorf("%s is %q from %q", field.Name, value, origin)
			}
		}
	})
}
