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
	// readSome reads as ReadAt does, and need not read more than the least. Less comes with an error: io.EOF at the end.
	readSome(p []byte, off int64, least int) (int, error)
	stat() (fs.FileMode, int64, error)
}

// osFile is a file of package os.
type osFile struct{ *os.File }

func (f osFile) readSome(p []byte, off int64, _ int) (int, error) { return f.ReadAt(p, off) }

func (f osFile) stat() (fs.FileMode, int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, 0, err
	}
	return info.Mode(), info.Size(), nil
}

// opener opens one file of a tree after the other. Where it has to go by folders it keeps the one of the last file open: the entries' order is
// that of folders.
type opener struct {
	tree   *Tree
	root   *top
	name   string // of folder
	folder directory
}

// open opens an entry's file, unless what has its name is seen to be no file any more, or to lead to one elsewhere. The size of a file of several
// blocks is looked at; that of a smaller one is seen when it is read, and looking costs as much as reading.
func (o *opener) open(e *Entry) (diskFile, error) {
	if o.tree.appSpec != "" && e.Name == AppSpecName {
		f, err := openFollowing(o.tree.appSpec)
		return o.checked(e, f, err)
	}
	name := o.tree.path(e)
	if f, ok := o.root.file(name); ok {
		return o.checked(e, f, nil)
	}
	dir, base := path.Split(name)
	if o.folder == nil || o.name != dir {
		o.close()
		f, err := o.root.folder(path.Clean(dir))
		if err != nil {
			return o.checked(e, nil, err)
		}
		o.name, o.folder = dir, f
	}
	f, err := o.folder.open(base)
	return o.checked(e, f, err)
}

// errNoFile says what is there in place of a file.
type errNoFile struct{ mode fs.FileMode }

func (e errNoFile) Error() string { return "it is " + kind(e.mode) }

func (o *opener) checked(e *Entry, f diskFile, err error) (diskFile, error) {
	var other errNoFile
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, changed(e.Name, "it vanished")
	case errors.As(err, &other):
		return nil, noFile(e, other.mode)
	case err != nil:
		return nil, failed(e.Name, "can't be opened", err)
	case e.Size <= blockSize:
		return f, nil
	}
	mode, size, err := f.stat()
	switch {
	case err != nil:
		err = failed(e.Name, "can't be looked at", err)
	case !mode.IsRegular():
		err = noFile(e, mode)
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

func noFile(e *Entry, mode fs.FileMode) error {
	return changed(e.Name, "it was a file and is "+kind(mode))
}

func (o *opener) close() {
	if o.folder != nil {
		o.folder.Close()
		o.folder = nil
	}
}

// directory is an open folder. It follows no link.
type directory interface {
	// names returns what lies in it, in no order. It is valid until the lister is used again.
	names(l *lister) ([]string, error)
	// look gives a name's mode and, where the system has one, its stamp; the stamp's size is always there.
	look(name string) (mode fs.FileMode, s Stamp, err error)
	readlink(name string) (string, error)
	open(name string) (diskFile, error)
	io.Closer
}

// openFollowing opens a file wherever it is.
func openFollowing(path string) (diskFile, error) {
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
	return osFile{f}, nil
}

// check tells whether a folder or a link is still what it was.
func (t *Tree) check(root *top, e *Entry) error {
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

// readBlock reads the n-th block of a file into buf, which has room for a byte more than a block. With the last one it is looked for more
// behind it: the file may have grown, and some that say they are empty are not.
func readBlock(f diskFile, e *Entry, n int, buf []byte) ([]byte, error) {
	size := int(min(e.Size-int64(n)*blockSize, blockSize))
	want, least := size, size
	if n == blocks(e.Size)-1 {
		want++
		if n > 0 || size == 0 {
			least = want // what was read last ended where it ended by chance
		}
	}
	got, err := f.readSome(buf[:want], int64(n)*blockSize, least)
	switch {
	case got > size:
		return nil, changed(e.Name, "it grew while it was read")
	case err != nil && !errors.Is(err, io.EOF):
		if mode, _, err := f.stat(); err == nil && !mode.IsRegular() {
			return nil, noFile(e, mode)
		}
		return nil, failed(e.Name, "can't be read", err)
	case got < size:
		return nil, changed(e.Name, "it shrank while it was read")
	}
	return buf[:size], nil
}

// blocks returns in how many blocks a file of that size is read; an empty one is one.
func blocks(size int64) int { return int(max(1, (size+blockSize-1)/blockSize)) }
