package sandbox

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// maxSeed limits what is copied: a swap file in / is not.
const maxSeed = 1 << 20

// seed is how a planted file looked when it was planted.
type seed struct {
	Size     int64
	Modified int64 // nanoseconds since 1970
	Mode     fs.FileMode
	Link     string `json:",omitempty"`
}

func seedOf(fi fs.FileInfo) seed {
	return seed{Size: fi.Size(), Modified: fi.ModTime().UnixNano(), Mode: fi.Mode()}
}

func (w *walls) plantLink(path string) error {
	target, err := os.Readlink(path)
	if err != nil {
		return err
	}
	w.facts.Seeds[path] = seed{Link: target}
	if err := w.root.Symlink(target, path[1:]); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

func (w *walls) plantFile(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	} else if err != nil {
		return err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	if fi.Size() > maxSeed {
		return nil
	}
	content, err := io.ReadAll(io.LimitReader(f, maxSeed))
	if err != nil {
		return err
	}
	return w.plant(path[1:], content, fi.Mode().Perm())
}

// plant writes a file that the instance begins with.
func (w *walls) plant(name string, content []byte, mode fs.FileMode) error {
	_ = w.root.Remove(name) // of another owner, it could not be written to
	if err := w.root.WriteFile(name, content, mode); err != nil {
		return err
	}
	if err := w.root.Chmod(name, mode); err != nil {
		return err
	}
	fi, err := w.root.Lstat(name)
	if err != nil {
		return err
	}
	w.facts.Seeds["/"+name] = seedOf(fi)
	return nil
}
