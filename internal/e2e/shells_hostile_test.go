//go:build linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/codedeploy-steps/codedeploy-steps/internal/steptest"
)

// hostileTexts are the values that somebody may want a shell to obey: those of
// internal/ci, without the one that no environment can hold.
func hostileTexts(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "ci", "testdata", "hostile.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for line := range strings.Lines(string(text)) {
		quoted, err := strconv.QuotedPrefix(line)
		if err != nil {
			continue // a comment
		}
		value, err := strconv.Unquote(quoted)
		if err != nil {
			t.Fatal(err)
		}
		if n, ok := strings.CutPrefix(strings.TrimSpace(line[len(quoted):]), "*"); ok {
			times, err := strconv.Atoi(n)
			if err != nil {
				t.Fatal(err)
			}
			value = strings.Repeat(value, times)
		}
		if !strings.Contains(value, "\x00") {
			all = append(all, value)
		}
	}
	if len(all) < 50 {
		t.Fatalf("only %d texts", len(all))
	}
	all = append(all, "$(Build.SourceBranch)", "${{ variables.a }}", "<< pipeline.id >>", "<</ parameters.wait >>", "%env.PATH%", "$(shell touch forged)", "$(System.AccessToken")
	if testing.Short() { // with the race detector: some of each kind
		some := all[:0:0]
		for i := 0; i < len(all); i += 4 {
			some = append(some, all[i])
		}
		return some
	}
	return all
}

// recorder makes the program of a job be one that writes down its environment.
func (j *shellJob) recorder() {
	j.t.Helper()
	bin := filepath.Join(j.env["HOME"], ".local", "bin")
	put(j.t, filepath.Join(bin, "codedeploy-steps"), "#!/bin/sh\nexec env -0 >\"$RECORD\"\n")
	if err := os.Chmod(filepath.Join(bin, "codedeploy-steps"), 0o755); err != nil {
		j.t.Fatal(err)
	}
	j.env["PATH"], j.env["RECORD"] = bin+":"+j.env["PATH"], filepath.Join(j.env["HOME"], "record")
}

// arrives runs steps and wants variables to reach the program as they are, and
// nothing else to happen.
func (j *shellJob) arrives(steps []shellStep, value string, names ...string) {
	j.t.Helper()
	os.Remove(j.env["RECORD"])
	j.log.Reset()
	j.all(steps)
	record, err := os.ReadFile(j.env["RECORD"])
	if err != nil {
		j.t.Fatalf("%.60q: the program did not run: %v\n%s", value, err, &j.log)
	}
	got := map[string]string{}
	for pair := range strings.SplitSeq(string(record), "\x00") {
		name, value, _ := strings.Cut(pair, "=")
		got[name] = value
	}
	for _, name := range names {
		if got[name] != value {
			j.t.Errorf("%s is %.200q, not %.200q", name, got[name], value)
		}
	}
	j.forged(value)
}

func (j *shellJob) forged(value string) {
	j.t.Helper()
	for _, dir := range []string{j.dir, j.env["HOME"]} {
		if fileExists(filepath.Join(dir, "forged")) {
			j.t.Fatalf("%.60q was carried out", value)
		}
	}
}

