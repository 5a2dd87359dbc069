package revision

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/bundle"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// inputs is a step that opens a revision and does what do says.
type inputs struct {
	step.Common
	Inputs
	do func(env *step.Env, in Inputs) error
}

func (in *inputs) Run(_ context.Context, env *step.Env) error { return in.do(env, in.Inputs) }

// world is a folder with a step in it.
type world struct {
	t   *testing.T
	dir string
	env map[string]string
}

func newWorld(t *testing.T, files ...string) *world {
	w := &world{t: t, dir: t.TempDir(), env: map[string]string{}}
	for _, f := range files {
		name, text, _ := strings.Cut(f, "|")
		w.write(name, text)
	}
	return w
}

func (w *world) write(name, text string) {
	w.t.Helper()
	path := filepath.Join(w.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		w.t.Fatal(err)
	}
}

// pack makes an archive of a folder of the world.
func (w *world) pack(name, folder string, typ bundle.Type) {
	w.t.Helper()
	tree, err := bundle.Scan(context.Background(), filepath.Join(w.dir, folder), bundle.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	var b bytes.Buffer
	if err := bundle.Write(context.Background(), &b, tree, typ); err != nil {
		w.t.Fatal(err)
	}
	w.write(name, b.String())
}

// run runs the step and gives its exit code, the diagnostics and the error's text.
func (w *world) run(do func(env *step.Env, in Inputs) error, args ...string) (code step.Code, found []map[string]any, failure string) {
	w.t.Helper()
	var out bytes.Buffer
	p := step.Alone(step.Step{Name: "look", New: func() step.Inputs { return &inputs{do: do} }})
	code = p.Run(context.Background(), step.Process{Args: append(args, "--format=json"), Stdout: &out, Stderr: io.Discard,
		Getenv: func(name string) string { return w.env[name] }, Dir: w.dir})
	for line := range strings.Lines(out.String()) {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			w.t.Fatalf("%v: %s", err, line)
		}
		switch v["event"] {
		case "diagnostic":
			found = append(found, v)
		case "error":
			failure, _ = v["message"].(string)
			if remedy, ok := v["remedy"].(string); ok {
				failure += "\n" + remedy
			}
		}
	}
	return code, found, failure
}

func check(env *step.Env, in Inputs) error {
	r, err := Open(env, in)
	if err != nil {
		return err
	}
	_, err = r.Check(env)
	return err
}

const (
	good   = "version: 0.0\nos: linux\nfiles:\n  - {source: page.html, destination: /srv}\n"
	broken = "version: 0.0\nos: linux\nfiles:\n  - {source: nothing.html, destination: /srv}\n"
)

func TestFolder(t *testing.T) {
	for _, source := range []string{"app", "./app/", "app/../app"} {
		w := newWorld(t, "app/appspec.yml|"+good, "app/page.html|hello")
		code, found, failure := w.run(func(env *step.Env, in Inputs) error {
			r, err := Open(env, in)
			if err != nil {
				return err
			}
			if r.Shown != "app" || r.Path != filepath.Join(w.dir, "app") || r.Archive != "" || r.AppSpec != "" {
				t.Errorf("%+v", r)
			}
			if f, size := r.File(); f != nil || size != 0 {
				t.Errorf("a folder has the file %v of %d bytes", f, size)
			}
			spec, err := r.Check(env)
			if err == nil && (len(spec.Files) != 1 || r.Place(env) != "app/appspec.yml") {
				t.Errorf("%+v at %s", spec, r.Place(env))
			}
			return err
		}, source)
		if code != step.OK || len(found) != 0 {
			t.Errorf("%s: %d %v %s", source, code, found, failure)
		}
	}
}

