package owner

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ignore keeps a state folder out of git's sight.
const ignore = "*\n"

// halfMade says if what is in a folder without a marker is what Make leaves
// behind when it is killed. Nobody else's files are taken for that: the ignore
// file comes first, and it says what ours says.
func halfMade(dir string, entries []os.DirEntry) bool {
	for _, e := range entries {
		switch name := e.Name(); {
		case !e.Type().IsRegular():
			return false
		case name == ".gitignore", name == "credentials.json", strings.HasSuffix(name, ".new"):
		default:
			return false
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, ".gitignore"))
	return err == nil && strings.HasPrefix(ignore, string(text))
}

// place writes a file that is seen whole or not at all. One that is there
// already stays: two processes may make a folder at the same time, and have to
// end with the same keys.
func (f Folder) place(name string, text []byte) error {
	tmp, err := os.CreateTemp(f.Dir, name+".*.new") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	if _, err := tmp.Write(text); err != nil {
		tmp.Close()
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	err = os.Link(tmp.Name(), f.path(name))
	if err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	return os.Rename(tmp.Name(), f.path(name)) // a file system without links
}
