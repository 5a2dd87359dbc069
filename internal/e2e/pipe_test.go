//go:build linux

package e2e

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// bitbucketClone is where the clone lies, in the step's container and in those
// of its pipes.
const bitbucketClone = "/opt/atlassian/pipelines/agent/build"

type bitbucketStep struct {
	Script []struct {
		Pipe      string
		Variables map[string]any
	}
	OutputVariables []string `yaml:"output-variables"`
	OIDC            bool
}

// bitbucketSteps reads the steps of a pipeline, whatever starts it.
func bitbucketSteps(t *testing.T, text string) []bitbucketStep {
	t.Helper()
	type steps = []struct{ Step bitbucketStep }
	var file struct {
		Pipelines struct {
			Default  steps
			Branches map[string]steps
		}
	}
	if err := yaml.Unmarshal([]byte(text), &file); err != nil {
		t.Fatal(err)
	}
	var all []bitbucketStep
	for _, of := range append(steps{}, append(file.Pipelines.Default, file.Pipelines.Branches["main"]...)...) {
		all = append(all, of.Step)
	}
	if len(all) == 0 {
		t.Fatalf("no step in\n%s", text)
	}
	return all
}

var bitbucketVariable = regexp.MustCompile(`\$[A-Z_]+`)

// pipeVariables are a pipe's own variables: NAME, or NAME_COUNT, NAME_0 … of a
// list ("Advanced techniques for writing pipes"), with those of the step put in.
func pipeVariables(variables map[string]any, step map[string]string) map[string]string {
	env := map[string]string{}
	put := func(name, value string) {
		env[name] = bitbucketVariable.ReplaceAllStringFunc(value, func(v string) string { return step[v[1:]] })
	}
	for name, value := range variables {
		if list, ok := value.([]any); ok {
			put(name+"_COUNT", strconv.Itoa(len(list)))
			for i, one := range list {
				put(name+"_"+strconv.Itoa(i), one.(string))
			}
			continue
		}
		put(name, value.(string))
	}
	return env
}

// The examples of docs/bitbucket.md, each pipe in a container as Bitbucket's
// logs show it. What output-variables lists is there.
func TestBitbucketExamples(t *testing.T) {
	for name, text := range examples(t, "bitbucket.md", "bitbucket-aws", "bitbucket-local") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBox(t, "bitbucket", bitbucketClone, bitbucketClone)
			local := strings.HasSuffix(name, "-local")
			if err := os.WriteFile(filepath.Join(b.folder, "variables"), nil, 0o644); err != nil { // the step's own
				t.Fatal(err)
			}
			give(t, b.folder)
			for _, step := range bitbucketSteps(t, text) {
				for _, line := range step.Script {
					image, ok := strings.CutPrefix(line.Pipe, "docker://")
					if !ok {
						t.Fatalf("no pipe: %+v", line)
					}
					b.named(image)
					own := map[string]string{}
					if step.OIDC {
						own["BITBUCKET_STEP_OIDC_TOKEN"] = "header.claims.signature"
					}
					env := pipeVariables(line.Variables, own)
					if local {
						wants(t, b.run(0, env), released)
						continue
					}
					if env["PLUGIN_OIDC_TOKEN"] != own["BITBUCKET_STEP_OIDC_TOKEN"] {
						t.Errorf("the token is %q", env["PLUGIN_OIDC_TOKEN"])
					}
					maps.Copy(env, dry)
					out := b.run(0, env)
					wants(t, out, wouldBe)
					if strings.Contains(out, own["BITBUCKET_STEP_OIDC_TOKEN"]) {
						t.Errorf("the token is shown:\n%s", out)
					}
				}
				for _, name := range step.OutputVariables {
					if !strings.HasPrefix(name, "CODEDEPLOY_") {
						t.Errorf("%s is no output", name)
					}
				}
			}
			if local {
				if out := readOutputs(t, filepath.Join(b.folder, "variables")); out["CODEDEPLOY_STATUS"] != "Succeeded" || !deploymentID.MatchString(out["CODEDEPLOY_DEPLOYMENT_ID"]) {
					t.Errorf("the variables are %v", out)
				}
				wantOwner(t, b.folder)
			}
		})
	}
}

// A list of a pipeline, and a report where Bitbucket looks for one.
func TestBitbucketList(t *testing.T) {
	b := newBox(t, "bitbucket", bitbucketClone, bitbucketClone)
	for _, name := range []string{"a.log", "notes"} {
		if err := os.WriteFile(filepath.Join(b.folder, "app", name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	give(t, b.folder)
	text := b.run(0, pipeVariables(map[string]any{"PLUGIN_STEP": "bundle list", "PLUGIN_SOURCE": "app", "PLUGIN_EXCLUDE": []any{"*.log", "notes"}}, nil))
	if !strings.Contains(text, "appspec.yml") || strings.Contains(text, "a.log") || strings.Contains(text, "notes") {
		t.Errorf("the bundle has:\n%s", text)
	}
}
