package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// metadata is what GitHub reads of an action's file.
type metadata struct {
	Name, Description, Author string
	Branding                  struct{ Icon, Color string }
	Inputs                    map[string]map[string]any
	Outputs                   map[string]map[string]any
	Runs                      struct {
		Using, Image string
		Args         []string
	}
}

func parse(t *testing.T, text []byte) metadata {
	t.Helper()
	var m metadata
	d := yaml.NewDecoder(strings.NewReader(string(text)))
	d.KnownFields(true)
	if err := d.Decode(&m); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return m
}

func imageOf(t *testing.T, text []byte) string { return parse(t, text).Runs.Image }

// What GitHub's marketplace and runner want of every action, and what keeps an
// unset input unset.
func TestActions(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range actions("") {
		t.Run(f.path, func(t *testing.T) {
			text := f.make()
			m := parse(t, text)
			switch {
			case m.Name == "" || m.Author == "" || m.Branding.Icon == "" || m.Branding.Color == "":
				t.Errorf("name, author or branding is missing: %+v", m)
			case m.Description == "" || len(m.Description) > 125:
				t.Errorf("its description has %d characters; the marketplace takes 1 to 125", len(m.Description))
			case m.Runs.Using != "docker" || len(m.Runs.Args) == 0:
				t.Errorf("it runs %+v", m.Runs)
			}
			want := filepath.Clean(filepath.Join("..", "..", filepath.Dir(f.path), m.Runs.Image))
			if want != filepath.Join("..", "..", "Dockerfile") {
				t.Errorf("its image %s is not the Dockerfile at the root", m.Runs.Image)
			}
			if len(m.Inputs) == 0 {
				t.Error("it has no inputs")
			}
			for name, in := range m.Inputs {
				if in["description"] == "" || in["required"] != false || len(in) != 2 {
					t.Errorf("input %s: %v; wanted a description, required: false, and no default", name, in)
				}
			}
			for name, out := range m.Outputs {
				if out["description"] == "" || len(out) != 1 {
					t.Errorf("output %s: %v", name, out)
				}
			}
			if strings.Contains(string(text), "${{") {
				t.Error("it has an expression: inputs must go through the environment alone")
			}
			seen[strings.Join(m.Runs.Args, " ")] = true
		})
	}
	for _, name := range []string{"release", "validate", "bundle", "push", "register", "deploy", "wait", "rollback", "stop"} {
		if !seen[name] {
			t.Errorf("the step %s has no action", name)
		}
	}
}

// A release's files differ from the repository's in the line of the image only.
func TestPublishedImage(t *testing.T) {
	image := "docker://registry.example/owner/name@sha256:" + strings.Repeat("0a", 32)
	if !published.MatchString(image) {
		t.Fatalf("%s is not taken", image)
	}
	for _, wrong := range []string{"docker://owner/name:v1", "Dockerfile", "docker://n@sha256:12", image + "\n  x: y", "docker://n n@sha256:" + strings.Repeat("0", 64)} {
		if published.MatchString(wrong) {
			t.Errorf("%q is taken", wrong)
		}
	}
	built, released := actions(""), actions(image)
	for i, f := range released {
		a, b := strings.Split(string(built[i].make()), "\n"), strings.Split(string(f.make()), "\n")
		if len(a) != len(b) {
			t.Fatalf("%s has another number of lines", f.path)
		}
		var other []string
		for n := range a {
			if a[n] != b[n] {
				other = append(other, b[n])
			}
		}
		if len(other) != 1 || other[0] != "  image: "+image {
			t.Errorf("%s differs in %q", f.path, other)
		}
	}
}

// The reference names every input of every action.
func TestReference(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "reference", "steps.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range actions("") {
		for name := range parse(t, f.make()).Inputs {
			if !strings.Contains(string(page), "| `"+name+"` |") {
				t.Errorf("%s of %s is not in the reference", name, f.path)
			}
		}
	}
}
