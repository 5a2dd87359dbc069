package agent

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// RemoveTree removes a folder that a revision filled. A folder in it may be
// closed even to its owner, which only root could remove as it is.
func RemoveTree(dir string) error {
	err := os.RemoveAll(dir)
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	root, opening := os.OpenRoot(filepath.Dir(dir))
	if opening != nil {
		return err
	}
	defer root.Close()
	openFolders(root, filepath.Base(dir))
	return os.RemoveAll(dir)
}

// openFolders makes a folder and those in it readable and writable to their
// owner. It follows no link, and leaves what it cannot change to the removal.
func openFolders(root *os.Root, dir string) {
	info, err := root.Lstat(dir)
	if err != nil || !info.IsDir() {
		return
	}
	if root.Chmod(dir, 0o700) != nil {
		return
	}
	f, err := root.Open(dir)
	if err != nil {
		return
	}
	names, _ := f.Readdirnames(-1)
	f.Close()
	for _, name := range names {
		openFolders(root, filepath.Join(dir, name))
	}
}
