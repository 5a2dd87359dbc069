package agent

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// archiveView is the unpacked revision as the source of an installation.
type archiveView struct {
	dir string
	// root is set where the instance is a folder: links of the revision then
	// lead to nothing outside of it, and are links to be copied.
	root *os.Root
}

func openArchive(dir string, closed bool) (*archiveView, error) {
	v := &archiveView{dir: dir}
	if !closed {
		return v, nil
	}
	root, err := os.OpenRoot(dir)
	v.root = root
	return v, err
}

func (v *archiveView) close() {
	if v.root != nil {
		v.root.Close()
	}
}

func (v *archiveView) in(p string) string {
	rest := strings.Trim(strings.TrimPrefix(p, v.dir), "/")
	if rest == "" {
		return "."
	}
	return filepath.FromSlash(rest)
}

func (v *archiveView) stat(p string) (os.FileInfo, error) {
	if v.root != nil {
		return v.root.Stat(v.in(p))
	}
	return os.Stat(p)
}

func (v *archiveView) lstat(p string) (os.FileInfo, error) {
	if v.root != nil {
		return v.root.Lstat(v.in(p))
	}
	return os.Lstat(p)
}

func (v *archiveView) readLink(p string) (string, error) {
	if v.root != nil {
		return v.root.Readlink(v.in(p))
	}
	return os.Readlink(p)
}

func (v *archiveView) open(p string) (*os.File, error) {
	if v.root != nil {
		return v.root.Open(v.in(p))
	}
	return os.Open(p)
}

func (v *archiveView) exists(p string) bool {
	_, err := v.stat(p)
	return err == nil
}

func (v *archiveView) isFolder(p string) bool {
	info, err := v.stat(p)
	return err == nil && info.IsDir()
}

func (v *archiveView) names(folder string) ([]string, error) {
	f, err := v.open(folder)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	slices.Sort(names)
	return names, err
}
