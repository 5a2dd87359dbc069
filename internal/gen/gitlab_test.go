package main

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/owner"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps"
)

// componentFile is what GitLab reads of a component: the header, then the jobs.
type componentFile struct {
	inputs map[string]struct {
		Description string
		Default     *string
		Options     []string
	}
	jobs map[string]job
	text yaml.Node // of the jobs
}

type job struct {
	Stage         string
	Extends       string
	Image         struct{ Name, Entrypoint any }
	IDTokens      map[string]map[string]string `yaml:"id_tokens"`
	Variables     map[string]string
	Artifacts     map[string]any
	Rules         []map[string]any
	Needs         []string
	Environment   map[string]string
	ResourceGroup string `yaml:"resource_group"`
	Script        []string
}

func parseTemplate(t *testing.T, f file) (out componentFile) {
	t.Helper()
	d := yaml.NewDecoder(strings.NewReader(string(f.make())))
	d.KnownFields(true)
	var head struct{ Spec struct{ Inputs any } }
	must := func(err error) {
		if err != nil {
			t.Fatalf("%s: %v", f.path, err)
		}
	}
	must(d.Decode(&head))
	must(d.Decode(&out.text))
	must(out.text.Decode(&out.jobs))
	inputs, err := yaml.Marshal(head.Spec.Inputs)
	must(err)
	d = yaml.NewDecoder(strings.NewReader(string(inputs)))
	d.KnownFields(true)
	must(d.Decode(&out.inputs))
	return out
}

var block = regexp.MustCompile(`\$\[\[ inputs\.([a-z0-9-]+) \]\]`)

// Inputs can be left unset, each is used, and none stands in a script.
func TestComponents(t *testing.T) {
	for _, f := range components("") {
		t.Run(path.Base(f.path), func(t *testing.T) {
			tmpl := parseTemplate(t, f)
			for name, in := range tmpl.inputs {
				if in.Description == "" || in.Default == nil {
					t.Errorf("%s has no description or no default: it could not be left out", name)
				}
				if len(in.Options) > 0 && in.Options[0] != "" {
					t.Errorf("%s can't be left unset: its options are %q", name, in.Options)
				}
			}
			used := map[string]bool{}
			var walk func(n *yaml.Node, at string)
			walk = func(n *yaml.Node, at string) {
				for _, m := range block.FindAllStringSubmatch(n.Value, -1) {
					used[m[1]] = true
					if strings.HasPrefix(at, "/*/script") || strings.HasPrefix(at, "/*/before_script") || strings.HasPrefix(at, "/*/after_script") {
						t.Errorf("line %d: the script has the input %s in its text", n.Line, m[1])
					}
				}
				if strings.Contains(block.ReplaceAllString(n.Value, ""), "[[") {
					t.Errorf("line %d: %s is no plain input", n.Line, n.Value)
				}
				for i, child := range n.Content {
					below := at
					if n.Kind == yaml.MappingNode && i%2 == 1 {
						if key := n.Content[i-1].Value; at == "" {
							below = "/*"
						} else {
							below = at + "/" + key
						}
					}
					walk(child, below)
				}
			}
			walk(tmpl.text.Content[0], "")
			if a, b := slices.Sorted(maps.Keys(used)), slices.Sorted(maps.Keys(tmpl.inputs)); !slices.Equal(a, b) {
				t.Errorf("used are %q\nbut there are %q", a, b)
			}
		})
	}
}

// A step's component hands over every input that is not its own affair, under
// a name that the step reads, and runs nothing but the step.
func TestComponentsOfSteps(t *testing.T) {
	all := map[string]componentFile{}
	for _, f := range components("") {
		all[strings.TrimSuffix(path.Base(f.path), ".yml")] = parseTemplate(t, f)
	}
	held := []string{"dotenv", "format", "outputs", "report"}
	seen := 0
	for _, s := range steps.All(owner.Connect) {
		tmpl, ok := all[strings.ReplaceAll(s.Name, " ", "-")]
		if !ok {
			continue
		}
		seen++
		got := tmpl.jobs["$[[ inputs.job ]]"]
		if want := []string{"codedeploy-steps " + s.Name}; !slices.Equal(got.Script, want) {
			t.Errorf("%s runs %q", s.Name, got.Script)
		}
		known := map[string]bool{}
		for _, f := range step.Fields(s.New()) {
			name := "INPUT_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
			known[name] = true
			if !slices.Contains(step.EnvNames(f), name) {
				t.Errorf("%s does not read %s", s.Name, name)
			}
			value, passed := got.Variables[name]
			switch {
			case f.Secret:
				if passed {
					t.Errorf("%s: the secret %s is an input", s.Name, f.Name)
				}
			case slices.Contains(held, f.Name), strings.HasPrefix(f.Name, "github-") && f.Name != "github-account":
				if strings.Contains(value, "inputs.") {
					t.Errorf("%s: %s is an input", s.Name, f.Name)
				}
			case value != "$[[ inputs."+f.Name+" ]]":
				t.Errorf("%s: %s is %q", s.Name, name, value)
			}
		}
		for name := range got.Variables {
			if !known[name] {
				t.Errorf("%s has no input %s", s.Name, name)
			}
		}
		if _, has := got.Variables["INPUT_DOTENV"]; has != (len(s.Outputs) > 0) {
			t.Errorf("%s: INPUT_DOTENV: %t", s.Name, has)
		}
	}
	if seen != 10 || len(all) != 11 {
		t.Errorf("%d components of %d are of steps", seen, len(all))
	}
}

// What the pipeline promises: one release at a time in an environment, a stop
// that does not queue behind it, and jobs that nobody has to start.
func TestPipelineComponent(t *testing.T) {
	all := components("")
	tmpl := parseTemplate(t, all[len(all)-1])
	at := func(name string) job { return tmpl.jobs["$[[ inputs.jobs ]]-"+name] }
	const environment = "$[[ inputs.environment ]]"
	for name, want := range map[string]struct {
		environment map[string]string
		group       string
		manual      bool
	}{
		"validate": {},
		"release":  {map[string]string{"name": environment, "on_stop": "$[[ inputs.jobs ]]-stop"}, environment, false},
		"rollback": {map[string]string{"name": environment}, environment, true},
		"stop":     {map[string]string{"name": environment, "action": "stop"}, "", true},
	} {
		got := at(name)
		if !maps.Equal(got.Environment, want.environment) || got.ResourceGroup != want.group || got.Extends != ".$[[ inputs.jobs ]]" {
			t.Errorf("%s: %+v", name, got)
		}
		manual := got.Rules[0]["when"] == "manual" && got.Rules[0]["allow_failure"] == true && got.Needs != nil && len(got.Needs) == 0
		if manual != want.manual {
			t.Errorf("%s: rules %v, needs %q", name, got.Rules, got.Needs)
		}
	}
	// A cancelled rollback goes on unless its own default says otherwise.
	if _, shared := tmpl.jobs[".$[[ inputs.jobs ]]"].Variables["INPUT_ON_CANCEL"]; shared || at("release").Variables["INPUT_ON_CANCEL"] == "" {
		t.Error("on-cancel is not the release's alone")
	}
}

// A release's components run the published image.
func TestImageOfComponents(t *testing.T) {
	name := "registry.example/owner/name@sha256:" + strings.Repeat("0a", 32)
	for image, want := range map[string]string{"": "codedeploy-steps:local", "docker://" + name: name} {
		for _, f := range components(image) {
			if got := *parseTemplate(t, f).inputs["image"].Default; got != want {
				t.Errorf("%s runs %s", f.path, got)
			}
		}
	}
}
