//go:build linux

package e2e

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/codedeploy-steps/codedeploy-steps/internal/steptest"
)

// releases serves the installer of this repository and a release whose program
// is the given script.
func releases(t *testing.T, root, program string) string {
	t.Helper()
	const name = "codedeploy-steps/codedeploy-steps/"
	file := "codedeploy-steps_1.2.3_linux_" + runtime.GOARCH
	mux := http.NewServeMux()
	mux.HandleFunc("/"+name+"releases/latest", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/"+name+"releases/tag/v1.2.3", http.StatusFound)
	})
	mux.HandleFunc("/"+name+"releases/tag/v1.2.3", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/"+name+"releases/download/v1.2.3/checksums.txt", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "%x  %s\n", sha256.Sum256([]byte(program)), file)
	})
	mux.HandleFunc("/"+name+"releases/download/v1.2.3/"+file, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, program) })
	mux.HandleFunc("/"+name+"v1.2.3/install/install.sh", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, filepath.Join(root, "install", "install.sh"))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// started reads the files that a page shows for tests, by their names.
func started(t *testing.T, root, page string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs", page))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, m := range regexp.MustCompile("(?s)<!-- test: ([a-z-]+) -->\n+```[a-z]+\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		all[m[1]] = m[2]
	}
	return all
}

const (
	succeeded = `deploy    ok    d-[A-Z0-9]{9} Succeeded`
	would     = `deploy    ok    would deploy web to production`
)

// The quick starts of systems that start a shell are run as they stand in the
// docs: by an interpreter of the system's file, in the system's documented
// environment, with the program that the installer gets.
func TestShellQuickStarts(t *testing.T) {
	needSandbox(t)
	for _, tool := range []string{"bash", "curl", "make"} {
		if _, err := exec.LookPath(tool); err != nil {
			skipOrFail(t, "sandbox", err) // where sandboxes are wanted, all of CI's tools are
		}
	}
	root, err := steptest.Root()
	if err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	server := releases(t, root, "#!/bin/sh\nexport "+asProgram+"=1\nexec '"+exe+"' \"$@\"\n")
	for page, starts := range map[string]map[string]string{
		"circleci.md":      {"local": succeeded, "aws": would, "chain": `deployment d-[A-Z0-9]{9} is Succeeded`},
		"azure.md":         {"local": succeeded, "aws": would, "chain": `d-[A-Z0-9]{9} is Succeeded`},
		"other-systems.md": {"shell": succeeded, "make": succeeded, "teamcity": succeeded, "codebuild": succeeded, "codebuild-aws": would, "travis": succeeded},
	} {
		shown := started(t, root, page)
		if len(shown) != len(starts) {
			t.Errorf("docs/%s shows %d files for tests, not %d", page, len(shown), len(starts))
		}
		for name, want := range starts {
			t.Run(page+"/"+name, func(t *testing.T) {
				t.Parallel()
				file := shown[name]
				if lines := strings.Count(file, "\n"); name == "local" && lines > 11 {
					t.Errorf("it has %d lines", lines)
				}
				file = strings.ReplaceAll(file, "https://raw.githubusercontent.com", server)
				// The machine of the tests is nobody's container.
				file = regexp.MustCompile(`(instance-kind|INSTANCE_KIND): host`).ReplaceAllString(file, "$1: sandbox")
				system := strings.TrimSuffix(name, "-aws")
				if page != "other-systems.md" {
					system = strings.TrimSuffix(page, ".md")
				}
				j := newShellJob(t, map[string]string{"make": "shell"}[system]+strings.TrimPrefix(system, "make"))
				j.env["GITHUB_SERVER_URL"] = server
				if want == would {
					j.env["CODEDEPLOY_STEPS_DRY_RUN"], j.env["AWS_REGION"] = "true", "eu-west-1" // no account here
				}
				if err := os.CopyFS(filepath.Join(j.dir, "app"), os.DirFS(filepath.Join(root, "testdata", "revisions", "web"))); err != nil {
					t.Fatal(err)
				}
				log := j.all(shellSteps(t, j, system, file, root))
				if !regexp.MustCompile(want).MatchString(log) {
					t.Errorf("it does not show %s:\n%s", want, log)
				}
				if name == "codebuild-aws" && !strings.Contains(log, "exported CODEDEPLOY_APPLICATION=web") {
					t.Errorf("no variable is exported:\n%s", log)
				}
			})
		}
	}
}

// shellSteps reads a system's file.
func shellSteps(t *testing.T, j *shellJob, system, file, root string) []shellStep {
	t.Helper()
	switch system {
	case "circleci":
		orb, err := os.ReadFile(filepath.Join(root, "orb", "orb.yml"))
		if err != nil {
			t.Fatal(err)
		}
		return circleci(t, file, orb)
	case "azure":
		return azure(t, j, file, root)
	case "teamcity":
		return teamcity(t, file)
	case "codebuild":
		return codebuild(t, file)
	case "travis":
		return travis(t, file)
	case "make":
		put(t, filepath.Join(j.dir, "Makefile"), file)
		return []shellStep{
			{name: "install", script: "bash '" + root + "/install/install.sh'"},
			{name: "make", script: `PATH="$HOME/.local/bin:$PATH" make release`},
		}
	}
	return []shellStep{{name: "sh", script: file, shell: []string{"sh", "-ec"}}}
}

// teamcity reads parameters and the script of a build configuration in Kotlin.
func teamcity(t *testing.T, file string) []shellStep {
	t.Helper()
	env := map[string]string{}
	for _, m := range regexp.MustCompile(`param\("env\.(\w+)", ("[^"]*")\)`).FindAllStringSubmatch(file, -1) {
		value, err := strconv.Unquote(m[2])
		if err != nil {
			t.Fatal(err)
		}
		env[m[1]] = value
	}
	script := regexp.MustCompile(`(?s)scriptContent = """\n(.*?)"""\.trimIndent`).FindStringSubmatch(file)
	if script == nil || strings.Contains(script[1], "%") || strings.Contains(script[1], "$") || len(env) == 0 {
		t.Fatalf("its script %q would be changed by TeamCity or Kotlin, or nothing is set: %v", script, env)
	}
	return []shellStep{{name: "script", script: script[1], env: env, shell: []string{"sh", "-ec"}}}
}

