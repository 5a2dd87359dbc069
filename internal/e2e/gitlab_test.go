//go:build linux

package e2e

import (
	"encoding/json"
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/steptest"
)

// gitlabProject makes a project as it lies in a GitLab, with this repository's
// components in it. The sample revision is its folder app.
func gitlabProject(t *testing.T, pipeline string) string {
	t.Helper()
	root, err := steptest.Root()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for to, from := range map[string]string{"templates": "templates", "app": "testdata/revisions/web"} {
		if err := os.CopyFS(filepath.Join(dir, to), os.DirFS(filepath.Join(root, from))); err != nil {
			t.Fatal(err)
		}
	}
	// A component of the project itself, at its own commit.
	put(t, filepath.Join(dir, ".gitlab-ci.yml"), strings.ReplaceAll(pipeline, "@v1\n", "@$CI_COMMIT_SHA\n"))
	put(t, filepath.Join(dir, ".gitignore"), ".gitlab-ci-local\n.codedeploy-steps\n")
	repository(t, dir)
	for _, args := range [][]string{{"branch", "-M", "main"}, {"remote", "add", "origin", "git@gitlab.example.com:codedeploy-steps/codedeploy-steps.git"}} {
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	return dir
}

// gitlabRun runs a project's pipeline, or the named jobs of it, on this machine.
func gitlabRun(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	root, err := steptest.Root()
	if err != nil {
		t.Fatal(err)
	}
	runner := filepath.Join(root, "internal", "e2e", "testdata", "gitlab", "node_modules", ".bin", "gitlab-ci-local")
	if _, err := os.Stat(runner); err != nil {
		skipOrFail(t, "gitlab", "no gitlab-ci-local; run: npm ci --prefix internal/e2e/testdata/gitlab")
	}
	if _, err := exec.LookPath("rsync"); err != nil {
		skipOrFail(t, "gitlab", err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	put(t, filepath.Join(bin, "codedeploy-steps"), "#!/bin/sh\n"+asProgram+"=1 exec '"+exe+"' \"$@\"\n")
	if err := os.Chmod(filepath.Join(bin, "codedeploy-steps"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(runner, append([]string{"--variable", "GITLAB_CI=true"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "PATH="+bin+":"+os.Getenv("PATH"), "AWS_EC2_METADATA_DISABLED=true")
	out, err := cmd.CombinedOutput()
	return regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(string(out), ""), err
}

// gitlabStarts are the examples of docs/gitlab.md by their names.
func gitlabStarts(t *testing.T) map[string]string {
	t.Helper()
	root, err := steptest.Root()
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "gitlab.md"))
	if err != nil {
		t.Fatal(err)
	}
	starts := map[string]string{}
	for _, m := range regexp.MustCompile("(?s)<!-- test: ([a-z-]+) -->\n+```yaml\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		starts[m[1]] = m[2]
	}
	if len(starts) != 4 {
		t.Fatalf("docs/gitlab.md has %d examples that are tested, not 4", len(starts))
	}
	return starts
}

func wantAll(t *testing.T, text string, patterns ...string) {
	t.Helper()
	for _, want := range patterns {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("it does not show %s:\n%s", want, text)
		}
	}
}

var inShell = []string{"--force-shell-executor"}

// The first example runs in the image, as a runner's Docker executor has it:
// a release on the engine, and what it left for a job after it.
func TestGitLabLocal(t *testing.T) {
	t.Parallel()
	start := gitlabStarts(t)["local"]
	if lines := strings.Count(start, "\n"); lines > 10 {
		t.Errorf("it has %d lines", lines)
	}
	image := needImage(t)
	if err := exec.Command("docker", "image", "inspect", "gitlab-helper:local").Run(); err != nil {
		skipOrFail(t, "gitlab", "no image gitlab-helper:local; .ci/images act makes it")
	}
	dir := gitlabProject(t, start+"      image: "+image+"\nafter:\n  stage: .post\n  script:\n"+
		"    - echo \"$CODEDEPLOY_DEPLOYMENT_ID is $CODEDEPLOY_STATUS\"\n    - cat codedeploy-reports/junit.xml\n")
	text, err := gitlabRun(t, dir, "--helper-image", "gitlab-helper:local", "--network", "none", "--pull-policy", "if-not-present", "--shell-isolation")
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	wantAll(t, text, `1 of kind host`, `ValidateService +Succeeded`, `after +> d-[A-Z0-9]{9} is Succeeded`, `after +> .*<testcase [^>]*ValidateService`,
		"section_start:[0-9]+:codedeploy_deploy_[0-9]+\r", "section_end:[0-9]+:codedeploy_deploy_[0-9]+\r")
}

// The pipeline: the check, then the release; jobs by hand are left alone.
func TestGitLabPipeline(t *testing.T) {
	t.Parallel()
	dir := gitlabProject(t, gitlabStarts(t)["aws"])
	text, err := gitlabRun(t, dir, append(inShell, "--shell-isolation", "--variable", "CODEDEPLOY_STEPS_DRY_RUN=true")...) // no account here
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	wantAll(t, text, `codedeploy-release +> deploy +ok +would deploy web to production`, `PASS +codedeploy-validate`, `PASS +codedeploy-release`)
	if regexp.MustCompile(`codedeploy-(rollback|stop) +starting`).MatchString(text) {
		t.Errorf("a job by hand ran by itself:\n%s", text)
	}

	// On the engine, and by hand: one good revision is all that there is to go back to.
	local := append(inShell, "--variable", "CODEDEPLOY_STEPS_ENDPOINT=local", "--variable", "CODEDEPLOY_STEPS_INSTANCE_KIND=directory")
	t.Cleanup(func() { steptest.StopEngine(filepath.Join(dir, ".codedeploy-steps")) })
	if text, err = gitlabRun(t, dir, append(local, "codedeploy-release")...); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	wantAll(t, text, `deploy +ok +d-[A-Z0-9]{9} Succeeded`)
	text, err = gitlabRun(t, dir, append(local, "codedeploy-stop")...)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	wantAll(t, text, `stop +ok`)
	text, _ = gitlabRun(t, dir, append(local, "codedeploy-rollback")...)
	wantAll(t, text, `rollback`)
}

// Outputs of one job are inputs of the next.
func TestGitLabSteps(t *testing.T) {
	t.Parallel()
	dir := gitlabProject(t, gitlabStarts(t)["steps"])
	t.Cleanup(func() { steptest.StopEngine(filepath.Join(dir, ".codedeploy-steps")) })
	text, err := gitlabRun(t, dir, append(inShell, "--variable", "CODEDEPLOY_STEPS_ENDPOINT=local", "--variable", "CODEDEPLOY_STEPS_INSTANCE_KIND=directory")...)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	wantAll(t, text, `codedeploy-push +> push +ok +s3://my-releases/`, `codedeploy-deploy +> deploy +ok`, `notify +> d-[A-Z0-9]{9} is Succeeded`)
}

// A finding fails the job, and the job after it reads both reports.
func TestGitLabReports(t *testing.T) {
	t.Parallel()
	dir := gitlabProject(t, gitlabStarts(t)["reports"])
	put(t, filepath.Join(dir, "app", "appspec.yml"), "version: 0.0\nos: linux\nfiles:\n  - source: missing\n    destination: /srv\n")
	cmd := exec.Command("git", "-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "-qam", "wrong")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := gitlabRun(t, dir, append(inShell, "--shell-isolation")...)
	if err == nil {
		t.Errorf("the pipeline passes:\n%s", text)
	}
	wantAll(t, text, `FAIL +codedeploy-validate`, `PASS +look`, `look +> .*"path": ?"app/appspec.yml"`, `look +> .*<failure `)
	reports := filepath.Join(dir, ".gitlab-ci-local", "artifacts", "codedeploy-validate", "codedeploy-reports")
	var findings []struct {
		Fingerprint, Severity string
		Location              struct {
			Path  string
			Lines struct{ Begin int }
		}
	}
	var suites struct {
		Failures int `xml:"failures,attr"`
	}
	for name, read := range map[string]func([]byte) error{
		"codequality.json": func(b []byte) error { return json.Unmarshal(b, &findings) },
		"junit.xml":        func(b []byte) error { return xml.Unmarshal(b, &suites) },
	} {
		b, err := os.ReadFile(filepath.Join(reports, name))
		if err == nil {
			err = read(b)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(findings) != 1 || findings[0].Location.Path != "app/appspec.yml" || findings[0].Location.Lines.Begin != 4 || findings[0].Fingerprint == "" {
		t.Errorf("the findings are %+v", findings)
	}
	if suites.Failures != 1 {
		t.Errorf("JUnit counts %d failures", suites.Failures)
	}
}

// Inputs are data: nothing of them is run, a variable is what GitLab makes of it.
func TestGitLabHostileInput(t *testing.T) {
	t.Parallel()
	const hostile = `it's "x" $(touch pwned) ` + "`touch pwned`" + `; touch pwned & %0A::set-output $$HOME \n ☃`
	quotedText := strings.ReplaceAll(hostile, "'", "''")
	dir := gitlabProject(t, "include:\n  - component: $CI_SERVER_FQDN/codedeploy-steps/codedeploy-steps/push@v1\n    inputs:\n      source: app\n      dry-run: 'true'\n"+
		"      endpoint: local\n      application: '"+quotedText+"'\n      s3-prefix: $CI_COMMIT_BRANCH/\n")
	text, err := gitlabRun(t, dir, inShell...)
	t.Cleanup(func() { steptest.StopEngine(filepath.Join(dir, ".codedeploy-steps")) })
	if _, there := os.Stat(filepath.Join(dir, "pwned")); there == nil {
		t.Fatalf("an input was run:\n%s", text)
	}
	t.Log(err, text)
}

// Cancelled as gitlab-runner's Docker executor does it (shells/bash.go there):
// SIGTERM to each process but the first, the youngest first, with up to 5 s for
// each. The shell that the runner started is the first process.
func TestGitLabCancel(t *testing.T) {
	image := needImage(t)
	s := newSession(t)
	s.revision("app", "1", map[string]string{"ApplicationStart": "touch /w/begun; sleep 300"})
	id := strings.TrimSpace(docker(t, "run", "-d", "--network", "none", "-v", s.dir+":/w", "-w", "/w", "-e", "GITLAB_CI=true", "-e", "INPUT_ENDPOINT=local",
		"-e", "INPUT_SOURCE=app", "-e", "INPUT_INSTANCE_KIND=host", "-e", "INPUT_OUTPUTS=out.env", "--entrypoint", "sh", image,
		"-c", "printf 'set -e\n: | eval codedeploy-steps\\ release\nexit 0\n' | sh"))
	t.Cleanup(func() { exec.Command("docker", "rm", "-f", id).Run() })
	s.exists(filepath.Join(s.dir, "begun"))
	cancel := exec.Command("docker", "exec", id, "sh", "-c", `for p in $(ls /proc | grep '^[0-9]' | sort -rn); do
		[ $p -eq 1 ] || [ $p -eq $$ ] || ! kill -TERM $p 2>/dev/null || for n in 1 2 3 4 5; do [ -e /proc/$p ] && sleep 1; done
	done`)
	out, _ := cancel.CombinedOutput() // it may end with the container
	text := docker(t, "logs", id)
	if got := s.outputs("out.env"); got["status"] != "Stopped" || got["deployment-id"] == "" {
		t.Errorf("the outputs are %v\n%s\n%s", got, text, out)
	}
}
