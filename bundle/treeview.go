package bundle

import (
	"io"
	"io/fs"
	"slices"
	"sort"
	"strings"
	"sync/atomic"
)

// FS returns a read-only view of the folder as the bundle will hold it: without what was left out, with the AppSpec in its place.
// Contents are those on disk at the time of opening.
func (t *Tree) FS() fs.FS { return view{&treeListing{tree: t}} }

// treeListing finds entries where they stand in a tree: a view of all of a large one costs nothing but what is looked at.
type treeListing struct {
	tree *Tree
	near atomic.Int64 // what was found last: what is looked for next mostly stands near it
}

// from returns the index of the first entry whose name is not before a text.
func (l *treeListing) from(text string) int {
	all, at := l.tree.Entries, int(l.near.Load())
	low, high := 0, len(all)
	if at < len(all) && all[at].Name < text {
		low = at + 1
		for step := 1; at+step < high; step *= 2 {
			if all[at+step].Name >= text {
				high = at + step
				break
			}
			low = at + step + 1
		}
	} else {
		high = at
		for step := 1; at-step >= low; step *= 2 {
			if all[at-step].Name < text {
				low = at - step + 1
				break
			}
			high = at - step
		}
	}
	i := low + sort.Search(high-low, func(i int) bool { return all[low+i].Name >= text })
	l.near.Store(int64(i))
	return i
}

func (l *treeListing) node(name string) *node {
	if i := l.from(name); i < len(l.tree.Entries) && l.tree.Entries[i].Name == name {
		e := &l.tree.Entries[i]
		return &node{item: item{Entry: *e, perm: e.Mode.Perm(), open: func() (io.ReadCloser, error) { return l.tree.open(e) }}}
	}
	if i := l.from(name + "/"); name == "." || i < len(l.tree.Entries) && strings.HasPrefix(l.tree.Entries[i].Name, name+"/") {
		return &node{item: item{Entry: Entry{Name: name, Mode: modeFolder}, perm: 0o755}}
	}
	return nil
}

func (l *treeListing) children(folder string) []fs.DirEntry {
	prefix := folder + "/"
	if folder == "." {
		prefix = ""
	}
	all := make([]treeEntry, 0, 16)
	for i := l.from(prefix); i < len(l.tree.Entries); {
		e := &l.tree.Entries[i]
		rest, inside := strings.CutPrefix(e.Name, prefix)
		if !inside {
			break
		}
		base, _, deeper := strings.Cut(rest, "/")
		if !deeper {
			all = append(all, treeEntry{l, base, e.Name, e.Mode})
			i++
			continue
		}
		name := e.Name[:len(prefix)+len(base)]
		all = append(all, treeEntry{l, base, name, modeFolder})
		i = l.from(name + "0") // what is in a folder stands together, and '0' comes after '/'
	}
	list := make([]fs.DirEntry, len(all))
	for i := range all {
		list[i] = &all[i]
	}
	slices.SortFunc(list, byBase)
	return list
}

// treeEntry is an entry of a tree, or a folder on the way to some, as its folder lists it.
type treeEntry struct {
	listing    *treeListing
	base, name string
	mode       fs.FileMode
}

func (e *treeEntry) Name() string      { return e.base }
func (e *treeEntry) IsDir() bool       { return e.mode.IsDir() }
func (e *treeEntry) Type() fs.FileMode { return e.mode.Type() }
func (e *treeEntry) String() string    { return fs.FormatDirEntry(e) }

func (e *treeEntry) Info() (fs.FileInfo, error) { return info{e.listing.node(e.name), e.base}, nil }

// open opens an entry's file by itself.
func (t *Tree) open(e *Entry) (io.ReadCloser, error) {
	root, err := openTop(t.Root)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	files := opener{tree: t, root: root}
	defer files.close()
	f, err := files.open(e)
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.NewSectionReader(f, 0, e.Size), f}, nil
}