// codebuild gives the commands of a buildspec, which share one shell.
func codebuild(t *testing.T, file string) []shellStep {
	t.Helper()
	var spec struct {
		Version string
		Env     struct {
			Shell     string
			Variables map[string]string
			Exported  []string `yaml:"exported-variables"`
		}
		Phases  struct{ Install, Build struct{ Commands []string } }
		Reports map[string]struct {
			Files  []string
			Format string `yaml:"file-format"`
		}
	}
	d := yaml.NewDecoder(strings.NewReader(file))
	d.KnownFields(true)
	if err := d.Decode(&spec); err != nil || spec.Version != "0.2" || spec.Env.Shell != "bash" {
		t.Fatalf("%v: %+v", err, spec)
	}
	commands := append(spec.Phases.Install.Commands, spec.Phases.Build.Commands...)
	for _, name := range spec.Env.Exported {
		commands = append(commands, "echo exported "+name+`="$`+name+`"`)
	}
	return []shellStep{{name: "commands", script: strings.Join(commands, "\n"), env: spec.Env.Variables}}
}

// travis gives the phases of a build of the deployed branch.
func travis(t *testing.T, file string) []shellStep {
	t.Helper()
	var config struct {
		Language        string
		Env             struct{ Global []string }
		Install, Script string
		Deploy          struct {
			Provider, Script string
			On               map[string]string
		}
	}
	d := yaml.NewDecoder(strings.NewReader(file))
	d.KnownFields(true)
	if err := d.Decode(&config); err != nil || config.Deploy.Provider != "script" || config.Deploy.On["branch"] != "main" {
		t.Fatalf("%v: %+v", err, config)
	}
	set := "export " + strings.Join(config.Env.Global, " ") + "\n"
	return []shellStep{
		{name: "install", script: set + config.Install},
		{name: "script", script: set + config.Script},
		{name: "deploy", script: set + config.Deploy.Script},
	}
}
