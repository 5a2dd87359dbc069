package agent

import (
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// fileSystem is the one that a revision is installed on. Its paths are the
// instance's: absolute, with slashes.
type fileSystem struct {
	root *os.Root // nil: this machine's own
	dir  string   // what a relative path starts from
	home string   // what ~ is
}

func (m Machine) fileSystem() (*fileSystem, error) {
	fs := &fileSystem{dir: filepath.ToSlash(m.hookDir())}
	for _, v := range m.Env {
		if home, is := strings.CutPrefix(v, "HOME="); is {
			fs.home = filepath.ToSlash(home)
		}
	}
	if m.Root == "" {
		return fs, nil
	}
	root, err := os.OpenRoot(m.Root)
	fs.root = root
	return fs, err
}

func (f *fileSystem) close() {
	if f.root != nil {
		f.root.Close()
	}
}

// expand gives the absolute path that the instance understands by a path.
func (f *fileSystem) expand(p string) string {
	if p == "~" || strings.HasPrefix(p, "~/") {
		p = f.home + p[1:]
	}
	return path.Clean(f.absolute(p))
}

func (f *fileSystem) absolute(p string) string {
	if runtime.GOOS == "windows" {
		p = filepath.ToSlash(p)
		if filepath.VolumeName(p) != "" {
			return p
		}
	}
	if f.root != nil && len(p) > 1 && p[1] == ':' {
		return "/" + p // a drive becomes a folder
	}
	if !strings.HasPrefix(p, "/") {
		p = f.dir + "/" + p
	}
	return p
}

// in names a path below the root.
func (f *fileSystem) in(p string) string {
	p = path.Clean("/" + f.absolute(p)) // leads out of no root, as with the machine's own
	p = strings.ReplaceAll(p[1:], ":", "")
	if p == "" {
		return "."
	}
	return filepath.FromSlash(p)
}

func (f *fileSystem) exists(p string) bool {
	_, err := f.stat(p)
	return err == nil
}

func (f *fileSystem) isFolder(p string) bool {
	info, err := f.stat(p)
	return err == nil && info.IsDir()
}

// stat and lstat take no path for the current folder: "" does not exist.
func (f *fileSystem) stat(p string) (os.FileInfo, error) {
	if p == "" {
		return nil, os.ErrNotExist
	}
	if f.root != nil {
		return f.root.Stat(f.in(p))
	}
	return os.Stat(f.absolute(p))
}

func (f *fileSystem) lstat(p string) (os.FileInfo, error) {
	if f.root != nil {
		return f.root.Lstat(f.in(p))
	}
	return os.Lstat(p)
}

func (f *fileSystem) makeFolder(p string) error {
	if f.root != nil {
		return f.root.Mkdir(f.in(p), 0o777)
	}
	return os.Mkdir(p, 0o777)
}

func (f *fileSystem) remove(p string) error {
	if f.root != nil {
		return f.root.Remove(f.in(p))
	}
	return os.Remove(p)
}

func (f *fileSystem) write(p string, mode os.FileMode) (*os.File, error) {
	const flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	if f.root != nil {
		return f.root.OpenFile(f.in(p), flags, mode)
	}
	return os.OpenFile(p, flags, mode)
}

func (f *fileSystem) link(text, p string) error {
	if f.root != nil {
		return f.root.Symlink(text, f.in(p))
	}
	return os.Symlink(text, p)
}

func (f *fileSystem) setMode(p string, mode os.FileMode) error {
	if f.root != nil {
		return f.root.Chmod(f.in(p), mode)
	}
	return os.Chmod(p, mode)
}

func (f *fileSystem) setOwner(p string, uid, gid int) error {
	if f.root != nil {
		return f.root.Chown(f.in(p), uid, gid)
	}
	return os.Chown(p, uid, gid)
}

func (f *fileSystem) setTimes(p string, at time.Time) error {
	if f.root != nil {
		return f.root.Chtimes(f.in(p), at, at)
	}
	return os.Chtimes(p, at, at)
}