func TestArchives(t *testing.T) {
	for _, typ := range []bundle.Type{bundle.Zip, bundle.Tar, bundle.TGZ} {
		for _, folder := range []string{"app", "above"} { // the agent takes a single top folder away
			w := newWorld(t, "app/appspec.yml|"+good, "app/page.html|hello", "above/top/appspec.yml|"+good, "above/top/page.html|hello")
			w.pack("archive", folder, typ) // its name tells no type
			var file *os.File
			code, found, failure := w.run(func(env *step.Env, in Inputs) error {
				r, err := Open(env, in)
				if err != nil {
					return err
				}
				if r.Archive != typ || r.Shown != "archive" {
					t.Errorf("%+v", r)
				}
				f, size := r.File()
				if info, err := f.Stat(); err != nil || info.Size() != size || size == 0 {
					t.Errorf("%d bytes, %v", size, err)
				}
				file = f
				_, err = r.Check(env)
				if got := r.Place(env); got != "archive!appspec.yml" {
					t.Errorf("the AppSpec is %s", got)
				}
				return err
			}, "archive")
			if code != step.OK || len(found) != 0 {
				t.Errorf("%s of %s: %d %v %s", typ, folder, code, found, failure)
			}
			if err := file.Close(); !errors.Is(err, os.ErrClosed) {
				t.Errorf("the archive is still open: %v", err)
			}
		}
	}
}

func TestDiagnosticsNameTheFileAsTheUserKnowsIt(t *testing.T) {
	w := newWorld(t, "app/appspec.yml|"+broken, "elsewhere/prod.yml|"+broken, "plain/page.html|x")
	w.pack("app.zip", "app", bundle.Zip)
	abs := filepath.Join(w.dir, "elsewhere", "prod.yml")
	for _, test := range []struct{ args, file string }{
		{"app", "app/appspec.yml"},
		{"app.zip", "app.zip!appspec.yml"},
		{"plain --appspec elsewhere/prod.yml", "elsewhere/prod.yml"},
		{"plain --appspec " + abs, "elsewhere/prod.yml"},
	} {
		code, found, failure := w.run(check, strings.Fields(test.args)...)
		if code != step.Failed || len(found) != 1 || found[0]["file"] != test.file || found[0]["line"] != 4.0 || found[0]["severity"] != "error" || found[0]["snippet"] == "" {
			t.Errorf("%s: %d %v", test.args, code, found)
		}
		if failure != test.file+": 1 error" {
			t.Errorf("%s: %s", test.args, failure)
		}
	}
	// The workspace is what paths are relative to, wherever the step runs.
	w.env["GITHUB_ACTIONS"], w.env["GITHUB_WORKSPACE"] = "true", filepath.Dir(w.dir)
	if _, found, _ := w.run(check, "app"); len(found) != 1 || found[0]["file"] != filepath.Base(w.dir)+"/app/appspec.yml" {
		t.Errorf("%v", found)
	}
}

func TestAppSpecFromElsewhere(t *testing.T) {
	w := newWorld(t, "app/page.html|x", "app/appspec.yml|"+broken, "app/deploy/prod.yml|"+good, "prod.yml|"+broken)
	// In the working folder first, then inside the source.
	if code, found, failure := w.run(check, "app", "--appspec", "deploy/prod.yml"); code != step.OK {
		t.Errorf("%d %v %s", code, found, failure)
	}
	if code, found, _ := w.run(check, "app", "--appspec", "prod.yml"); code != step.Failed || len(found) != 1 || found[0]["file"] != "prod.yml" {
		t.Errorf("%d %v", code, found)
	}
	if code, _, failure := w.run(check, "app", "--appspec", "app/deploy"); code != step.Misused || !strings.Contains(failure, "--appspec app/deploy: not a file") {
		t.Errorf("%d %s", code, failure)
	}
	w.pack("app.zip", "app", bundle.Zip)
	if code, _, failure := w.run(check, "app.zip", "--appspec", "prod.yml"); code != step.Misused || !strings.Contains(failure, "its own AppSpec counts") {
		t.Errorf("%d %s", code, failure)
	}
}

