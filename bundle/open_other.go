//go:build !(linux || darwin || freebsd)

package bundle

import (
	"errors"
	"io/fs"
	"os"
)

// rootFolder opens files by os.Root alone.
type rootFolder struct{ *os.Root }

func openFolderIn(root *os.Root, name string) (directory, error) {
	r, err := root.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	return rootFolder{r}, nil
}

func (d rootFolder) names(l *lister) ([]string, error) {
	list, err := fs.ReadDir(d.FS(), ".")
	l.names = l.names[:0]
	for _, e := range list {
		l.names = append(l.names, e.Name())
	}
	return l.names, err
}

func (d rootFolder) look(name string) (fs.FileMode, Stamp, error) {
	info, err := d.Lstat(name)
	if err != nil {
		return 0, Stamp{}, err
	}
	return info.Mode(), Stamp{Size: info.Size()}, nil // no inode, no time of its change: no stamp to rely on
}

func (d rootFolder) readlink(name string) (string, error) { return d.Readlink(name) }

func (d rootFolder) open(name string) (diskFile, error) {
	before, err := d.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, errNoFile{before.Mode()}
	}
	f, err := d.Open(name)
	if err != nil {
		return nil, err
	}
	// What was looked at is what was opened, or a link came in between.
	after, err := f.Stat()
	if err == nil && !os.SameFile(before, after) {
		err = errors.New("it was replaced while it was opened")
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return osFile{f}, nil
}
