package appspec

import (
	"errors"
	"io"
	"io/fs"
)

// Read reads the text of an AppSpec file for [Parse]: no more of it than tells
// Parse that it is too long, however long it is.
func Read(r io.Reader) ([]byte, error) {
	return io.ReadAll(io.LimitReader(r, maxText+1))
}

// ReadFile reads an AppSpec file of a revision for [Parse], as [Read] does. It
// fails for what is not a file: a pipe would never end.
func ReadFile(revision fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(revision, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: errNotAFile}
	}
	file, err := revision.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return Read(file)
}

var errNotAFile = errors.New("not a file")
