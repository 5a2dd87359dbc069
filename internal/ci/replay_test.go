package ci_test

import (
	"bytes"
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/ci"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/internal/steptest"
	"github.com/codedeploy-steps/codedeploy-steps/steps/engine"
)

// job is a run of a step in the environment that a system documents.
type job struct {
	t           *testing.T
	dir         string
	env         map[string]string
	system      ci.System
	stdout, err bytes.Buffer
}

// newJob reads testdata/<name>.env; $WORK is the job's folder.
func newJob(t *testing.T, name string) *job {
	t.Helper()
	j := &job{t: t, dir: t.TempDir(), env: map[string]string{}}
	text, err := os.ReadFile(filepath.Join("testdata", name+".env"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(line, "#") {
			j.env[name] = strings.ReplaceAll(value, "$WORK", j.dir)
		}
	}
	j.system = ci.Detect(j.getenv)
	return j
}

func (j *job) getenv(name string) string { return j.env[name] }

// systems are those whose environment is kept.
func systems(t *testing.T) []string {
	files, err := filepath.Glob(filepath.Join("testdata", "*.env"))
	if err != nil || len(files) != 14 {
		t.Fatal(files, err)
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(filepath.Base(f), ".env")
	}
	return files
}

func (j *job) run(args ...string) step.Code {
	return engine.Program().Run(context.Background(), step.Process{Args: args, Stdout: &j.stdout, Stderr: &j.err, Getenv: j.getenv, Dir: j.dir})
}

func (j *job) log() string { return j.stdout.String() + j.err.String() }

func (j *job) write(name, text string) {
	path := filepath.Join(j.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		j.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		j.t.Fatal(err)
	}
}

func (j *job) file(name string) string {
	text, err := os.ReadFile(filepath.Join(j.dir, name))
	if err != nil {
		j.t.Error(err)
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}

func TestFactsOfTheRun(t *testing.T) {
	const work = "$WORK"
	for name, want := range map[string]struct {
		name, workspace string
		build           ci.Build
	}{
		"github":     {"GitHub Actions", work, ci.Build{Repository: "acme/app", Commit: "ffac537e6cbbf934b08745a378932722df287a53", Ref: "main", Run: "1658821493", URL: "https://github.com/acme/app/actions/runs/1658821493", Actor: "octocat"}},
		"gitlab":     {"GitLab CI/CD", work, ci.Build{Repository: "acme/team/app", Commit: "1ecfd275763eff1d6b4844ea3168962458c9f27a", Ref: "main", Run: "1000", URL: "https://gitlab.example.com/acme/team/app/-/jobs/50", Actor: "jsmith"}},
		"woodpecker": {"Woodpecker CI", work, ci.Build{Repository: "john-doe/my-repo", Commit: "eba09b46064473a1d345da7abf28b477468e8dbd", Ref: "main", Run: "8", URL: "https://ci.example.com/repos/7/pipeline/8", Actor: "john-doe"}},
		"drone":      {"Drone", work, ci.Build{Repository: "octocat/hello-world", Commit: "bcdd4bf0245c82c060407b3b24b9b87301d15ac1", Ref: "v1.0.0", Run: "42", URL: "https://drone.company.com/octocat/hello-world/42", Actor: "octocat"}},
		"buildkite":  {"Buildkite", work, ci.Build{Repository: "acme-inc/my-project", Commit: "83a20ec058e2fb00e7fa4558c4c6e81e2dcf253d", Ref: "main", Run: "1514", URL: "https://buildkite.com/acme-inc/my-project/builds/1514", Actor: "Keith Pitt"}},
		"circleci":   {"CircleCI", filepath.Join("/home/circleci", "project"), ci.Build{Repository: "acme/app", Commit: "5f2b3d6e7a8c9d0e1f2a3b4c5d6e7f8091a2b3c4", Ref: "main", Run: "123", URL: "https://circleci.com/gh/acme/app/123", Actor: "octocat"}},
		"bitbucket":  {"Bitbucket Pipelines", work, ci.Build{Repository: "acme/app", Commit: "7f777ed95a19224294949e1b4ce56bbffcb1fe9f", Ref: "main", Run: "17", URL: "https://bitbucket.org/acme/app/pipelines/results/17", Actor: "{5b9a7b1c-5a5c-4b4e-9d0c-1c2d3e4f5a6b}"}},
		"azure":      {"Azure Pipelines", work, ci.Build{Repository: "acme/app", Commit: "da39a3ee5e6b4b0d3255bfef95601890afd80709", Ref: "feature/tools", Run: "12", URL: "https://dev.azure.com/acme/Web%20Shop/_build/results?buildId=12", Actor: "Ann Other"}},
		"travis":     {"Travis CI", work, ci.Build{Repository: "travis-ci/travis-build", Commit: "2f7a1c0e4b5d6f708192a3b4c5d6e7f8091a2b3c", Ref: "main", Run: "4", URL: "https://app.travis-ci.com/travis-ci/travis-build/jobs/267"}},
		"teamcity":   {"TeamCity", "", ci.Build{Commit: "c56149628b9f42a6b6b5d5f4a2e1d0c9b8a79685", Run: "31", URL: "https://teamcity.example.com/build/3100"}},
		"jenkins":    {"Jenkins", work, ci.Build{Repository: "acme/app", Commit: "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567", Ref: "main", Run: "12", URL: "https://jenkins.example.com/job/web/12/"}},
		"codebuild":  {"AWS CodeBuild", work, ci.Build{Repository: "acme/app", Commit: "8d7f3c1e2b4a5968778695a4b3c2d1e0f9182736", Run: "demo:b1e6661e-e4f2-4156-9ab9-82a19a2b3c4d", URL: "https://eu-west-1.console.aws.amazon.com/codesuite/codebuild/123456789012/projects/demo/build/demo:b1e6661e-e4f2-4156-9ab9-82a19a2b3c4d", Actor: "codepipeline/web"}},
		"unknown":    {"", "", ci.Build{}},
		"shell":      {"", "", ci.Build{}},
	} {
		j := newJob(t, name)
		if got := j.system.Workspace(); j.system.Name() != want.name || got != strings.ReplaceAll(want.workspace, work, j.dir) {
			t.Errorf("%s is %q in %q", name, j.system.Name(), got)
		}
		if got := j.system.Build(); got != want.build {
			t.Errorf("%s: %+v", name, got)
		}
		if j.system.IsCI() != (name != "shell") {
			t.Errorf("%s: CI %v", name, j.system.IsCI())
		}
	}
}

// Where two systems' variables are there, the inner one's log it is.
func TestTwoSystemsAtOnce(t *testing.T) {
	order := []string{"github", "gitlab", "woodpecker", "drone", "buildkite", "circleci", "bitbucket", "azure", "travis", "teamcity", "jenkins", "codebuild", "unknown"}
	for i, inner := range order {
		for _, outer := range order[i+1:] {
			in, out := newJob(t, inner), newJob(t, outer)
			both := maps.Clone(out.env)
			maps.Copy(both, in.env)
			for range 3 {
				if got := ci.Detect(func(name string) string { return both[name] }).Name(); got != in.system.Name() {
					t.Errorf("%s in %s is %q", inner, outer, got)
				}
			}
		}
	}
}

// agent puts a buildkite-agent on the PATH that notes what it is told.
func agent(t *testing.T) string {
	dir := t.TempDir()
	if runtime.GOOS == "windows" {
		return dir
	}
	script := `#!/bin/sh
n=$(ls "` + dir + `" | wc -l)
{ for a in "$@"; do printf '%s\n' "$a"; done; printf 'INPUT\n'; cat; } >"` + dir + `/call-$n"
`
	if err := os.WriteFile(filepath.Join(dir, "buildkite-agent"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return dir
}

// told is what the agent was told: arguments, and what it read.
func told(t *testing.T, dir string) (calls [][2]string) {
	files, _ := filepath.Glob(filepath.Join(dir, "call-*"))
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		args, input, _ := strings.Cut(string(text), "INPUT\n")
		calls = append(calls, [2]string{strings.Join(strings.Fields(args), " "), input})
	}
	return calls
}

const page = "version: 0.0\nos: linux\nfiles:\n  - {source: page.html, destination: /srv/app}\n"

// A whole release, in each system: its groups open and close, its outputs come
// out by one rule, and nothing else is obeyed.
func TestAReleaseInEachSystem(t *testing.T) {
	for _, name := range systems(t) {
		t.Run(name, func(t *testing.T) {
			asked := agent(t)
			j := newJob(t, name)
			j.write("app/appspec.yml", page)
			j.write("app/page.html", "hello")
			t.Cleanup(func() { steptest.StopEngine(filepath.Join(j.dir, ".codedeploy-steps")) })
			if code := j.run("release", "--endpoint", "local", "--instance-kind", "directory", "--dotenv", "deploy.env", "app"); code != step.OK {
				t.Fatalf("%d\n%s", code, j.log())
			}
			system := j.system.Name()
			o := read(system, j.log())
			if len(o.other) > 0 || slices.ContainsFunc(o.findings, func(f finding) bool { return f.kind != "warning" }) {
				t.Errorf("obeyed: %q %+v\n%s", o.other, o.findings, j.log())
			}
			if grouped := readers[system] != nil; grouped != slices.ContainsFunc(o.opened, func(g string) bool { return strings.Contains(g, "deploy") }) {
				t.Errorf("groups %q", o.opened)
			}
			if system != "Buildkite" && len(o.opened) != len(o.closed) {
				t.Errorf("opened %q, closed %q", o.opened, o.closed)
			}

			want := variables(j.file("deploy.env"))
			if want["CODEDEPLOY_STATUS"] != "Succeeded" || want["CODEDEPLOY_DEPLOYMENT_GROUP"] != "local" || !strings.HasPrefix(want["CODEDEPLOY_DEPLOYMENT_ID"], "d-") || want["CODEDEPLOY_UNCHANGED"] != "false" {
				t.Errorf("%v", want)
			}
			var got map[string]string
			switch system {
			case "GitHub Actions":
				got = map[string]string{}
				for _, m := range regexp.MustCompile(`(?m)^([a-z-]+)<<(\S+)\n(.*)\n(\S+)$`).FindAllStringSubmatch(j.file("output"), -1) {
					if m[2] == m[4] {
						got[ci.Variable(m[1])] = m[3]
					}
				}
				if !strings.Contains(j.file("summary"), ": Succeeded") {
					t.Errorf("%s", j.file("summary"))
				}
			case "Azure Pipelines":
				got = o.outputs
				if len(o.files) != 1 || !strings.Contains(j.file(filepath.Base(o.files[0])), ": Succeeded") {
					t.Errorf("summary %q", o.files)
				}
			case "TeamCity":
				got = o.outputs
			case "Bitbucket Pipelines":
				got = variables(j.file("variables"))
			case "CircleCI":
				got = sourced(t, j.file("bash_env"), want)
			case "Buildkite":
				if runtime.GOOS == "windows" {
					return
				}
				got = map[string]string{}
				annotated := false
				for _, call := range told(t, asked) {
					if name, ok := strings.CutPrefix(call[0], "meta-data set "); ok {
						got[name] = call[1]
					} else if call[0] == "annotate --style success --append --context codedeploy-steps-e44f9784-e20e-4b93-a21d-f41fd5869db9" {
						annotated = strings.Contains(call[1], ": Succeeded")
					} else {
						t.Errorf("the agent is asked %q", call[0])
					}
				}
				if !annotated {
					t.Error("there is no annotation")
				}
			default:
				return // the file is all that it takes
			}
			if !maps.Equal(got, want) {
				t.Errorf("outputs %v\nnot %v", got, want)
			}
		})
	}
}

// variables reads NAME=value lines as GitLab does.
func variables(text string) map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		all[name] = value
	}
	return all
}

// sourced has a shell read a script and tell the variables.
func sourced(t *testing.T, script string, names map[string]string) map[string]string {
	sh, err := exec.LookPath("sh")
	if err != nil {
		return names
	}
	all := map[string]string{}
	for name := range names {
		out, err := exec.Command(sh, "-c", script+"\nprintf %s \"$"+name+"\"").Output()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		all[name] = string(out)
	}
	return all
}

// A file with faults, in each system: findings stand at their place where the
// system can show them, and the failure is told once.
func TestFindingsInEachSystem(t *testing.T) {
	for _, name := range systems(t) {
		t.Run(name, func(t *testing.T) {
			agent(t)
			j := newJob(t, name)
			j.write("app/appspec.yml", strings.Replace(page, "page.html", `"100%;,[x]|'é.html"`, 1))
			if code := j.run("validate", "app"); code != step.Failed {
				t.Fatalf("%d\n%s", code, j.log())
			}
			o := read(j.system.Name(), j.log())
			if len(o.other) > 0 {
				t.Errorf("obeyed: %q\n%s", o.other, j.log())
			}
			switch j.system.Name() {
			case "GitHub Actions", "Azure Pipelines", "TeamCity":
				if len(o.findings) != 1 {
					t.Fatalf("%+v\n%s", o.findings, j.log())
				}
				if f := o.findings[0]; f.kind != "error" || f.file != "app/appspec.yml" || f.line != "4" || f.title == "" || !strings.Contains(f.text, "100%;,[x]|'") || !strings.Contains(f.text, "é.html") {
					t.Errorf("%+v", f)
				}
			default:
				if len(o.findings) != 0 || !strings.Contains(j.log(), "app/appspec.yml:4:") {
					t.Errorf("%+v\n%s", o.findings, j.log())
				}
			}
		})
	}
}
