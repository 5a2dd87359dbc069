//go:build linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// azureTemplate is a template of steps.
type azureTemplate struct {
	Parameters []struct {
		Name, Type, DisplayName string
		Default                 any
		Values                  []string
	}
	Steps []yaml.Node
}

// azure gives the script steps of a pipeline.
func azure(t *testing.T, j *shellJob, pipeline, root string) []shellStep {
	t.Helper()
	var p struct {
		Resources struct {
			Repositories []map[string]string
		}
		Variables map[string]string
		Steps     []struct {
			Template   string
			Parameters map[string]any
			Script     string
			Env        map[string]string
			Task       string
		}
	}
	if err := yaml.Unmarshal([]byte(pipeline), &p); err != nil {
		t.Fatal(err)
	}
	if r := p.Resources.Repositories; len(r) != 1 || r[0]["repository"] != "codedeploy" || r[0]["type"] != "github" {
		t.Fatalf("its repositories are %v", r)
	}
	for name, value := range p.Variables {
		j.env[strings.ToUpper(strings.ReplaceAll(name, ".", "_"))] = j.macros(value)
	}
	var all []shellStep
	for _, s := range p.Steps {
		switch file, ok := strings.CutSuffix(s.Template, "@codedeploy"); {
		case ok:
			text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file)))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, azureCall(t, file, text, s.Parameters)...)
		case s.Script != "":
			all = append(all, shellStep{name: "script", script: s.Script, env: s.Env})
		case s.Task == "":
			t.Fatalf("step %+v is not known", s)
		}
	}
	return all
}

// azureCall checks parameters as Azure does, and fills them in.
func azureCall(t *testing.T, file string, text []byte, given map[string]any) []shellStep {
	t.Helper()
	var tpl azureTemplate
	if err := yaml.Unmarshal(text, &tpl); err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for _, p := range tpl.Parameters {
		value := fmt.Sprint(p.Default)
		if v, ok := given[p.Name]; ok {
			value = fmt.Sprint(v)
		}
		delete(given, p.Name)
		switch {
		case p.Type == "boolean" && value != "true" && value != "false",
			p.Type == "number" && strings.Trim(value, "0123456789") != "",
			p.Type == "string" && p.Values != nil && !slices.Contains(p.Values, value):
			t.Fatalf("%s: parameter %s: %q is no %s %v", file, p.Name, value, p.Type, p.Values)
		}
		values[p.Name] = value
	}
	if len(given) > 0 {
		t.Fatalf("%s has no parameters %v", file, given)
	}
	fill := func(text string) string {
		return regexp.MustCompile(`\$\{\{ parameters\.([A-Za-z0-9]+) \}\}`).ReplaceAllStringFunc(text, func(s string) string {
			return values[strings.TrimSuffix(strings.TrimPrefix(s, "${{ parameters."), " }}")]
		})
	}
	var all []shellStep
	for _, node := range tpl.Steps {
		var s struct {
			Script, Bash, Name, DisplayName string
			Env                             yaml.Node
		}
		if err := node.Decode(&s); err != nil {
			t.Fatal(err)
		}
		step := shellStep{name: fill(s.Name), script: fill(s.Script + s.Bash), env: map[string]string{}}
		insert(t, s.Env.Content, values, func(key, value string) { step.env[key] = fill(value) })
		all = append(all, step)
	}
	return all
}

var condition = regexp.MustCompile(`^\$\{\{ if (?:(not)\(parameters\.(\w+)\)|(ne)\(parameters\.(\w+), '?([^']*)'?\)|parameters\.(\w+)) \}\}$`)

// insert goes through a mapping with conditional insertions.
func insert(t *testing.T, pairs []*yaml.Node, values map[string]string, each func(key, value string)) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		key, value := pairs[i].Value, pairs[i+1]
		if value.Kind == yaml.ScalarNode {
			each(key, value.Value)
			continue
		}
		m := condition.FindStringSubmatch(key)
		if m == nil {
			t.Fatalf("the expression %s is not known", key)
		}
		if m[1] != "" && values[m[2]] == "false" || m[3] != "" && values[m[4]] != m[5] || m[6] != "" && values[m[6]] == "true" {
			insert(t, value.Content, values, each)
		}
	}
}

var macro = regexp.MustCompile(`\$\([A-Za-z0-9_.]+\)`)

// macros fills in variables as Azure's agent does; what it does not know stays.
func (j *shellJob) macros(text string) string {
	if !j.azure {
		return text
	}
	return macro.ReplaceAllStringFunc(text, func(s string) string {
		if value, ok := j.env[strings.ToUpper(strings.ReplaceAll(s[2:len(s)-1], ".", "_"))]; ok {
			return value
		}
		return s
	})
}

var command = regexp.MustCompile(`##vso\[task\.(prependpath|setvariable variable=(\w+);isOutput=true)\]([^\n]*)`)

// obey takes from a task's log what the agent takes.
func (j *shellJob) obey(log, task string) {
	for _, m := range command.FindAllStringSubmatch(log, -1) {
		if m[2] == "" {
			j.env["PATH"] = m[3] + ":" + j.env["PATH"]
		} else {
			j.env[strings.ToUpper(task)+"_"+m[2]] = m[3]
		}
	}
}
