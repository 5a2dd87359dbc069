package appspec

import (
	"fmt"
	"slices"

	"gopkg.in/yaml.v3"
)

// reader turns a document into a File and reports what is wrong with it.
type reader struct {
	findings
	options  Options
	marked   bool // the text begins with a byte order mark
	followed int  // values reached through aliases, merge keys included
	mixed    bool // YAML-020 is reported
}

// maxFollowed bounds what aliases may multiply a text into.
const maxFollowed = 50_000

// keyID is what makes two keys of a mapping the same one.
type keyID struct {
	kind  Kind
	value string
}

func idOf(key String) keyID { return keyID{key.Kind, key.Value} }

// manyKeys is from how many keys on a mapping is searched by a table.
const manyKeys = 16

// entry is one key of a mapping and its value.
type entry struct {
	key  String
	node *yaml.Node // never an alias
}

// value reads the entry's value as a single one.
func (r *reader) value(e entry) String {
	if e.node == nil {
		return String{}
	}
	return stringOf(r.text, e.node)
}

// valueRange is where the value stands, or the key if there is none.
func (r *reader) valueRange(e entry) Range {
	if v := r.value(e); v.Present() || v.Raw != "" {
		return v.Range()
	}
	return e.key.Range()
}

// follow replaces an alias by what it stands for, nil past the bound.
func (r *reader) follow(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		if r.spend(n.Alias); r.followed > maxFollowed {
			r.fails("LIMIT-003", stringOf(r.text, n).Range(),
				fmt.Sprintf("the aliases of this file stand for more than %d values", maxFollowed), "", "Write the values out.")
			return nil
		}
		n = n.Alias
	}
	return n
}

// spend counts the values that an alias stands for.
func (r *reader) spend(n *yaml.Node) {
	if r.followed++; r.followed > maxFollowed {
		return
	}
	for _, child := range n.Content {
		r.spend(child)
	}
}

// entries reads a mapping as Ruby does: merge keys are merged where they
// stand, a later value replaces an earlier one of the same key.
func (r *reader) entries(n *yaml.Node) []entry {
	list := make([]entry, 0, len(n.Content)/2)
	var place map[keyID]int // of a key in the list; made for long lists only
	put := func(e entry) {
		i := -1
		if len(list) < manyKeys {
			i = slices.IndexFunc(list, func(x entry) bool { return idOf(x.key) == idOf(e.key) })
		} else {
			if place == nil {
				place = make(map[keyID]int, cap(list))
				for i, x := range list {
					place[idOf(x.key)] = i
				}
			}
			if at, ok := place[idOf(e.key)]; ok {
				i = at
			} else {
				place[idOf(e.key)] = len(list)
			}
		}
		if i >= 0 {
			list[i] = e
			return
		}
		list = append(list, e)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := r.follow(n.Content[i]), r.follow(n.Content[i+1])
		if key == nil || value == nil {
			break
		}
		if key.Value == "<<" && (key.Style&yaml.TaggedStyle == 0) {
			if merged, ok := r.merged(value); ok {
				for _, e := range merged {
					put(e)
				}
				continue
			}
		}
		put(entry{stringOf(r.text, key), value})
	}
	return list
}

// merged gives what a merge key brings in.
func (r *reader) merged(n *yaml.Node) ([]entry, bool) {
	var list []entry
	add := func(m *yaml.Node) {
		for i := 0; i+1 < len(m.Content); i += 2 {
			if key, value := r.follow(m.Content[i]), r.follow(m.Content[i+1]); key != nil && value != nil {
				list = append(list, entry{stringOf(r.text, key), value})
			}
		}
	}
	switch n.Kind {
	case yaml.MappingNode:
		add(n)
	case yaml.SequenceNode:
		for i := len(n.Content) - 1; i >= 0; i-- {
			m := r.follow(n.Content[i])
			if m == nil || m.Kind != yaml.MappingNode {
				return nil, false
			}
			add(m)
		}
	default:
		return nil, false
	}
	return list, true
}

// items reads a list.
func (r *reader) items(n *yaml.Node) []*yaml.Node {
	list := make([]*yaml.Node, 0, len(n.Content))
	for _, item := range n.Content {
		if item = r.follow(item); item != nil {
			list = append(list, item)
		}
	}
	return list
}

// find returns the entry with a key; its node is nil if there is none.
func find(entries []entry, key string) entry {
	for _, e := range entries {
		if e.key.Kind == Text && e.key.Value == key {
			return e
		}
	}
	return entry{}
}

// isNull is true for a missing value and for null.
func isNull(e entry) bool {
	if e.node == nil {
		return true
	}
	if e.node.Kind != yaml.ScalarNode {
		return false
	}
	kind, _ := typed(e.node)
	return kind == Null
}

// isNothing is true for what Ruby takes for false: missing, null, false.
func isNothing(e entry) bool {
	if isNull(e) {
		return true
	}
	kind, value := Absent, ""
	if e.node.Kind == yaml.ScalarNode {
		kind, value = typed(e.node)
	}
	return kind == Bool && value == "false"
}
