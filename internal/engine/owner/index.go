package owner

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// inIndex says if git tracks a file in the folder, or the folder itself as a
// submodule. The index is read directly: running git in a foreign checkout would
// run what its configuration names.
func inIndex(dir string) (bool, error) {
	dir, err := filepath.Abs(dir)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir) // the checkout that it really lies in
	}
	if err != nil {
		return false, err
	}
	top, git := filepath.Dir(dir), ""
	for {
		if git, err = gitFolder(top); err != nil {
			return false, err
		}
		parent := filepath.Dir(top)
		if git != "" || parent == top {
			break
		}
		top = parent
	}
	if git == "" {
		return false, nil
	}
	index, err := os.ReadFile(filepath.Join(git, "index"))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	rel, err := filepath.Rel(top, dir)
	if err != nil {
		return false, err
	}
	// Case is not looked at: on many systems the checkout of one name is another's folder.
	own := strings.ToLower(filepath.ToSlash(rel))
	found := false
	err = indexPaths(index, func(path string) bool {
		path = strings.ToLower(path)
		found = path == own || strings.HasPrefix(path, own+"/")
		return !found
	})
	return found, err
}

// gitFolder gives what keeps the index of a checkout: .git, or what a file of
// that name names in worktrees and submodules. "" if this is no checkout's top.
func gitFolder(top string) (string, error) {
	path := filepath.Join(top, ".git")
	info, err := os.Stat(path)
	if err != nil {
		return "", nil // where nothing can be seen, git sees nothing
	}
	if info.IsDir() {
		return path, nil
	}
	if !info.Mode().IsRegular() || info.Size() > 1<<16 {
		return "", errIndex
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	to, ok := strings.CutPrefix(string(text), "gitdir: ")
	if !ok {
		return "", errIndex
	}
	to = strings.TrimRight(to, "\r\n")
	if !filepath.IsAbs(to) {
		to = filepath.Join(top, to)
	}
	return to, nil
}

var errIndex = errors.New("the git index can't be read")

// indexPaths hands the paths of a git index of version 2, 3 or 4 to f until it
// answers false (git's Documentation: gitformat-index).
func indexPaths(index []byte, f func(string) bool) error {
	if len(index) < 12 || string(index[:4]) != "DIRC" {
		return errIndex
	}
	version, n := binary.BigEndian.Uint32(index[4:]), binary.BigEndian.Uint32(index[8:])
	if version < 2 || version > 4 {
		return errIndex
	}
	// SHA-256 repositories have longer object names; neither form is marked here,
	// so the one with which all entries can be read is the right one.
	for _, hash := range []int{20, 32} {
		paths, ok := readIndex(index[12:], version, n, hash)
		if !ok {
			continue
		}
		for _, p := range paths {
			if !f(p) {
				return nil
			}
		}
		return nil
	}
	return errIndex
}

func readIndex(b []byte, version, n uint32, hash int) (paths []string, ok bool) {
	previous := ""
	for ; n > 0; n-- {
		head := 40 + hash + 2
		if len(b) < head {
			return nil, false
		}
		flags := binary.BigEndian.Uint16(b[head-2:])
		if version >= 3 && flags&0x4000 != 0 {
			head += 2
		}
		if len(b) < head {
			return nil, false
		}
		rest := b[head:]
		strip := 0
		if version == 4 {
			var size int
			if strip, size = offset(rest); size == 0 || strip > len(previous) {
				return nil, false
			}
			rest = rest[size:]
		}
		end := bytes.IndexByte(rest, 0)
		if end < 0 {
			return nil, false
		}
		path := string(rest[:end])
		if version == 4 {
			path = previous[:len(previous)-strip] + path
			if length := int(flags & 0xfff); length != 0xfff && length != len(path) {
				return nil, false
			}
			b = rest[end+1:]
		} else {
			if length := int(flags & 0xfff); length != 0xfff && length != end {
				return nil, false
			}
			entry := (head + end + 8) &^ 7 // one to eight NULs to a multiple of eight
			if len(b) < entry {
				return nil, false
			}
			b = b[entry:]
		}
		if path == "" || path[0] == '/' {
			return nil, false
		}
		paths = append(paths, path)
		previous = path
	}
	// What another file holds (a split index) would be missed.
	for len(b) > hash+8 {
		size := binary.BigEndian.Uint32(b[4:])
		if string(b[:4]) == "link" || uint64(size) > uint64(len(b)-8) {
			return nil, false
		}
		b = b[8+size:]
	}
	return paths, true
}

// offset reads git's variable-width integer and its size in bytes; 0 if it has no end.
func offset(b []byte) (value, size int) {
	for i := 0; i < len(b) && i < 5; i++ {
		c := b[i]
		if i > 0 {
			value++
		}
		value = value<<7 | int(c&0x7f)
		if c&0x80 == 0 {
			return value, i + 1
		}
	}
	return 0, 0
}
