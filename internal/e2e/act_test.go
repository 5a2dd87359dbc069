//go:build linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/steptest"
)

// checkout makes a copy of this repository as a release has it: its actions
// run an image that is there. It is a git repository, as act wants one.
func checkout(t *testing.T, image string) string {
	t.Helper()
	root, err := steptest.Root()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{".github/workflows", "testdata/revisions/web"} {
		if err := os.CopyFS(filepath.Join(dir, name), os.DirFS(filepath.Join(root, name))); err != nil {
			t.Fatal(err)
		}
	}
	line := regexp.MustCompile(`(?m)^  image: .*$`)
	for _, pattern := range []string{"action.yml", "steps/*/action.yml", "steps/*/*/action.yml"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, from := range found {
			text, err := os.ReadFile(from)
			if err != nil {
				t.Fatal(err)
			}
			rel, err := filepath.Rel(root, from)
			if err != nil {
				t.Fatal(err)
			}
			put(t, filepath.Join(dir, rel), line.ReplaceAllString(string(text), "  image: docker://"+image))
		}
	}
	repository(t, dir)
	return dir
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func repository(t *testing.T, dir string) {
	t.Helper()
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {"-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "-qm", "test"}} {
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
}

// act runs a workflow of a folder to its end.
func act(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	if _, err := exec.LookPath("act"); err != nil {
		skipOrFail(t, "act", err)
	}
	if err := exec.Command("docker", "image", "inspect", "act-runner:local").Run(); err != nil {
		skipOrFail(t, "act", "no image act-runner:local; .ci/images act makes it")
	}
	cmd := exec.Command("act", append([]string{"push", "-P", "ubuntu-latest=act-runner:local", "--pull=false", "--network", "host"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Our own workflow runs our own actions: a release in the action's own
// container, step by step through outputs, and a wrong AppSpec at its line.
func TestActRunsOurWorkflow(t *testing.T) {
	image := needImage(t)
	text, err := act(t, checkout(t, image), "-W", ".github/workflows/ci.yml", "-j", "actions")
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, want := range []string{
		`1 of kind host`,
		`Success - Main A whole release`,
		`Success - Main ./steps/wait`,
		`::error [^\n]*file=wrong/appspec.yml,line=4[^\n]*::source "missing" is not in the revision`,
		`Failure - Main ./steps/validate`,
		`(?s)Summary - .*### Deployment d-[A-Z0-9]{9}: Succeeded`,
		`set-output:: revision=s3://codedeploy-steps/`,
		`Job succeeded`,
	} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("it does not show %s:\n%s", want, text)
		}
	}
}

// The quick starts of docs/github.md are run as they stand there, but for the
// name of the action.
func TestGitHubQuickStart(t *testing.T) {
	image := needImage(t)
	root, err := steptest.Root()
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "github.md"))
	if err != nil {
		t.Fatal(err)
	}
	starts := regexp.MustCompile("(?s)<!-- test: ([a-z-]+) -->\n+```yaml\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	wanted := map[string]string{
		"local": `deploy    ok    d-[A-Z0-9]{9} Succeeded: 1 succeeded`,
		"aws":   `deploy    ok    would deploy web to production`,
	}
	if len(starts) != len(wanted) {
		t.Fatalf("docs/github.md has %d quick starts, not %d", len(starts), len(wanted))
	}
	dir := checkout(t, image)
	for _, start := range starts {
		t.Run(start[1], func(t *testing.T) {
			if lines := strings.Count(start[2], "\n"); start[1] == "local" && lines > 11 {
				t.Errorf("it has %d lines", lines)
			}
			workflow := strings.ReplaceAll(start[2], "codedeploy-steps/codedeploy-steps@v1", "./")
			workflow = strings.ReplaceAll(workflow, "source: app", "source: testdata/revisions/web")
			put(t, filepath.Join(dir, ".github", "workflows", start[1]+".yml"), workflow)
			args := []string{"-W", ".github/workflows/" + start[1] + ".yml"}
			if start[1] == "aws" {
				args = append(args, "--env", "CODEDEPLOY_STEPS_DRY_RUN=true") // no account here
			}
			text, err := act(t, dir, args...)
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			if !regexp.MustCompile(wanted[start[1]]).MatchString(text) {
				t.Errorf("it does not show %s:\n%s", wanted[start[1]], text)
			}
		})
	}
}
