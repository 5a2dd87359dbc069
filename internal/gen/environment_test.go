package main

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/owner"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps"
)

// strict reads YAML that has no other keys than those of v.
func strict(t *testing.T, text []byte, v any) {
	t.Helper()
	d := yaml.NewDecoder(strings.NewReader(string(text)))
	d.KnownFields(true)
	if err := d.Decode(v); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
}

// The variable that hands an input over is one that the step takes.
func TestPluginVariable(t *testing.T) {
	for _, s := range steps.All(owner.Connect) {
		for _, f := range step.Fields(s.New()) {
			names := step.EnvNames(f)
			at := slices.Index(names, pluginVariable(f))
			if at < 0 || at > slices.IndexFunc(names, func(n string) bool { return strings.HasPrefix(n, "CODEDEPLOY_STEPS_") }) {
				t.Errorf("%s: %s of %v", s.Name, pluginVariable(f), names)
			}
		}
	}
}

// What CircleCI wants of an orb ("Reusable config reference").
func TestOrb(t *testing.T) {
	var o struct {
		Version     float64
		Description string
		Display     struct {
			Home   string `yaml:"home_url"`
			Source string `yaml:"source_url"`
		}
		Commands map[string]struct {
			Description string
			Parameters  map[string]struct {
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
	}
	text := orb()
	strict(t, text, &o)
	if o.Version != 2.1 || !strings.HasPrefix(o.Display.Home, "https://") || !strings.HasPrefix(o.Display.Source, "https://") {
		t.Errorf("version %v, display %+v", o.Version, o.Display)
	}
	name := regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)
	all := steps.All(owner.Connect)
	if len(o.Commands) != len(all)+1 {
		t.Errorf("%d commands for %d steps", len(o.Commands), len(all))
	}
	for _, s := range all {
		c, ok := o.Commands[commandName(s)]
		if !ok || !name.MatchString(commandName(s)) || c.Description == "" || len(c.Steps) != 1 || c.Steps[0].Run.Command != "codedeploy-steps "+s.Name {
			t.Errorf("%s is %+v", s.Name, c)
			continue
		}
		for _, f := range step.Fields(s.New()) {
			p, ok := c.Parameters[f.Name]
			value := c.Steps[0].Run.Environment[pluginVariable(f)]
			switch {
			case f.Secret:
				if ok || value != "" {
					t.Errorf("%s: the secret %s is a parameter", s.Name, f.Name)
				}
				continue
			case !ok || !name.MatchString(f.Name) || p.Description == "" || !strings.Contains(value, "<< parameters."+f.Name+" >>") && !strings.Contains(value, "<</ parameters."+f.Name+" >>"):
				t.Errorf("%s: %s is %+v, handed over as %q", s.Name, f.Name, p, value)
			}
			want := map[bool]string{true: "enum", false: "string"}[len(f.Enum) > 0 || f.Type == reflect.TypeFor[*bool]()]
			if f.Type.Kind() == reflect.Bool {
				want = "boolean"
				if p.Default != (f.Default == "true") {
					t.Errorf("%s: %s is %v by default", s.Name, f.Name, p.Default)
				}
			} else if p.Default != "" {
				t.Errorf("%s: %s is %v by default; unset has to stay unset", s.Name, f.Name, p.Default)
			}
			if p.Type != want || want == "enum" && (!slices.Contains(p.Enum, "") || !slices.Equal(f.Enum, p.Enum[1:]) && !f.IsBool()) {
				t.Errorf("%s: %s is %+v, not of type %s", s.Name, f.Name, p, want)
			}
		}
	}
}

// What Azure Pipelines wants of a template ("Templates", "parameters.parameter
// definition"): names of letters and digits, no empty value among values.
func TestAzureTemplates(t *testing.T) {
	name := regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`)
	seen := map[string]bool{}
	for _, f := range azureTemplates() {
		var tpl struct {
			Parameters []struct {
				Name, Type  string
				DisplayName string `yaml:"displayName"`
				Default     string
				Values      []string
			}
			Steps []struct {
				Script, Bash, Name string
				DisplayName        string `yaml:"displayName"`
				Env                yaml.Node
			}
		}
		strict(t, f.make(), &tpl)
		if len(tpl.Steps) != 1 || tpl.Steps[0].DisplayName == "" {
			t.Fatalf("%s has the steps %+v", f.path, tpl.Steps)
		}
		seen[tpl.Steps[0].Script] = true
		env := string(f.make()[strings.Index(string(f.make()), "    env:"):])
		names := map[string]bool{}
		for _, p := range tpl.Parameters {
			switch {
			case names[p.Name] || !name.MatchString(p.Name) || p.DisplayName == "":
				t.Errorf("%s: parameter %+v", f.path, p)
			case !slices.Contains([]string{"string", "boolean", "number"}, p.Type) || slices.Contains(p.Values, "") || p.Values != nil && !slices.Contains(p.Values, p.Default):
				t.Errorf("%s: parameter %+v", f.path, p)
			case p.Name != "stepName" && !strings.Contains(env, "parameters."+p.Name):
				t.Errorf("%s: %s is not handed over", f.path, p.Name)
			}
			names[p.Name] = true
		}
		for _, s := range steps.All(owner.Connect) {
			if f.path != "azure/"+commandName(s)+".yml" {
				continue
			}
			for _, in := range step.Fields(s.New()) {
				if !names[azureName(in.Name)] || !strings.Contains(env, " "+pluginVariable(in)+": ") {
					t.Errorf("%s: no parameter hands %s over", f.path, in.Name)
				}
			}
		}
	}
	for _, s := range steps.All(owner.Connect) {
		if !seen["codedeploy-steps "+s.Name] {
			t.Errorf("no template runs %s", s.Name)
		}
	}
}
