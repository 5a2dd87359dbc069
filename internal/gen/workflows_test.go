package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// pinned is an action of another repository by its commit, which nobody can move.
var pinned = regexp.MustCompile(`^[A-Za-z0-9_.-]+/[A-Za-z0-9_./-]+@[0-9a-f]{40}$`)

// In our workflows and actions nothing that somebody else chose is a part of a
// script: expressions stand in env and with only. Actions of others are pinned.
func TestWorkflows(t *testing.T) {
	var all []string
	for _, pattern := range []string{".github/workflows/*.yml", "install/action.yml", "action.yml", "steps/*/action.yml", "steps/*/*/action.yml"} {
		found, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(pattern)))
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		all = append(all, found...)
	}
	for _, path := range all {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var doc yaml.Node
		if err := yaml.Unmarshal(text, &doc); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		var walk func(n *yaml.Node)
		walk = func(n *yaml.Node) {
			for i, child := range n.Content {
				walk(child)
				if n.Kind != yaml.MappingNode || i%2 == 0 || child.Kind != yaml.ScalarNode {
					continue
				}
				switch key := n.Content[i-1].Value; key {
				case "run", "args", "entrypoint", "shell":
					if strings.Contains(child.Value, "${{") {
						t.Errorf("%s:%d: %s has an expression in its text", path, child.Line, key)
					}
				case "uses":
					if !strings.HasPrefix(child.Value, "./") && !pinned.MatchString(child.Value) {
						t.Errorf("%s:%d: %s is not pinned to a commit", path, child.Line, child.Value)
					}
				}
			}
		}
		walk(&doc)
	}
}
