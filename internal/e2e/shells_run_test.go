//go:build linux

package e2e

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/codedeploy-steps/codedeploy-steps/internal/steptest"
)

// shellJob is a job of a CI system that starts shells: a small interpreter of
// the system makes its script steps of the system's file.
type shellJob struct {
	t   *testing.T
	dir string            // the checkout
	env map[string]string // what the system sets
	log bytes.Buffer
	// azure has the variables that the log sets, and the PATH.
	azure bool
}

// shellStep is a script and what the system adds to its environment.
type shellStep struct {
	name, script string
	env          map[string]string
	shell        []string
}

// newShellJob makes the checkout of a job, with a system's documented
// environment (internal/ci/testdata) and nothing of the test's but PATH.
func newShellJob(t *testing.T, system string) *shellJob {
	t.Helper()
	home := t.TempDir()
	j := &shellJob{t: t, dir: filepath.Join(home, "project"), azure: system == "azure"}
	j.env = map[string]string{"PATH": os.Getenv("PATH"), "no_proxy": "127.0.0.1", "AWS_EC2_METADATA_DISABLED": "true"}
	text, err := os.ReadFile(filepath.Join("..", "ci", "testdata", system+".env"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(line, "#") {
			j.env[name] = strings.ReplaceAll(value, "$WORK", home)
		}
	}
	j.env["HOME"] = home
	for _, name := range []string{"BUILD_SOURCESDIRECTORY", "CODEBUILD_SRC_DIR", "TRAVIS_BUILD_DIR"} {
		if j.env[name] != "" {
			j.env[name] = j.dir
		}
	}
	if err := os.MkdirAll(j.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { steptest.StopEngine(filepath.Join(j.dir, ".codedeploy-steps")) })
	return j
}

// run runs one script as the system does, and gives what it wrote.
func (j *shellJob) run(s shellStep) (string, error) {
	script, shell := j.macros(s.script), s.shell
	if shell == nil {
		shell = []string{"bash", "-eo", "pipefail", "-c"}
	}
	cmd := exec.Command(shell[0], append(shell[1:], script)...)
	cmd.Dir = j.dir
	env := maps.Clone(j.env)
	for name, value := range s.env {
		env[name] = j.macros(value)
	}
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, err := cmd.CombinedOutput()
	j.log.Write(out)
	if j.azure {
		j.obey(string(out), s.name)
	}
	return string(out), err
}

// all runs scripts until one fails.
func (j *shellJob) all(steps []shellStep) string {
	j.t.Helper()
	for _, s := range steps {
		if _, err := j.run(s); err != nil {
			j.t.Fatalf("%s: %v\n%s", s.name, err, &j.log)
		}
	}
	return j.log.String()
}

// section is what stands in a template for a parameter: << parameters.x >>,
// <<# parameters.x >>text<</ parameters.x >> and <<^ parameters.x >>….
var section = regexp.MustCompile(`<<([#^]) parameters\.([a-z0-9-]+) >>(.*?)<</ parameters\.[a-z0-9-]+ >>|<< parameters\.([a-z0-9-]+) >>`)

// orbCommand is a command of an orb.
type orbCommand struct {
	Parameters map[string]struct {
		Type, Description string
		Default           any
		Enum              []string
	}
	Steps []struct {
		Run struct {
			Name, Command string
			Environment   map[string]string
		}
	}
}

// circleci gives the script steps of the one job of a configuration.
func circleci(t *testing.T, config string, orb []byte) []shellStep {
	t.Helper()
	var c struct {
		Orbs map[string]string
		Jobs map[string]struct {
			Environment map[string]string
			Steps       []any
		}
	}
	var o struct{ Commands map[string]orbCommand }
	if err := yaml.Unmarshal([]byte(config), &c); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(orb, &o); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(c.Orbs["codedeploy"], "/orb/orb.yml") || len(c.Jobs) != 1 {
		t.Fatalf("its orb is %q, its jobs %d", c.Orbs["codedeploy"], len(c.Jobs))
	}
	var all []shellStep
	for _, job := range c.Jobs {
		for _, s := range job.Steps {
			name, arguments := fmt.Sprint(s), map[string]any{}
			if m, ok := s.(map[string]any); ok {
				for key, value := range m {
					name = key
					if text, ok := value.(string); ok && key == "run" {
						all = append(all, shellStep{name: "run", script: text, env: job.Environment})
					}
					arguments, _ = value.(map[string]any)
				}
			}
			if command, ok := strings.CutPrefix(name, "codedeploy/"); ok {
				found, there := o.Commands[command]
				if !there {
					t.Fatalf("the orb has no command %s", command)
				}
				all = append(all, found.call(t, command, arguments, job.Environment)...)
			} else if !strings.Contains(" checkout run store_test_results store_artifacts ", " "+name+" ") {
				t.Fatalf("step %q is not known", name)
			}
		}
	}
	return all
}

// call checks arguments as CircleCI does, and fills them in.
func (c *orbCommand) call(t *testing.T, name string, arguments map[string]any, job map[string]string) []shellStep {
	t.Helper()
	values := map[string]any{}
	for p, d := range c.Parameters {
		values[p] = d.Default
	}
	for p, value := range arguments {
		d, ok := c.Parameters[p]
		_, isBool := value.(bool)
		_, isText := value.(string)
		if !ok || isBool != (d.Type == "boolean") || !isBool && !isText {
			t.Fatalf("%s: argument %s: %v (%T) is no %q", name, p, value, value, d.Type)
		}
		values[p] = value
	}
	fill := func(text string) string {
		return section.ReplaceAllStringFunc(text, func(s string) string {
			m := section.FindStringSubmatch(s)
			value, ok := values[m[2]+m[4]]
			switch {
			case !ok:
				t.Fatalf("%s: %s is no parameter", name, s)
			case m[1] == "#" && value != true || m[1] == "^" && value != false:
				return ""
			case m[1] != "":
				return m[3]
			}
			return fmt.Sprint(value)
		})
	}
	var all []shellStep
	for _, s := range c.Steps {
		env := maps.Clone(job)
		if env == nil {
			env = map[string]string{}
		}
		for key, value := range s.Run.Environment {
			env[key] = fill(value)
		}
		all = append(all, shellStep{name: s.Run.Name, script: fill(s.Run.Command), env: env})
	}
	return all
}
