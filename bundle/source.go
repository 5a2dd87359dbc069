package bundle

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// diskFile is an open file of a tree.
type diskFile interface {
	io.ReaderAt
	io.Closer
}

// opener opens one file of a tree after the other. It keeps the folder of the last one open: the entries' order is that of folders, and
// a path through the root costs a system call for each folder on it.
type opener struct {
	tree   *Tree
	root   *os.Root
	name   string // of folder
	folder directory
}

// open opens an entry's file, unless what has its name is no file any more, or leads to one elsewhere, or has another size.
func (o *opener) open(e *Entry) (diskFile, error) {
	if o.tree.appSpec != "" && e.Name == AppSpecName {
		f, err := openFollowing(o.tree.appSpec)
		return o.checked(e, f, err)
	}
	dir, base := path.Split(o.tree.path(e))
	if o.folder == nil || o.name != dir {
		o.close()
		f, err := openFolderIn(o.root, path.Clean(dir))
		if err != nil {
			return o.checked(e, nil, err)
		}
		o.name, o.folder = dir, f
	}
	f, err := o.folder.open(base)
	return o.checked(e, f, err)
}

// opened is a file with what the system says of it.
type opened struct {
	diskFile
	mode fs.FileMode
	size int64
}

// errNoFile says what is there in place of a file.
type errNoFile struct{ mode fs.FileMode }

func (e errNoFile) Error() string { return "it is " + kind(e.mode) }

func (o *opener) checked(e *Entry, f *opened, err error) (diskFile, error) {
	var other errNoFile
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, changed(e.Name, "it vanished")
	case errors.As(err, &other):
		return nil, changed(e.Name, "it was a file and is "+kind(other.mode))
	case err != nil:
		return nil, failed(e.Name, "can't be opened", err)
	case !f.mode.IsRegular():
		err = changed(e.Name, "it was a file and is "+kind(f.mode))
	case f.size > e.Size:
		err = changed(e.Name, "it grew since it was scanned")
	case f.size < e.Size:
		err = changed(e.Name, "it shrank since it was scanned")
	default:
		return f.diskFile, nil
	}
	f.Close()
	return nil, err
}

func (o *opener) close() {
	if o.folder != nil {
		o.folder.Close()
		o.folder = nil
	}
}

// directory is an open folder. It follows no link.
type directory interface {
	names() ([]string, error)
	// look gives a name's mode and, where the system has one, its stamp; the stamp's size is always there.
	look(name string) (mode fs.FileMode, s Stamp, err error)
	readlink(name string) (string, error)
	open(name string) (*opened, error)
	io.Closer
}

// openFollowing opens a file wherever it is.
func openFollowing(path string) (*opened, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errNoFile{info.Mode()}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &opened{f, info.Mode(), info.Size()}, nil
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
func readBlock(f diskFile, e *Entry, n int, buf []byte) ([]byte, error) {
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
