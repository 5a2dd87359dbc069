package bundle

import (
	"cmp"
	"io/fs"
	"path"
	"slices"
)

// Change is a difference between two manifests in one name. Before or After is nil if the name is only in the other.
type Change struct {
	Name          string
	Before, After *Entry
}

// Diff returns in what two manifests differ, by name: of two bundles, or of a bundle and a folder.
func Diff(before, after *Manifest) []Change {
	var list []Change
	a, b := before.Entries, after.Entries
	for len(a) > 0 || len(b) > 0 {
		order := 0
		switch {
		case len(a) == 0:
			order = 1
		case len(b) == 0:
			order = -1
		default:
			order = cmp.Compare(a[0].Name, b[0].Name)
		}
		switch {
		case order < 0:
			list = append(list, Change{Name: a[0].Name, Before: &a[0]})
			a = a[1:]
		case order > 0:
			list = append(list, Change{Name: b[0].Name, After: &b[0]})
			b = b[1:]
		default:
			if a[0] != b[0] {
				list = append(list, Change{Name: a[0].Name, Before: &a[0], After: &b[0]})
			}
			a, b = a[1:], b[1:]
		}
	}
	return list
}

// Words says what changed: added, removed, content, mode, link, or kind (a file became a link, for example).
func (c Change) Words() string {
	switch b, a := c.Before, c.After; {
	case b == nil:
		return "added"
	case a == nil:
		return "removed"
	case b.Mode.Type() != a.Mode.Type():
		return "kind"
	case b.Digest != a.Digest || b.Size != a.Size:
		return "content"
	case b.Link != a.Link:
		return "link"
	}
	return "mode"
}

// Largest returns the n largest files, the largest first; of the same size, in the order of their names.
func (m *Manifest) Largest(n int) []Entry {
	var list []Entry
	for i := range m.Entries {
		e := &m.Entries[i]
		if !e.Mode.IsRegular() {
			continue
		}
		at, _ := slices.BinarySearchFunc(list, *e, func(a, b Entry) int {
			return cmp.Or(cmp.Compare(b.Size, a.Size), cmp.Compare(a.Name, b.Name))
		})
		if at < n {
			list = slices.Insert(list, at, *e)[:min(len(list)+1, n)]
		}
	}
	return list
}

// Totals counts what a bundle holds.
type Totals struct {
	Files, Executable, Links int
	Folders                  int   // in which something lies, or that are entries, without the root
	Bytes                    int64 // of contents
}

// Totals counts the manifest's entries.
func (m *Manifest) Totals() Totals {
	t := Totals{Bytes: m.Size}
	folders := map[string]bool{}
	for i := range m.Entries {
		e := &m.Entries[i]
		switch {
		case e.Mode.IsDir():
			folders[e.Name] = true
		case e.Mode&fs.ModeSymlink != 0:
			t.Links++
		default:
			t.Files++
			if e.Mode == modeExec {
				t.Executable++
			}
		}
		for dir := path.Dir(e.Name); dir != "." && !folders[dir]; dir = path.Dir(dir) {
			folders[dir] = true
		}
	}
	t.Folders = len(folders)
	return t
}
