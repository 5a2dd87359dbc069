package ci_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// Files that a system names and that cannot be written end the step with an
// error that names the variable; they change nothing of what is said.
func TestFilesThatCannotBeWritten(t *testing.T) {
	for _, test := range []struct{ system, variable string }{
		{"github", "GITHUB_OUTPUT"}, {"github", "GITHUB_STEP_SUMMARY"}, {"circleci", "BASH_ENV"},
		{"bitbucket", "BITBUCKET_PIPELINES_VARIABLES_PATH"}, {"azure", "AGENT_TEMPDIRECTORY"},
	} {
		for _, what := range []string{"a folder", "missing", "read-only", "not named"} {
			t.Run(test.variable+" is "+what, func(t *testing.T) {
				j := newJob(t, test.system)
				j.write("app/appspec.yml", page)
				j.write("app/page.html", "hello")
				path := filepath.Join(j.dir, "there")
				works := false
				switch what {
				case "a folder":
					works = test.variable == "AGENT_TEMPDIRECTORY"
					if err := os.Mkdir(path, 0o755); err != nil {
						t.Fatal(err)
					}
				case "missing":
					path = filepath.Join(j.dir, "no", "such", "file")
				case "read-only":
					if os.Geteuid() == 0 || test.variable == "AGENT_TEMPDIRECTORY" {
						t.Skip("root writes everywhere")
					}
					if err := os.WriteFile(path, nil, 0o444); err != nil {
						t.Fatal(err)
					}
				case "not named":
					path, works = "", true
				}
				j.env[test.variable] = path
				code := j.run("bundle", "app")
				if (code == step.OK) != works {
					t.Errorf("%d: %s", code, j.log())
				}
				if !works && !strings.Contains(j.err.String(), test.variable) {
					t.Errorf("it does not name %s: %s", test.variable, j.err.String())
				}
				if o := read(j.system.Name(), j.log()); len(o.other) > 0 {
					t.Errorf("%q", o.other)
				}
			})
		}
	}
}

// A file of outputs that cannot be: said before anything is done.
func TestFilesOfOutputsThatCannotBe(t *testing.T) {
	for _, input := range []string{"--outputs", "--dotenv"} {
		j := newJob(t, "gitlab")
		j.write("app/appspec.yml", page)
		j.write("app/page.html", "hello")
		for path, want := range map[string]string{"no/such/file": "its folder does not exist", ".": input} {
			j.err.Reset()
			if code := j.run("bundle", "app", input, path); code != step.Misused || !strings.Contains(j.err.String(), want) {
				t.Errorf("%s %s: %d %s", input, path, code, j.err.String())
			}
		}
		if found, _ := filepath.Glob(filepath.Join(j.dir, "*.zip")); len(found) > 0 {
			t.Errorf("%v was made", found)
		}
	}
}

// An unknown system, no home folder, and values without end.
func TestAnUnknownSystem(t *testing.T) {
	j := newJob(t, "unknown")
	j.write("app/appspec.yml", page)
	j.write("app/page.html", "hello")
	if code := j.run("bundle", "app", "--dotenv", "vars"); code != step.OK {
		t.Fatalf("%d: %s", code, j.log())
	}
	if o := read("", j.log()); len(o.other) > 0 {
		t.Errorf("%q", o.other)
	}
	if variables(j.file("vars"))["CODEDEPLOY_BUNDLE"] == "" {
		t.Errorf("%s", j.file("vars"))
	}
}

func TestNoHomeFolder(t *testing.T) {
	j := newJob(t, "circleci")
	delete(j.env, "HOME")
	if w := j.system.Workspace(); w != "" {
		t.Errorf("the workspace is %s", w)
	}
	j.write("app/appspec.yml", page)
	j.write("app/page.html", "hello")
	if code := j.run("validate", "app"); code != step.OK {
		t.Errorf("%d: %s", code, j.log())
	}
}

// Facts of a run are as long as whoever names a branch likes.
func TestHugeFacts(t *testing.T) {
	for _, name := range systems(t) {
		agent(t)
		j := newJob(t, name)
		for variable, value := range j.env {
			if !strings.Contains(value, j.dir) && value != "true" && value != "woodpecker" && variable != "TF_BUILD" {
				j.env[variable] = value + strings.Repeat("é\n::error::x ##vso[a]b", 5000)
			}
		}
		j.write("app/appspec.yml", page)
		j.write("app/page.html", "hello")
		if code := j.run("validate", "app", "--verbose"); code != step.OK {
			t.Errorf("%s: %d: %.300s", name, code, j.log())
		}
		if o := read(j.system.Name(), j.log()); len(o.other) > 0 || len(o.findings) > 0 {
			t.Errorf("%s: %.300q", name, o)
		}
	}
}

// The file of --dotenv is the job's artefact: values that an earlier step left
// and this one makes anew go at its start, lines of others stay.
func TestDotenvIsRewritten(t *testing.T) {
	j := newJob(t, "gitlab")
	j.write("app/appspec.yml", page)
	j.write("app/page.html", "hello")
	j.write("vars", "MINE=1\nCODEDEPLOY_BUNDLE=old.zip\nCODEDEPLOY_DEPLOYMENT_ID=d-OLD\n")
	if code := j.run("bundle", "app", "--dotenv", "vars"); code != step.OK {
		t.Fatalf("%d: %s", code, j.log())
	}
	got := variables(j.file("vars"))
	if got["MINE"] != "1" || got["CODEDEPLOY_BUNDLE"] == "old.zip" || got["CODEDEPLOY_DEPLOYMENT_ID"] != "d-OLD" || len(got["CODEDEPLOY_BUNDLE_DIGEST"]) < 32 {
		t.Errorf("%v", got)
	}
	if !strings.HasPrefix(j.file("vars"), "MINE=1\n") {
		t.Errorf("%s", j.file("vars"))
	}
	j.write("long", "X="+strings.Repeat("x", 5000)+"\n")
	if j.run("bundle", "app", "--dotenv", "long"); strings.Count(j.log(), "GitLab takes 5120") != 1 {
		t.Errorf("%s", j.log())
	}

}
