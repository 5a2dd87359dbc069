//go:build linux

package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/codedeploy-steps/codedeploy-steps/internal/steptest"
)

// examples are the marked examples of a page of the documentation, by name.
func examples(t *testing.T, page string, names ...string) map[string]string {
	t.Helper()
	root, err := steptest.Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "docs", page))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, m := range regexp.MustCompile("(?s)<!-- test: ([a-z-]+) -->\n+```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		found[m[1]] = m[2]
		if lines := strings.Count(m[2], "\n"); strings.HasSuffix(m[1], "-local") && lines > 11 {
			t.Errorf("%s: the quick start %s has %d lines", page, m[1], lines)
		}
	}
	if got := slices.Sorted(maps.Keys(found)); !slices.Equal(got, names) {
		t.Fatalf("%s has the examples %q, not %q", page, got, names)
	}
	return found
}

// box is a job's container as a CI system starts it: the checkout lies in
// folder and is mounted, or a folder around it, at its place in the container.
type box struct {
	t      *testing.T
	image  string
	folder string            // of the checkout, on this machine
	mount  string            // what is mounted, as docker's -v has it
	work   string            // the working directory in the container
	env    map[string]string // what the system documents
}

// newBox makes a box with the sample in its folder app. The folder and what is
// around it belong to another user than the container's, as on a CI system.
func newBox(t *testing.T, system, base, work string) *box {
	t.Helper()
	b := &box{t: t, image: needImage(t), work: work}
	root := t.TempDir()
	rel, err := filepath.Rel(base, work)
	if err != nil {
		t.Fatal(err)
	}
	b.folder, b.mount = filepath.Join(root, rel), root+":"+base
	sampleTo(t, b.folder)
	if err := os.Rename(filepath.Join(b.folder, "web"), filepath.Join(b.folder, "app")); err != nil {
		t.Fatal(err)
	}
	give(t, root)
	b.env = documented(t, system, work)
	return b
}

// documented is the environment that a system documents, as it is kept for
// the tests of package ci.
func documented(t *testing.T, system, work string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "ci", "testdata", system+".env"))
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(line, "#") {
			env[name] = strings.ReplaceAll(value, "$WORK", work)
		}
	}
	return env
}

// run starts a container without a command, as a plugin or a pipe is, and
// wants its exit code.
func (b *box) run(code int, env map[string]string) string {
	b.t.Helper()
	out, err := exec.Command("docker", b.command("--rm", env)...).CombinedOutput()
	got := 0
	if exit, ok := err.(*exec.ExitError); ok {
		got = exit.ExitCode()
	} else if err != nil {
		b.t.Fatal(err)
	}
	if got != code {
		b.t.Fatalf("exit code %d, not %d\n%s", got, code, out)
	}
	return string(out)
}

func (b *box) command(how string, env map[string]string) []string {
	args := []string{"run", how, "--network", "none", "--volume", b.mount, "--workdir", b.work}
	for _, all := range []map[string]string{b.env, env} {
		for name, value := range all {
			args = append(args, "--env", name+"="+value)
		}
	}
	return append(args, b.image)
}

// named wants an image to be the documented one.
func (b *box) named(image string) {
	b.t.Helper()
	if !regexp.MustCompile(`^codedeploy-steps/codedeploy-steps:v\d+\.\d+\.\d+$`).MatchString(image) {
		b.t.Errorf("the image is %q", image)
	}
}

// secrets are those of the examples.
var secrets = map[string]string{"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "c3VjaCBhIHNlY3JldA"}

// setting makes a variable's value of a setting, as Woodpecker does
// (pipeline/frontend/yaml/compiler/settings) and Drone's documentation tells.
func setting(t *testing.T, value any) string {
	t.Helper()
	switch v := value.(type) {
	case map[string]any:
		if name, ok := v["from_secret"].(string); ok && secrets[name] != "" {
			return secrets[name]
		}
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	case []any:
		var values []string
		for _, one := range v {
			values = append(values, setting(t, one))
		}
		return strings.Join(values, ",")
	}
	return fmt.Sprint(value)
}

// steps runs a workflow's steps, one container for each.
func (b *box) steps(workflow string, more map[string]string) string {
	b.t.Helper()
	var w struct {
		Steps []struct {
			Image                 string
			Settings, Environment map[string]any
		}
	}
	if err := yaml.Unmarshal([]byte(workflow), &w); err != nil || len(w.Steps) == 0 {
		b.t.Fatalf("%v in\n%s", err, workflow)
	}
	all := ""
	for _, s := range w.Steps {
		b.named(s.Image)
		env := maps.Clone(more)
		for name, value := range s.Settings {
			env["PLUGIN_"+strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(name))] = setting(b.t, value)
		}
		for name, value := range s.Environment {
			env[name] = setting(b.t, value)
		}
		all += b.run(0, env)
	}
	return all
}

