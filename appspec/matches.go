package appspec

import (
	"path"
	"strings"
)

// Matches tells whether the entry reaches a path that the deployment copies a
// file to, or makes a folder at. Object itself is never matched here: if it is
// a file, the entry is for that file and the agent asks for no pattern.
//
// As the agent does it: without a pattern everything below Object is reached,
// at any depth; a pattern, and every item of except, is compared with names
// directly below Object, and only * is special in it.
func (p Permission) Matches(name string, directory bool) bool {
	if directory && !p.Type.Directory || !directory && !p.Type.File {
		return false
	}
	object := path.Clean(p.Object.Value)
	if object != "/" {
		object += "/"
	}
	below, ok := strings.CutPrefix(strings.TrimSuffix(name, "/"), object)
	if !ok {
		return false
	}
	if p.Pattern.Value != "**" && !matchesName(p.Pattern.Value, below) {
		return false
	}
	for _, except := range p.Except {
		if matchesName(except.Value, below) {
			return false
		}
	}
	return true
}

// matchesName compares a single name with a pattern.
func matchesName(pattern, name string) bool {
	if strings.Contains(name, "/") {
		return false
	}
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == name
	}
	rest, ok := strings.CutPrefix(name, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}
