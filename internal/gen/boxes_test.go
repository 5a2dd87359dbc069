package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/owner"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps"
)

func decode(t *testing.T, text []byte, into any) {
	t.Helper()
	d := yaml.NewDecoder(strings.NewReader(string(text)))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
}

// A pipe's variables are the step's name and every input of every step.
func TestPipe(t *testing.T) {
	var p struct {
		Name, Image, Category, Description, Repository string
		Vendor, Maintainer                             struct{ Name, Website string }
		Tags                                           []string
		Variables                                      []struct{ Name string }
	}
	decode(t, pipe("registry.example/owner/name@sha256:0a"), &p)
	if p.Name == "" || p.Image != "registry.example/owner/name@sha256:0a" || p.Description == "" || p.Vendor.Name == "" || p.Maintainer.Name == "" {
		t.Errorf("%+v", p)
	}
	seen := map[string]int{}
	for _, v := range p.Variables {
		seen[v.Name]++
	}
	want := map[string]bool{"PLUGIN_STEP": true}
	for _, s := range steps.All(owner.Connect) {
		for _, f := range step.Fields(s.New()) {
			if f.Name == "step" || f.Name == "image" {
				t.Errorf("the step %s has an input %s, which names the step or the image in a box", s.Name, f.Name)
			}
			want["PLUGIN_"+strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))] = true
		}
	}
	for name := range want {
		if seen[name] != 1 {
			t.Errorf("%s is there %d times", name, seen[name])
		}
	}
	if len(seen) != len(want) {
		t.Errorf("%d variables, not %d", len(seen), len(want))
	}
}

// What plugin.yml takes is what the steps take, and nothing that is mistyped.
func TestBuildkitePlugin(t *testing.T) {
	var p struct {
		Name, Description, Author string
		Requirements              []string
		Configuration             map[string]any
	}
	decode(t, pluginMetadata(), &p)
	if p.Name == "" || p.Description == "" || p.Author == "" || !slices.Equal(p.Requirements, []string{"bash"}) {
		t.Errorf("%+v", p)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("plugin.json", p.Configuration); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("plugin.json")
	if err != nil {
		t.Fatal(err)
	}
	for text, good := range map[string]bool{
		"{step: release, source: app, wait: false, timeout: 30m, instances: 2}":                       true,
		"{step: bundle list, source: app}":                                                            true,
		"{step: push, include: [a, b], s3-tags: a=b, s3-bucket-owner: 123456789012, dry-run: 'true'}": true,
		"{step: validate, source: [a, b], fix: true, format: sarif}":                                  true,
		"{step: validate, fix: unsafe, image: 'a/b:1'}":                                               true,
		"{source: app}":                                      false,
		"{step: engine serve}":                               false,
		"{step: pusch}":                                      false,
		"{step: push, s3-buckett: x}":                        false,
		"{step: push, include: {a: b}}":                      false,
		"{step: push, include: [[a]]}":                       false,
		"{step: deploy, file-exists-behavior: overwrite}":    false,
		"{step: deploy, description: [a]}":                   false,
		"{step: deploy, wait: 3}":                            false,
		"{step: release, instances: 1.5}":                    false,
		"{step: validate, fix: false}":                       false,
		"{step: bundle diff, application: null, source: ''}": false,
	} {
		var config any
		decode(t, []byte(text), &config)
		if err := schema.Validate(config); (err == nil) != good {
			t.Errorf("%s: %v", text, err)
		}
	}
	properties := p.Configuration["properties"].(map[string]any)
	for _, s := range steps.All(owner.Connect) {
		for _, f := range step.Fields(s.New()) {
			of, ok := properties[f.Name].(map[string]any)
			if !ok || of["description"] == "" {
				t.Errorf("%s of %s: %v", f.Name, s.Name, of)
				continue
			}
			for _, word := range f.Enum {
				if all, ok := of["enum"].([]any); ok && !slices.Contains(all, any(word)) {
					t.Errorf("%s of %s does not take %s", f.Name, s.Name, word)
				}
			}
		}
	}
}

// The hook is a program, which a shell check has nothing to say about, and a
// release changes nothing but the image's name.
func TestBuildkiteHook(t *testing.T) {
	path := filepath.Join("..", "..", filepath.FromSlash(plugin), "hooks", "command")
	info, err := os.Stat(path)
	if err != nil || info.Mode()&0o111 != 0o111 && os.PathSeparator == '/' {
		t.Errorf("%v: it can't be run: %v", info.Mode(), err)
	}
	if _, err := exec.LookPath("shellcheck"); err == nil {
		if out, err := exec.Command("shellcheck", path).CombinedOutput(); err != nil {
			t.Errorf("%s", out)
		}
	}
	text := string(pluginHook("IMAGE"))
	if strings.Contains(text, "eval") || strings.Count(text, "IMAGE:-IMAGE}") != 1 {
		t.Errorf("%s", text)
	}
	image := "registry.example/owner/name@sha256:" + strings.Repeat("0a", 32)
	built, released := boxes(""), boxes("docker://"+image)
	for i, f := range released {
		if got := strings.ReplaceAll(string(built[i].make()), "codedeploy-steps:local", image); got != string(f.make()) {
			t.Errorf("%s differs in more than the image", f.path)
		}
	}
}
