package step

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// What a step writes for its user belongs to the owner of the folder that it
// is written in, also where the step is root: container actions are, and their
// workspace belongs to the runner's user, who must be able to delete it.

// Create begins a file that appears whole or not at all: write to it, then
// Place it. Until then it has a name of its own beside its path, or beside the
// file that a link there leads to.
func Create(path string, mode fs.FileMode) (*os.File, error) {
	path = Followed(path)
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return nil, err
	}
	f.Chmod(mode) // where there are no modes there is nothing to say
	giveToFolder(f)
	return f, nil
}

// Place closes a file of Create and gives it its name; if that or the writing
// before it (err) failed, the file is removed.
func Place(f *os.File, path string, err error) error {
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), Followed(path))
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// MakeFolder makes a folder and those above it that are missing.
func MakeFolder(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	if parent := filepath.Dir(dir); parent != dir {
		if err := MakeFolder(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o755); err != nil && !os.IsExist(err) {
		return err
	}
	if d, err := os.Open(dir); err == nil {
		giveToFolder(d)
		d.Close()
	}
	return nil
}

// Followed is what a link leads to; a path that is none, or leads nowhere, is itself.
func Followed(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// replaceFile writes a file as Create and Place do, and leaves it as open to
// others as it was.
func replaceFile(path string, text []byte) error {
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(path); err == nil {
		if !info.Mode().IsRegular() {
			return fs.ErrInvalid
		}
		mode = info.Mode().Perm()
	}
	f, err := Create(path, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return Place(f, path, err)
}

// writeFile replaces a file, or writes into it where its folder takes no
// second one (a single file mounted into a container). Where there is no room,
// what is there stays: to write into it would first empty it.
func writeFile(path string, text []byte) error {
	err := replaceFile(path, text)
	if err == nil || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}
