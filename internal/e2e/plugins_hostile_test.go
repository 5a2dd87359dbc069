//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps/engine"
)

// spy is a program that notes its arguments and its environment, each ended
// by a zero byte.
const spy = `#!/bin/bash
printf '%s\0' "$@" >args
while IFS= read -r -d '' set; do printf '%s\0' "$set"; done </proc/self/environ >environ
`

func noted(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00")
}

// forged are lines that a runner would obey, a shell's traces aside.
var forged = regexp.MustCompile(`(?m)^(::|##\[|##vso|---|\+\+\+|~~~|\^\^\^).*forged|\x1b`)

// wantNothingRun wants nobody to have obeyed a text.
func wantNothingRun(t *testing.T, folder, what, log string) {
	t.Helper()
	for _, at := range []string{folder, filepath.Join(folder, "app")} {
		if fileExists(filepath.Join(at, "forged")) {
			t.Fatalf("%.200q was run", what)
		}
	}
	if m := forged.FindString(log); m != "" {
		t.Errorf("%.200q: the log has %.200q", what, m)
	}
}

// Hostile texts through the Buildkite hook, in every form that a configuration
// has: each arrives as it is, at the program and by its name alone at docker,
// and nothing of it is run.
func TestBuildkiteHostile(t *testing.T) {
	texts := hostileTexts(t)
	for _, program := range []string{"codedeploy-steps", "docker"} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			j := newBuildkiteJob(t)
			j.tool(program, spy)
			for _, text := range texts {
				text = text[:min(len(text), 40_000)] // the whole configuration is a variable too, and one may have 128 KiB
				j.configure(map[string]any{"step": text, "description": text, "include": []any{text, "b"}})
				j.env["CODEDEPLOY_STEPS_APPLICATION"] = text
				out := j.run(0)
				wantNothingRun(t, j.checkout, text, out)
				environ := noted(t, filepath.Join(j.checkout, "environ"))
				for _, name := range []string{"PLUGIN_STEP", "PLUGIN_DESCRIPTION", "PLUGIN_INCLUDE_0", "CODEDEPLOY_STEPS_APPLICATION"} {
					if !slices.Contains(environ, name+"="+text) {
						t.Errorf("%.200q does not arrive as %s", text, name)
					}
				}
				args := noted(t, filepath.Join(j.checkout, "args"))
				if program == "codedeploy-steps" {
					if !slices.Equal(args, []string{""}) {
						t.Errorf("%.200q: the arguments are %q", text, args)
					}
					continue
				}
				for i, arg := range args {
					switch {
					case i > 0 && args[i-1] == "--env":
						if !regexp.MustCompile(`^[A-Za-z_0-9]+$`).MatchString(arg) {
							t.Errorf("%.200q: docker is given %.200q", text, arg)
						}
					case slices.Contains([]string{"run", "--rm", "--env", "--volume", "--workdir", j.checkout, j.checkout + ":" + j.checkout, "codedeploy-steps:local",
						filepath.Join(j.tools, "buildkite-agent") + ":/usr/local/bin/buildkite-agent:ro"}, arg):
					default:
						t.Errorf("%.200q: docker is given %.200q", text, arg)
					}
				}
			}
		})
	}
}

// A configuration's names are no more than names of variables.
func TestBuildkiteHostileNames(t *testing.T) {
	j := newBuildkiteJob(t)
	j.tool("codedeploy-steps", spy)
	for _, text := range hostileTexts(t) {
		if !strings.Contains(text, "=") {
			j.configure(map[string]any{"step": "validate", text: "x", "a[$(touch forged)]": "y", "PATH": "/"})
		}
	}
	wantNothingRun(t, j.checkout, "a name", j.run(0))
	if environ := noted(t, filepath.Join(j.checkout, "environ")); !slices.Contains(environ, "PLUGIN_STEP=validate") || slices.Contains(environ, "PATH=/") {
		t.Errorf("%q", environ)
	}
}

// Hostile texts in every free text of a release, in a plugin's and a pipe's
// container by turns: whatever becomes of the step, nothing of them is run.
// Package ci has every text in every input of every step.
func TestPluginHostile(t *testing.T) {
	texts := hostileTexts(t)
	steps := engine.Program().Steps
	var free []string
	for _, f := range step.Fields(steps[slices.IndexFunc(steps, func(s step.Step) bool { return s.Name == "release" })].New()) {
		if f.Type.Kind() == reflect.String && len(f.Enum) == 0 && !slices.Contains([]string{"outputs", "dotenv", "bundle-output", "state", "cache", "endpoint"}, f.Name) {
			free = append(free, "PLUGIN_"+strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_")))
		}
	}
	boxes := []*box{newBox(t, "woodpecker", "/woodpecker", woodpeck), newBox(t, "bitbucket", bitbucketClone, bitbucketClone)}
	for i := 0; i*len(free) < len(texts); i++ {
		b := boxes[i%2]
		env := map[string]string{"PLUGIN_STEP": "release", "PLUGIN_ENDPOINT": "local", "PLUGIN_INSTANCE_KIND": "directory", "PLUGIN_VERBOSE": "true"}
		for j, text := range texts[i*len(free) : min(len(texts), (i+1)*len(free))] {
			env[free[j]] = text
		}
		wantNothingRun(t, b.folder, "release", b.run(int(step.Misused), env))
	}
	b := boxes[0]
	log := b.run(0, map[string]string{"PLUGIN_STEP": "release", "PLUGIN_SOURCE": "app", "PLUGIN_ENDPOINT": "local", "PLUGIN_INSTANCE_KIND": "host",
		"PLUGIN_DESCRIPTION": "$(touch forged)\n::error::forged\n--- forged"})
	wantNothingRun(t, b.folder, "description", log)
	wants(t, log, released)
}
