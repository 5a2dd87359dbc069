package bundle

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"time"
)

// view is a series of entries as a file system.
type view struct{ listing }

// listing finds what a view shows.
type listing interface {
	node(name string) *node               // nil if there is none
	children(folder string) []fs.DirEntry // by name; the caller's own
}

// layoutListing is that of a layout.
type layoutListing struct {
	nodes map[string]*node
	lists map[string][]fs.DirEntry // by folder, sorted
}

func newView(l *layout) view {
	v := layoutListing{l.nodes, map[string][]fs.DirEntry{}}
	for name, n := range l.nodes {
		if name != "." {
			dir := path.Dir(name)
			v.lists[dir] = append(v.lists[dir], dirEntry{n})
		}
	}
	for _, list := range v.lists {
		slices.SortFunc(list, byBase)
	}
	return view{v}
}

func (l layoutListing) node(name string) *node               { return l.nodes[name] }
func (l layoutListing) children(folder string) []fs.DirEntry { return slices.Clone(l.lists[folder]) }

func byBase(a, b fs.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) }

// find returns the node of a name, and follows links, those on the way always and the last one if last is set.
func (v view) find(op, name string, last bool) (*node, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	// What is listed under a name lies in folders, not behind links.
	if n := v.node(name); n != nil && (!last || n.item.Mode&fs.ModeSymlink == 0) {
		return n, nil
	}
	base := ""
	where := name
	if !last && name != "." {
		where, base = path.Split(name)
	}
	dir, err := follow(where, func(name string) (string, bool) {
		if n := v.node(name); n != nil && n.item.Mode&fs.ModeSymlink != 0 {
			return n.item.Link, true
		}
		return "", false
	})
	if err != nil {
		return nil, &fs.PathError{Op: op, Path: name, Err: err}
	}
	n := v.node(path.Join(dir, base))
	if n == nil {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	}
	return n, nil
}

// Open implements fs.FS.
func (v view) Open(name string) (fs.File, error) {
	n, err := v.find("open", name, true)
	if err != nil {
		return nil, err
	}
	if n.item.Mode.IsDir() {
		return &openFolder{info{n, path.Base(name)}, v.children(n.item.Name)}, nil
	}
	c, err := n.item.open()
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return &openFile{c, info{n, path.Base(name)}}, nil
}

// Stat implements fs.StatFS.
func (v view) Stat(name string) (fs.FileInfo, error) {
	n, err := v.find("stat", name, true)
	if err != nil {
		return nil, err
	}
	return info{n, path.Base(name)}, nil
}

// Lstat implements fs.ReadLinkFS.
func (v view) Lstat(name string) (fs.FileInfo, error) {
	n, err := v.find("lstat", name, false)
	if err != nil {
		return nil, err
	}
	return info{n, path.Base(name)}, nil
}

// ReadLink implements fs.ReadLinkFS.
func (v view) ReadLink(name string) (string, error) {
	n, err := v.find("readlink", name, false)
	if err != nil {
		return "", err
	}
	if n.item.Mode&fs.ModeSymlink == 0 {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	return n.item.Link, nil
}

// ReadDir implements fs.ReadDirFS.
func (v view) ReadDir(name string) ([]fs.DirEntry, error) {
	n, err := v.find("readdir", name, true)
	if err != nil {
		return nil, err
	}
	if !n.item.Mode.IsDir() {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: errors.New("it is not a folder")}
	}
	return v.children(n.item.Name), nil
}

// info describes a node under the name by which it was reached.
type info struct {
	*node
	base string
}

func (i info) Name() string       { return i.base }
func (i info) Size() int64        { return i.item.Size }
func (i info) Mode() fs.FileMode  { return i.item.Mode.Type() | i.item.perm }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return i.item.Mode.IsDir() }
func (i info) Sys() any           { return nil }

// dirEntry is a node as its folder lists it.
type dirEntry struct{ *node }

func (d dirEntry) Name() string               { return path.Base(d.item.Name) }
func (d dirEntry) IsDir() bool                { return d.item.Mode.IsDir() }
func (d dirEntry) Type() fs.FileMode          { return d.item.Mode.Type() }
func (d dirEntry) Info() (fs.FileInfo, error) { return info{d.node, d.Name()}, nil }
func (d dirEntry) String() string             { return fs.FormatDirEntry(d) }

// openFile is a file that is being read.
type openFile struct {
	io.ReadCloser
	info info
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.info, nil }

// openFolder is a folder that is being listed.
type openFolder struct {
	info info
	rest []fs.DirEntry
}

func (f *openFolder) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openFolder) Close() error               { return nil }

func (f *openFolder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: f.info.base, Err: errors.New("it is a folder")}
}

// ReadDir implements fs.ReadDirFile.
func (f *openFolder) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 {
		n = len(f.rest)
	} else if len(f.rest) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(f.rest))
	list := slices.Clone(f.rest[:n])
	f.rest = f.rest[n:]
	return list, nil
}
