package step

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// FileName is the file in a repository that sets inputs for all its steps:
// a mapping from names to values, and from a step's name to a mapping that
// holds for that step alone.
const FileName = ".codedeploy-steps.yml"

// repositoryFile reads FileName in dir or in the nearest folder above it, up
// to the root of the repository that dir lies in. No file is no source.
func repositoryFile(dir, step string, steps []Step) (source, error) {
	path, text, err := findFile(dir)
	if err != nil || path == "" {
		return nil, err
	}
	shown := path
	if rel, err := filepath.Rel(dir, path); err == nil {
		shown = rel
	}
	wrong := func(n *yaml.Node, format string, args ...any) error {
		return Errorf(Misused, "%s:%d: %s", shown, n.Line, fmt.Sprintf(format, args...))
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, Errorf(Misused, "%s: %w", shown, err)
	}
	if len(doc.Content) == 0 || empty(doc.Content[0]) {
		return nil, nil
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, wrong(root, "the file must be a mapping from names of inputs to their values")
	}
	known := map[string]*Field{}
	inputs := map[string]map[string]*Field{} // of each step
	for _, s := range steps {
		inputs[s.Name] = map[string]*Field{}
		for _, f := range Fields(s.New()) {
			inputs[s.Name][f.Name] = f
		}
		maps.Copy(known, inputs[s.Name])
	}
	maps.Copy(known, inputs[step]) // one takes a list where another takes one value
	values := map[string]*yaml.Node{}
	take := func(m *yaml.Node, of string, apply bool) error {
		if again := twice(m); again != nil {
			return wrong(again, "%s is set twice", again.Value)
		}
		for i := 0; i+1 < len(m.Content); i += 2 {
			key, value := m.Content[i], meant(m.Content[i+1])
			f := known[key.Value]
			if own := inputs[of][key.Value]; own != nil {
				f = own
			}
			switch {
			case f == nil && len(steps) == 1:
				continue // a program of one step shares the file with the others
			case f == nil:
				return wrong(key, "no step has an input %q%s", key.Value, DidYouMean(key.Value, slices.Collect(maps.Keys(known))))
			case f.NoFile:
				return wrong(key, "%s is not taken from this file, which comes with the checkout; give it as --%s or CODEDEPLOY_STEPS_%s",
					f.Name, f.Name, strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_")))
			case value.Kind == yaml.MappingNode || value.Kind == yaml.SequenceNode && !f.IsList():
				return wrong(value, "%s takes one value", f.Name)
			case !plain(value):
				return wrong(value, "%s takes a list of plain values", f.Name)
			}
			if apply && !empty(value) { // empty is unset: a section's does not hide the general one
				values[key.Value] = value
			}
		}
		return nil
	}
	general := &yaml.Node{Kind: yaml.MappingNode}
	var own []*yaml.Node
	if again := twice(root); again != nil {
		return nil, wrong(again, "%s is set twice", again.Value)
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], meant(root.Content[i+1])
		if value.Kind == yaml.MappingNode && len(steps) == 1 && key.Value != step {
			continue
		}
		if empty(value) && inputs[key.Value] != nil && known[key.Value] == nil {
			continue // a step's section without a line in it
		}
		if value.Kind == yaml.MappingNode && inputs[key.Value] != nil {
			if err := take(value, key.Value, false); err != nil {
				return nil, err
			}
			if key.Value == step {
				own = append(own, value)
			}
			continue
		}
		general.Content = append(general.Content, key, value)
	}
	for _, m := range append([]*yaml.Node{general}, own...) {
		if err := take(m, step, true); err != nil {
			return nil, err
		}
	}
	return func(f *Field) (string, Origin) {
		n := values[f.Name]
		if n == nil {
			return "", fromNowhere
		}
		from := Origin(fmt.Sprintf("%s:%d", shown, n.Line))
		if n.Kind == yaml.SequenceNode {
			var items []string
			for _, item := range n.Content {
				items = append(items, meant(item).Value)
			}
			return strings.Join(items, "\n"), from
		}
		return n.Value, from
	}, nil
}

// meant gives what an alias stands for.
func meant(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// twice gives the first key of a mapping that stands there already.
func twice(m *yaml.Node) *yaml.Node {
	seen := map[string]bool{}
	for i := 0; i+1 < len(m.Content); i += 2 {
		key := m.Content[i]
		if seen[key.Value] {
			return key
		}
		seen[key.Value] = true
	}
	return nil
}

func empty(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && (n.Tag == "!!null" || n.Value == "")
}

// plain says that a value is a scalar or a list of scalars.
func plain(n *yaml.Node) bool {
	for _, item := range n.Content {
		if meant(item).Kind != yaml.ScalarNode {
			return false
		}
	}
	return true
}

// findFile looks for the file in dir and above it, as far as the repository
// goes. Outside of one only dir counts: what lies above may be anybody's.
func findFile(dir string) (path string, text []byte, err error) {
	root := repository(dir)
	for {
		path = filepath.Join(dir, FileName)
		text, err = os.ReadFile(path)
		if err == nil {
			return path, text, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", nil, Errorf(Misused, "%w", err)
		}
		if dir == root {
			return "", nil, nil
		}
		dir = filepath.Dir(dir)
	}
}

// repository gives the root of the repository that dir lies in, or dir.
func repository(dir string) string {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, ".git")); err == nil {
			return at
		}
		if at == filepath.Dir(at) {
			return dir
		}
	}
}