// Every text reaches the program by every way as it is, and no shell makes
// anything of it.
func TestShellsObeyNoValue(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		skipOrFail(t, "sandbox", err)
	}
	root, err := steptest.Root()
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) []byte {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	texts := hostileTexts(t)

	t.Run("orb", func(t *testing.T) {
		t.Parallel()
		var o struct{ Commands map[string]orbCommand }
		if err := yaml.Unmarshal(read("orb/orb.yml"), &o); err != nil {
			t.Fatal(err)
		}
		release, install := o.Commands["release"], o.Commands["install"]
		j := newShellJob(t, "circleci")
		j.recorder()
		for _, text := range texts {
			arguments, names := map[string]any{"description": text}, []string{"PLUGIN_DESCRIPTION"}
			for name, p := range release.Parameters {
				if p.Type == "string" && len(text) < 10_000 {
					arguments[name] = text
					names = append(names, "PLUGIN_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_")))
				}
			}
			j.arrives(release.call(t, "release", arguments, nil), text, names...)
			if out, err := j.run(install.call(t, "install", map[string]any{"version": text}, nil)[0]); err == nil || !strings.Contains(out, "the version is not of the form") {
				t.Errorf("the version %.60q is taken: %v\n%s", text, err, out)
			}
			j.forged(text)
		}
	})
	t.Run("azure", func(t *testing.T) {
		t.Parallel()
		template := read("azure/release.yml")
		var tpl azureTemplate
		if err := yaml.Unmarshal(template, &tpl); err != nil {
			t.Fatal(err)
		}
		j := newShellJob(t, "azure")
		delete(j.env, "BUILD_SOURCEBRANCH") // what Azure itself fills in is no longer the text
		j.recorder()
		for i, text := range texts {
			given, names := map[string]any{"description": text}, []string{"PLUGIN_DESCRIPTION"}
			for _, p := range tpl.Parameters {
				if p.Type == "string" && p.Values == nil && p.Name != "stepName" && p.Name != "serviceConnectionId" && len(text) < 10_000 {
					given[p.Name] = text
					dashed := regexp.MustCompile(`[A-Z]`).ReplaceAllString(p.Name, "_$0")
					names = append(names, "PLUGIN_"+strings.ToUpper(dashed))
				}
			}
			j.arrives(azureCall(t, "release", template, given), text, names...)
			if i%4 > 0 {
				continue // the same script as the orb's
			}
			if out, err := j.run(azureCall(t, "install", read("azure/install.yml"), map[string]any{"version": text})[0]); err == nil || !strings.Contains(out, "the version is not of the form") {
				t.Errorf("the version %.60q is taken: %v\n%s", text, err, out)
			}
			j.forged(text)
		}
	})
	curl := regexp.MustCompile(`curl [^\n]*bash\n`)
	for system, file := range started(t, root, "other-systems.md") {
		t.Run(system, func(t *testing.T) {
			t.Parallel()
			system := strings.TrimSuffix(system, "-aws")
			j := newShellJob(t, map[string]string{"make": "shell"}[system]+strings.TrimPrefix(system, "make"))
			j.recorder()
			put(t, filepath.Join(j.dir, "codedeploy.env"), "")
			steps := shellSteps(t, j, system, curl.ReplaceAllString(file, "true\n"), root)
			if system == "make" {
				steps = steps[1:] // without the installer
			}
			for _, text := range texts {
				for i := range steps {
					env := map[string]string{"CODEDEPLOY_STEPS_DESCRIPTION": text, "CODEDEPLOY_STEPS_S3_TAGS": text}
					for name, value := range steps[i].env {
						if _, ok := env[name]; !ok {
							env[name] = value
						}
					}
					steps[i].env = env
				}
				j.arrives(steps, text, "CODEDEPLOY_STEPS_DESCRIPTION", "CODEDEPLOY_STEPS_S3_TAGS")
			}
		})
	}
	t.Run("outputs to CodePipeline", func(t *testing.T) {
		t.Parallel()
		j := newShellJob(t, "codebuild")
		j.recorder()
		file := started(t, root, "other-systems.md")["codebuild-aws"]
		line := regexp.MustCompile(`- (while .*)\n`).FindStringSubmatch(file)[1]
		for _, text := range texts {
			if strings.ContainsAny(text, "\r\n") {
				continue // a dotenv file has none
			}
			put(t, filepath.Join(j.dir, "codedeploy.env"), "CODEDEPLOY_BUNDLE="+text+"\n")
			j.arrives([]shellStep{{name: "export", script: line + "\ncodedeploy-steps"}}, text, "CODEDEPLOY_BUNDLE")
		}
	})
}

// What the test above proves is something: of a template that pastes a value
// into its script, the shell obeys it.
func TestShellsWouldObey(t *testing.T) {
	t.Parallel()
	var bad orbCommand
	if err := yaml.Unmarshal([]byte("parameters: {a: {type: string}}\nsteps: [{run: {command: 'echo \"<< parameters.a >>\"'}}]"), &bad); err != nil {
		t.Fatal(err)
	}
	j := newShellJob(t, "circleci")
	j.all(bad.call(t, "bad", map[string]any{"a": "$(touch forged)"}, nil))
	if !fileExists(filepath.Join(j.dir, "forged")) {
		t.Errorf("nothing was carried out:\n%s", &j.log)
	}
}
