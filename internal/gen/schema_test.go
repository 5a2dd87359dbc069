package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"github.com/codedeploy-steps/codedeploy-steps/appspec"
)

// compiled is the schema, held to the rules of its draft.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(appspecSchema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(schemaID, document); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(schemaID)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// instance reads a text as an editor does: YAML in terms of JSON. It is false
// if it is no YAML.
func instance(text []byte) (any, bool) {
	var v any
	if err := yaml.Unmarshal(text, &v); err != nil {
		return nil, false
	}
	return jsonOf(v), true
}

func jsonOf(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = jsonOf(v[k])
		}
		return v
	case map[any]any:
		m := map[string]any{}
		for k, value := range v {
			m[fmt.Sprint(k)] = jsonOf(value)
		}
		return m
	case []any:
		for i := range v {
			v[i] = jsonOf(v[i])
		}
		return v
	case string, int, float64, bool, nil:
		return v
	}
	return fmt.Sprint(v) // a date, a number that is too large
}

// shaped returns the rules that the schema knows: it rejects their failing
// examples, and those of no other rule that can be read as YAML.
func shaped() []string {
	return []string{
		"YAML-001", "YAML-012", "YAML-020", "YAML-021", "YAML-022", "YAML-023",
		"EC2-001", "EC2-002", "EC2-003", "EC2-005", "EC2-006", "EC2-010", "EC2-020", "EC2-021", "EC2-022", "EC2-023", "EC2-024", "EC2-026",
		"EC2-034", "EC2-035", "EC2-040", "EC2-050", "EC2-051", "EC2-052", "EC2-053", "EC2-059", "EC2-060", "EC2-062", "EC2-064", "EC2-068",
		"EC2-069", "EC2-075", "EC2-076", "EC2-077", "EC2-078", "EC2-080", "EC2-081", "EC2-084", "EC2-085", "EC2-087", "EC2-100", "EC2-101",
		"EC2-103", "EC2-104", "EC2-105", "EC2-106", "EC2-107", "EC2-109", "EC2-110", "EC2-111", "EC2-113", "EC2-116", "EC2-117", "EC2-119",
		"EC2-121", "EC2-123", "EC2-124",
		"ECS-001", "ECS-002", "ECS-003", "ECS-005", "ECS-006", "ECS-033", "ECS-034", "ECS-035", "ECS-007", "ECS-008", "ECS-010", "ECS-012",
		"ECS-014", "ECS-015", "ECS-017", "ECS-018", "ECS-019", "ECS-024", "ECS-025", "ECS-026", "ECS-027", "ECS-028",
		"LAM-001", "LAM-002", "LAM-003", "LAM-004", "LAM-005", "LAM-006", "LAM-007", "LAM-008", "LAM-009", "LAM-010", "LAM-014", "LAM-015",
		"LAM-016", "LAM-019", "LAM-020",
		"LIMIT-002", "LIMIT-004",
		"LINT-001", "LINT-002",
	}
}

// partly are those of them that the schema does not know in all that people
// wrote: of an ARN only how it begins.
func partly() []string { return []string{"ECS-008"} }

// appspecs are the AppSpec texts of an example.
func appspecs(example string) [][]byte {
	var texts [][]byte
	files, _ := appspec.Example(example)
	for _, f := range files {
		if f.Name == "appspec.yml" {
			texts = append(texts, []byte(f.Text))
		}
	}
	return texts
}

func TestSchemaOfExamples(t *testing.T) {
	s := compiled(t)
	for _, r := range appspec.Rules() {
		for _, text := range appspecs(r.Fails) {
			v, ok := instance(text)
			if !ok {
				if slices.Contains(shaped(), r.ID) {
					t.Errorf("%s is not YAML", r.ID)
				}
				continue
			}
			if err := s.Validate(v); (err != nil) != slices.Contains(shaped(), r.ID) {
				t.Errorf("%s fails: %v", r.ID, err)
			}
		}
		for _, text := range appspecs(r.Passes) {
			v, ok := instance(text)
			if !ok {
				t.Errorf("%s: the passing example is not YAML", r.ID)
				continue
			}
			err := s.Validate(v)
			_, found := r.With.Options.Parse("appspec.yml", text)
			if known := slices.ContainsFunc(found, func(d appspec.Diagnostic) bool { return slices.Contains(shaped(), d.Rule) }); (err != nil) != known {
				t.Errorf("%s passes: %v, and the rules say %v", r.ID, err, found)
			}
		}
	}
}

// TestSchemaOfCorpus: on files that people wrote the schema says what the rules
// say that it knows. The variable names the folder that has appspec/ and INDEX.tsv.
func TestSchemaOfCorpus(t *testing.T) {
	folder := os.Getenv("CODEDEPLOY_STEPS_CORPUS")
	if folder == "" {
		t.Skip("CODEDEPLOY_STEPS_CORPUS is not set")
	}
	s := compiled(t)
	paths, err := filepath.Glob(filepath.Join(folder, "appspec", "*.y*ml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files in %s: %v", folder, err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f, found := appspec.Parse("appspec.yml", text)
		v, ok := instance(text)
		if f == nil || !ok {
			continue
		}
		var rules []string
		for _, d := range found {
			if slices.Contains(shaped(), d.Rule) {
				rules = append(rules, d.Rule)
			}
		}
		switch err := s.Validate(v); {
		case err != nil && len(rules) == 0:
			t.Errorf("%s: %v, and no rule says so: %v", filepath.Base(path), err, found)
		case err == nil && slices.ContainsFunc(rules, func(id string) bool { return !slices.Contains(partly(), id) }):
			t.Errorf("%s: accepted, but %v", filepath.Base(path), rules)
		}
	}
}
