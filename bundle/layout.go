package bundle

import "io/fs"

// layout is the tree that a series of entries builds, as an unpacker would: later files and links take the place of earlier
// ones, folders come into being by the names in them, and nothing goes through a link.
type layout struct {
	nodes map[string]*node
	twice []string // names of files and links that a later entry took the place of
}

// node is a file, link or folder of a layout.
type node struct {
	item     item
	children int // names in the folder
}

func newLayout() *layout {
	return &layout{nodes: map[string]*node{".": {item: item{Entry: Entry{Name: ".", Mode: modeFolder}, perm: 0o755}}}}
}

// add puts an item into its place, or refuses it because something of another kind is there.
func (l *layout) add(it *item) error {
	parent := l.nodes["."]
	for name := range prefixes(it.Name) {
		n := l.nodes[name]
		if len(name) < len(it.Name) {
			if n == nil {
				n = &node{item: item{Entry: Entry{Name: name, Mode: modeFolder}, perm: 0o755}}
				l.nodes[name] = n
				parent.children++
			}
			if !n.item.Mode.IsDir() {
				return clash(it.Name, name, n.item.Mode)
			}
			parent = n
			continue
		}
		if n == nil {
			l.nodes[name] = &node{item: *it}
			parent.children++
			return nil
		}
		if n.item.Mode.IsDir() != it.Mode.IsDir() {
			return clash(it.Name, name, n.item.Mode)
		}
		if !it.Mode.IsDir() {
			l.twice = append(l.twice, it.Name)
		}
		n.item = *it
	}
	return nil
}

// hardTarget returns the file that a hard link is another name of.
func (l *layout) hardTarget(it *item) (*item, error) {
	n := l.nodes[it.hard]
	if n == nil || !n.item.Mode.IsRegular() {
		return nil, refused(it.Name, "it is a hard link to %s, which is no file", printable(it.hard))
	}
	return &n.item, nil
}

// clash refuses the entry called name because at is there as something else.
func clash(name, at string, is fs.FileMode) error {
	if at == name {
		return refused(name, "an earlier entry of that name is %s", kind(is))
	}
	return refused(name, "it would lie in %s, and that is %s", printable(at), kind(is))
}
