//go:build linux

package e2e

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/codedeploy-steps/codedeploy-steps/internal/steptest"
)

// buildkitePlugin is how the examples name the plugin.
const buildkitePlugin = "https://github.com/codedeploy-steps/codedeploy-steps.git/codedeploy-steps-buildkite-plugin#v1.2.3"

// fakeAgent knows the commands of buildkite-agent that the documentation has
// (buildkite.com/docs/agent/cli), notes them beside the checkout and refuses
// all else. It asks for the job's own token, as the agent does.
const fakeAgent = `#!/bin/sh
set -eu
test "$BUILDKITE_AGENT_ACCESS_TOKEN" = agent-token
case "$*" in
"annotate --style success --append --context codedeploy-steps-$BUILDKITE_JOB_ID" | "annotate --style error --append --context codedeploy-steps-$BUILDKITE_JOB_ID") name=annotate ;;
"meta-data set CODEDEPLOY_"*) test $# = 3; name=$3 ;;
"redactor add") name=redactor ;;
"oidc request-token --audience sts.amazonaws.com") name=oidc; echo header.claims.signature ;;
*) echo "buildkite-agent: $*" >&2; name=refused ;;
esac
mkdir -p "$BUILDKITE_BUILD_CHECKOUT_PATH/.agent"
cat >>"$BUILDKITE_BUILD_CHECKOUT_PATH/.agent/$name"
test $name != refused
`

// buildkiteJob is a job with the plugin, as the agent runs it.
type buildkiteJob struct {
	t        *testing.T
	hook     string
	checkout string
	tools    string // first on the PATH
	env      map[string]string
}

func newBuildkiteJob(t *testing.T) *buildkiteJob {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip(err)
	}
	root, err := steptest.Root()
	if err != nil {
		t.Fatal(err)
	}
	j := &buildkiteJob{t: t, hook: filepath.Join(root, "codedeploy-steps-buildkite-plugin", "hooks", "command"), checkout: t.TempDir(), tools: t.TempDir()}
	j.env = documented(t, "buildkite", j.checkout)
	sampleTo(t, j.checkout)
	if err := os.Rename(filepath.Join(j.checkout, "web"), filepath.Join(j.checkout, "app")); err != nil {
		t.Fatal(err)
	}
	j.tool("buildkite-agent", fakeAgent)
	return j
}

func (j *buildkiteJob) tool(name, script string) {
	j.t.Helper()
	if err := os.WriteFile(filepath.Join(j.tools, name), []byte(script), 0o755); err != nil {
		j.t.Fatal(err)
	}
}

// program puts this very program on the agent's PATH.
func (j *buildkiteJob) program() {
	j.t.Helper()
	exe, err := os.Executable()
	if err != nil {
		j.t.Fatal(err)
	}
	j.tool("codedeploy-steps", "#!/bin/sh\n"+asProgram+"=1 exec '"+exe+"' \"$@\"\n")
}

// configure turns a configuration into variables as the agent does
// (agent/plugin/plugin.go, flattenConfigToEnvMap).
func (j *buildkiteJob) configure(config map[string]any) {
	j.t.Helper()
	text, err := json.Marshal(config)
	if err != nil {
		j.t.Fatal(err)
	}
	j.env["BUILDKITE_PLUGIN_NAME"], j.env["BUILDKITE_PLUGIN_CONFIGURATION"] = "CODEDEPLOY_STEPS", string(text)
	var flatten func(prefix string, value any)
	flatten = func(prefix string, value any) {
		switch v := value.(type) {
		case map[string]any:
			for key, one := range v {
				flatten(prefix+"_"+strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToUpper(key)), one)
			}
		case []any:
			for i, one := range v {
				flatten(prefix+"_"+strconv.Itoa(i), one)
			}
		default:
			j.env[prefix] = setting(j.t, v)
		}
	}
	flatten("BUILDKITE_PLUGIN_CODEDEPLOY_STEPS", config)
}

// command is the job's command, for which the agent has a shell read the hook.
func (j *buildkiteJob) command() (*exec.Cmd, *bytes.Buffer) {
	cmd := exec.Command("bash", "-c", `. "$0"`+"\nexit $?", j.hook)
	cmd.Dir = j.checkout
	cmd.Env = []string{"PATH=" + j.tools + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + j.tools, "TMPDIR=" + os.TempDir()}
	for name, value := range j.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	return cmd, &out
}