func TestWhatIsNoRevision(t *testing.T) {
	w := newWorld(t, "text.txt|just words", "empty.zip|", "app/page.html|x", "truncated.zip|PK\x03\x04")
	for args, want := range map[string]struct {
		code step.Code
		says string
	}{
		"nothing":                           {step.Misused, "--source nothing: no such file"},
		"text.txt/x":                        {step.Misused, "--source text.txt/x: "},
		"app --appspec nothing.yml":         {step.Misused, "--appspec nothing.yml: no such file"},
		"text.txt":                          {step.Misused, "text.txt is a file, but not an archive that CodeDeploy takes"},
		"empty.zip":                         {step.Misused, "Give a folder, or a zip, tar or tgz file."},
		"truncated.zip":                     {step.Misused, "not an archive"},
		"app":                               {step.Failed, "1 error"},
		"nothing --appspec app/appspec.yml": {step.Misused, "--source nothing"},
	} {
		code, _, failure := w.run(check, strings.Fields(args)...)
		if code != want.code || !strings.Contains(failure, want.says) {
			t.Errorf("%s: %d %s", args, code, failure)
		}
	}
	if _, err := os.Stat("/dev/null"); err == nil {
		if code, _, failure := w.run(check, "/dev/null"); code != step.Misused || !strings.Contains(failure, "neither a folder nor a file") {
			t.Errorf("%d %s", code, failure)
		}
	}
}

func TestWhatAContainerActionCannotSee(t *testing.T) {
	w := newWorld(t)
	for _, test := range []struct {
		env  []string
		args string
		says string
	}{
		{nil, "missing", "looked for from " + w.dir},
		{[]string{"GITHUB_ACTIONS=true", "GITHUB_WORKSPACE=/home/runner/work/x/x"}, "/srv/missing", "looked for from"},
		{[]string{"GITHUB_ACTIONS=true", "GITHUB_WORKSPACE=/github/workspace"}, "/srv/missing", "A container action sees only the workspace (/github/workspace)"},
		{[]string{"GITHUB_ACTIONS=true", "GITHUB_WORKSPACE=/github/workspace"}, ". --appspec /home/runner/x.yml", "sees only the workspace"},
		{[]string{"GITHUB_ACTIONS=true", "GITHUB_WORKSPACE=/github/workspace"}, "/github/workspace/missing", "actions/checkout"},
		{[]string{"GITHUB_WORKSPACE=/github/workspace"}, "/srv/missing", "looked for from"},
	} {
		w.env = map[string]string{}
		for _, pair := range test.env {
			name, value, _ := strings.Cut(pair, "=")
			w.env[name] = value
		}
		code, _, failure := w.run(check, strings.Fields(test.args)...)
		if code != step.Misused || !strings.Contains(failure, test.says) {
			t.Errorf("%v %s: %d %s", test.env, test.args, code, failure)
		}
	}
}

func TestARevisionIsOpenedAndCheckedOnce(t *testing.T) {
	w := newWorld(t, "app/appspec.yml|"+broken, "other/appspec.yml|"+broken)
	code, found, _ := w.run(func(env *step.Env, in Inputs) error {
		r, err := Open(env, in)
		if err != nil {
			return err
		}
		again, err := Open(env, in)
		if err != nil || again != r {
			t.Errorf("opened twice: %v", err)
		}
		if other, err := Open(env, Inputs{Source: "other"}); err != nil || other == r {
			t.Errorf("another source is the same revision: %v", err)
		}
		_, first := r.Check(env)
		_, second := again.Check(env)
		if first == nil || !reflect.DeepEqual(first, second) {
			t.Errorf("%v, then %v", first, second)
		}
		return second
	}, "app")
	if code != step.Failed || len(found) != 1 {
		t.Errorf("%d: %d diagnostics", code, len(found))
	}
}

func TestWarningsAreNoError(t *testing.T) {
	w := newWorld(t, "app/page.html|x", "app/appspec.yml|"+good+"hooks:\n  AfterInstall:\n    - location: page.html\n      timeout: 3600\n      runas: root\nmore: x\n")
	code, found, failure := w.run(check, "app")
	for _, d := range found {
		if d["severity"] == "error" && code == step.OK {
			t.Errorf("%v", d)
		}
	}
	if len(found) == 0 {
		t.Errorf("nothing is odd about it? %d %s", code, failure)
	}
}

func TestCount(t *testing.T) {
	for want, pairs := range map[string][]any{
		"":                    {0, "error", 0, "warning"},
		"1 error":             {1, "error", 0, "warning"},
		"2 errors, 1 warning": {2, "error", 1, "warning"},
		"3 warnings":          {0, "error", 3, "warning"},
	} {
		if got := Count(pairs...); got != want {
			t.Errorf("%v is %q, not %q", pairs, got, want)
		}
	}
}