const (
	released  = `deploy    ok    d-[A-Z0-9]{9} Succeeded: 1 succeeded`
	wouldBe   = `deploy    ok    would deploy web to production`
	woodpeck  = "/woodpecker/src/git.example.com/john-doe/my-repo"
	droneWork = "/drone/src"
)

func wants(t *testing.T, text, pattern string) {
	t.Helper()
	if !regexp.MustCompile(pattern).MatchString(text) {
		t.Errorf("it does not say %s:\n%s", pattern, text)
	}
}

// dry keeps an example from an account, which is not here.
var dry = map[string]string{"CODEDEPLOY_STEPS_DRY_RUN": "true", "AWS_EC2_METADATA_DISABLED": "true"}

// The examples of docs/woodpecker.md, each step in a container as the two
// systems make it.
func TestWoodpeckerExamples(t *testing.T) {
	all := examples(t, "woodpecker.md", "drone-aws", "drone-local", "woodpecker-aws", "woodpecker-chain", "woodpecker-local")
	for name, workflow := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBox(t, "woodpecker", "/woodpecker", woodpeck)
			if strings.HasPrefix(name, "drone") {
				b = newBox(t, "drone", droneWork, droneWork)
			}
			if strings.HasSuffix(name, "-aws") {
				text := b.steps(workflow, dry)
				wants(t, text, wouldBe)
				if strings.Contains(text, secrets["aws_secret_access_key"]) {
					t.Errorf("a secret is shown:\n%s", text)
				}
				return
			}
			wants(t, b.steps(workflow, map[string]string{}), released)
			if name == "woodpecker-chain" {
				if out := readOutputs(t, filepath.Join(b.folder, "release.env")); out["status"] != "Succeeded" || out["application"] != "web" || out["revision"] == "" {
					t.Errorf("the outputs are %v", out)
				}
			}
			wantOwner(t, b.folder)
		})
	}
}

// What a pipeline's author gets wrong is told, and runs nothing.
func TestPluginMistakes(t *testing.T) {
	b := newBox(t, "woodpecker", "/woodpecker", woodpeck)
	for _, test := range []struct{ env, says string }{
		{"PLUGIN_STEP=relaese", `PLUGIN_STEP: no step is called "relaese"; did you mean release\?`},
		{`PLUGIN_STEP=push PLUGIN_DRY_RUN=true PLUGIN_APPLICATION=web PLUGIN_S3_BUCKET=b PLUGIN_SOURCE=app PLUGIN_S3_TAGS={"team":"web"}`, `\{\\?"team\\?":\\?"web\\?"\}`},
	} {
		env := map[string]string{}
		for _, set := range strings.Fields(test.env) {
			name, value, _ := strings.Cut(set, "=")
			env[name] = value
		}
		wants(t, b.run(2, env), test.says)
	}
}

func readOutputs(t *testing.T, path string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		out[name] = value
	}
	return out
}

// Cancelled as Woodpecker does it, by docker stop: the deployment is stopped in
// the seconds that are granted, and the outputs say so.
func TestPluginCancel(t *testing.T) {
	b := newBox(t, "woodpecker", "/woodpecker", woodpeck)
	s := newSession(t)
	s.dir = b.folder
	s.revision("slow", "1", map[string]string{"ApplicationStart": "touch " + woodpeck + "/begun; trap '' TERM; sleep 300"})
	give(t, b.folder)
	id := strings.TrimSpace(docker(t, b.command("--detach", map[string]string{"PLUGIN_STEP": "release", "PLUGIN_SOURCE": "slow",
		"PLUGIN_ENDPOINT": "local", "PLUGIN_INSTANCE_KIND": "host", "PLUGIN_OUTPUTS": "release.env"})...))
	t.Cleanup(func() { exec.Command("docker", "rm", "-f", id).Run() })
	s.exists(filepath.Join(b.folder, "begun"))
	docker(t, "stop", "--time", "20", id)
	text := docker(t, "logs", id)
	if code := strings.TrimSpace(docker(t, "inspect", "--format", "{{.State.ExitCode}}", id)); code != "143" {
		t.Errorf("exit code %s\n%s", code, text)
	}
	if out := readOutputs(t, filepath.Join(b.folder, "release.env")); out["status"] != "Stopped" || out["deployment-id"] == "" {
		t.Errorf("the outputs are %v\n%s", out, text)
	}
	wants(t, text, "is Stopped")
}
