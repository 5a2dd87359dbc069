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
	"time"

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
	if testing.Short() {
		t.Skip("starts a runner of pipelines")
	}
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

}

// Two releases on the engine, then the jobs by hand: back to the first one, and
// a stop that finds nothing running.
func TestGitLabJobsByHand(t *testing.T) {
	t.Parallel()
	dir := gitlabProject(t, "include:\n  - component: $CI_SERVER_FQDN/codedeploy-steps/codedeploy-steps/pipeline@v1\n"+
		"    inputs: { source: app, jobs: web, application: app, deployment-group: web, endpoint: local, instance-kind: directory }\n")
	t.Cleanup(func() { steptest.StopEngine(filepath.Join(dir, ".codedeploy-steps")) })
	for i, run := range []struct{ job, want string }{
		{"web-release", `web-release +> deploy +ok +d-[A-Z0-9]{9} Succeeded`},
		{"web-release", `web-release +> deploy +ok +d-[A-Z0-9]{9} Succeeded`},
		{"web-rollback", `web-rollback +> rollback +ok +d-[A-Z0-9]{9} Succeeded.*back on s3://`},
		{"web-stop", `web-stop +> stop +same +app/web has no deployment running`},
	} {
		if i == 1 {
			put(t, filepath.Join(dir, "app", "more.txt"), "another revision\n")
		}
		text, err := gitlabRun(t, dir, append(inShell, "--json-schema-validation=false", run.job)...)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		wantAll(t, text, run.want)
	}
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
	// gitlab-ci-local tells a job with an image its folder in the container, in a shell too.
	at := filepath.Join(dir, ".gitlab-ci-local", "builds", "codedeploy-validate")
	text, err := gitlabRun(t, dir, append(inShell, "--shell-isolation", "--variable", "CI_PROJECT_DIR="+at)...)
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
		"      endpoint: local\n      application: $CI_COMMIT_BRANCH\n      s3-prefix: '"+quotedText+"'\n")
	text, err := gitlabRun(t, dir, inShell...)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if fileExists(filepath.Join(dir, "pwned")) {
		t.Errorf("an input was run:\n%s", text)
	}
	if want := "would go to s3://codedeploy-steps/" + strings.Replace(hostile, "$$", "$", 1) + "/main/"; !strings.Contains(text, want) {
		t.Errorf("it does not show %s:\n%s", want, text)
	}
}

// Cancelled as gitlab-runner's Docker executor does it (ContainerSigTermScriptForLinux
// in its package shells): SIGTERM to each process but the first, the youngest first,
// with up to 5 s for each. The first is the shell that the runner gave its script to.
func TestGitLabCancel(t *testing.T) {
	needSandbox(t)
	image := needImage(t)
	s := newSession(t)
	r := s.serve("--instances", "1")
	s.revision("app", "1", nil)
	s.run(0, "release", "--endpoint", "local", "app") // makes the application and its group
	s.revision("app", "2", map[string]string{"ApplicationStart": "sleep 8"})
	args := []string{"run", "-d", "--network", "host", "-v", s.dir + ":/w", "-w", "/w", "--entrypoint", "sh"}
	for _, v := range []string{"GITLAB_CI=true", "INPUT_SOURCE=app", "INPUT_APPLICATION=app", "INPUT_DEPLOYMENT_GROUP=local", "INPUT_S3_BUCKET=codedeploy-steps",
		"INPUT_OUTPUTS=out.env", "INPUT_ENDPOINT=" + r.Endpoint, "INPUT_REGION=" + r.Region, "AWS_ACCESS_KEY_ID=" + r.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + r.SecretAccessKey} {
		args = append(args, "-e", v)
	}
	id := strings.TrimSpace(docker(t, append(args, image, "-c", "printf 'set -e\n: | eval codedeploy-steps\\ release\nexit 0\n' | sh")...))
	t.Cleanup(func() { exec.Command("docker", "rm", "-f", id).Run() })
	for began := time.Now(); !strings.Contains(docker(t, "logs", id), "AfterInstall       Succeeded"); time.Sleep(50 * time.Millisecond) {
		if time.Since(began) > time.Minute {
			t.Fatalf("the hook does not come:\n%s", docker(t, "logs", id))
		}
	}
	exec.Command("docker", "exec", id, "sh", "-c", `for p in $(ls /proc | grep '^[0-9]' | sort -rn); do
		[ $p -eq 1 ] || [ $p -eq $$ ] || ! kill -TERM $p 2>/dev/null || for n in 1 2 3 4 5; do [ ! -e /proc/$p ] || sleep 1; done
	done`).Run() // ends when the container does
	text := docker(t, "logs", id)
	if !contains(text, "is being stopped") {
		t.Errorf("it does not say that the deployment is being stopped:\n%s", text)
	}
	if text := s.run(1, "wait", "--endpoint", "local", "--deployment-id", s.outputs("out.env")["deployment-id"]); !contains(text, "Stopped") {
		t.Errorf("the deployment was not stopped:\n%s", text)
	}
}