func (j *buildkiteJob) run(code int) string {
	j.t.Helper()
	cmd, out := j.command()
	if err := cmd.Run(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != code {
		j.t.Fatalf("%v, not exit code %d\n%s", err, code, out)
	}
	if fileExists(filepath.Join(j.checkout, ".agent", "refused")) {
		j.t.Errorf("the agent was asked what it does not know:\n%s", out)
	}
	return out.String()
}

// agent is what the agent was told under a name.
func (j *buildkiteJob) agent(name string) string {
	text, err := os.ReadFile(filepath.Join(j.checkout, ".agent", name))
	if err != nil {
		j.t.Error(err)
	}
	return string(text)
}

// example gives the configuration of an example.
func (j *buildkiteJob) example(text string) map[string]any {
	j.t.Helper()
	var pipeline struct {
		Steps []struct{ Plugins []map[string]map[string]any }
	}
	if err := yaml.Unmarshal([]byte(text), &pipeline); err != nil {
		j.t.Fatal(err)
	}
	if len(pipeline.Steps) != 1 || len(pipeline.Steps[0].Plugins) != 1 || pipeline.Steps[0].Plugins[0][buildkitePlugin] == nil {
		j.t.Fatalf("not one step with the plugin %s:\n%s", buildkitePlugin, text)
	}
	return pipeline.Steps[0].Plugins[0][buildkitePlugin]
}

// The quick start in a container, with the agent's program mounted into it:
// groups in the log, an annotation and meta-data of the build.
func TestBuildkiteInAContainer(t *testing.T) {
	image := needImage(t)
	j := newBuildkiteJob(t)
	config := j.example(examples(t, "buildkite.md", "buildkite-aws", "buildkite-local")["buildkite-local"])
	config["image"] = image
	j.configure(config)
	give(t, j.checkout)
	text := j.run(0)
	wants(t, text, `(?m)^--- deploy$`)
	wants(t, text, released)
	wants(t, j.agent("annotate"), `(?s)### Deployment d-[A-Z0-9]{9}: Succeeded`)
	if status := j.agent("CODEDEPLOY_STATUS"); status != "Succeeded" {
		t.Errorf("the meta-data has the status %q", status)
	}
}

// With an account: the program of the agent's own PATH, a list, and a summary.
func TestBuildkiteWithTheProgram(t *testing.T) {
	j := newBuildkiteJob(t)
	j.program()
	j.configure(j.example(examples(t, "buildkite.md", "buildkite-aws", "buildkite-local")["buildkite-aws"]))
	maps.Copy(j.env, dry)
	if err := os.WriteFile(filepath.Join(j.checkout, "app", "notes"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	text := j.run(0)
	wants(t, text, wouldBe)
	wants(t, text, `bundle    ok    10 files`) // the notes are excluded
	j.agent("annotate")

	j.configure(map[string]any{"step": "relaese"})
	wants(t, j.run(2), `PLUGIN_STEP: no step is called "relaese"; did you mean release\?`)
}

// An agent with neither the program nor Docker.
func TestBuildkiteWithNothing(t *testing.T) {
	j := newBuildkiteJob(t)
	j.configure(map[string]any{"step": "validate", "source": "app"})
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	if err := os.Symlink(bash, filepath.Join(j.tools, "bash")); err != nil {
		t.Fatal(err)
	}
	cmd, out := j.command()
	cmd.Env[slices.IndexFunc(cmd.Env, func(set string) bool { return strings.HasPrefix(set, "PATH=") })] = "PATH=" + j.tools
	if cmd.Run(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 2 {
		t.Errorf("%v\n%s", cmd.ProcessState, out)
	}
	wants(t, out.String(), "neither codedeploy-steps nor docker")
}

// A cancel is SIGTERM to the job's processes: the deployment in the container
// is stopped.
func TestBuildkiteCancel(t *testing.T) {
	image := needImage(t)
	j := newBuildkiteJob(t)
	s := &session{t, j.checkout}
	s.revision("slow", "1", map[string]string{"ApplicationStart": "touch " + j.checkout + "/begun; trap '' TERM; sleep 300"})
	give(t, j.checkout)
	j.configure(map[string]any{"step": "release", "source": "slow", "endpoint": "local", "instance-kind": "host", "image": image})
	cmd, out := j.command()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	s.exists(filepath.Join(j.checkout, "begun"))
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-time.After(time.Minute):
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-ended
		t.Fatalf("it does not end\n%s", out)
	}
	if status := j.agent("CODEDEPLOY_STATUS"); status != "Stopped" {
		t.Errorf("the meta-data has the status %q\n%s", status, out)
	}
}
