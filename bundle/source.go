package bundle

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// opener opens one file of a tree after the other. It keeps the folder of the last one open: the entries' order is that of folders, and
// a path through the root costs a system call for each folder on it.
type opener struct {
	tree   *Tree
	root   *os.Root
	name   string // of folder
	folder *os.Root
}

// open opens an entry's file, unless what has its name is no file any more or has another size. The root keeps a folder that became
// a link from leading elsewhere; comparing what was looked at with what was opened keeps a link out that came in between.
func (o *opener) open(e *Entry) (*os.File, error) {
	look, open, name, err := o.find(e)
	if err != nil {
		return nil, err
	}
	before, err := look(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, changed(e.Name, "it vanished")
	}
	if err != nil {
		return nil, failed(e.Name, "can't be looked at", err)
	}
	if !before.Mode().IsRegular() {
		return nil, changed(e.Name, "it was a file and is "+kind(before.Mode()))
	}
	f, err := open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, changed(e.Name, "it vanished")
	}
	if err != nil {
		return nil, failed(e.Name, "can't be opened", err)
	}
	after, err := f.Stat()
	if err != nil || !os.SameFile(before, after) {
		f.Close()
		return nil, changed(e.Name, "it was replaced while it was opened")
	}
	switch size := after.Size(); {
	case size > e.Size:
		err = changed(e.Name, "it grew since it was scanned")
	case size < e.Size:
		err = changed(e.Name, "it shrank since it was scanned")
	default:
		return f, nil
	}
	f.Close()
	return nil, err
}

// find returns how an entry's file is looked at and opened, and by what name.
func (o *opener) find(e *Entry) (look func(string) (fs.FileInfo, error), open func(string) (*os.File, error), name string, err error) {
	if o.tree.appSpec != "" && e.Name == AppSpecName {
		return os.Stat, os.Open, o.tree.appSpec, nil
	}
	dir, base := path.Split(o.tree.path(e))
	if dir == "" {
		return o.root.Lstat, o.root.Open, base, nil
	}
	if o.folder == nil || o.name != dir {
		o.close()
		f, err := o.root.OpenRoot(dir)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil, "", changed(e.Name, "it vanished")
		}
		if err != nil {
			return nil, nil, "", failed(e.Name, "its folder can't be opened", err)
		}
		o.name, o.folder = dir, f
	}
	return o.folder.Lstat, o.folder.Open, base, nil
}

func (o *opener) close() {
	if o.folder != nil {
		o.folder.Close()
		o.folder = nil
	}
}

// check tells whether a folder or a link is still what it was.
func (t *Tree) check(root *os.Root, e *Entry) error {
	name := t.path(e)
	info, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return changed(e.Name, "it vanished")
	}
	if err != nil {
		return failed(e.Name, "can't be looked at", err)
	}
	if info.Mode().Type() != e.Mode.Type() {
		return changed(e.Name, "it was "+kind(e.Mode)+" and is "+kind(info.Mode()))
	}
	if e.Mode.IsDir() {
		return nil
	}
	target, err := root.Readlink(name)
	if err != nil {
		return failed(e.Name, "the link can't be read", err)
	}
	if filepath.ToSlash(target) != e.Link {
		return changed(e.Name, "the link leads elsewhere")
	}
	return nil
}

// readBlock reads the n-th block of a file into buf, which has room for a byte more than a block. A file that has several is looked
// at beyond its end with the last one, since it may have grown since it was opened; so is an empty one, since some that are not say they are.
func readBlock(f *os.File, e *Entry, n int, buf []byte) ([]byte, error) {
	size := int(min(e.Size-int64(n)*blockSize, blockSize))
	want := size
	if n == blocks(e.Size)-1 && (n > 0 || size == 0) {
		want++
	}
	got, err := f.ReadAt(buf[:want], int64(n)*blockSize)
	switch {
	case got > size:
		return nil, changed(e.Name, "it grew while it was read")
	case err != nil && !errors.Is(err, io.EOF):
		return nil, failed(e.Name, "can't be read", err)
	case got < size:
		return nil, changed(e.Name, "it shrank while it was read")
	}
	return buf[:size], nil
}

// blocks returns in how many blocks a file of that size is read; an empty one is one.
func blocks(size int64) int { return int(max(1, (size+blockSize-1)/blockSize)) }
