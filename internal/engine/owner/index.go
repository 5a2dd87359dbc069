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

// inIndex says if git tracks a file in the folder. The index is read directly:
// running git in a foreign checkout would run what its configuration names.
func inIndex(dir string) (bool, error) {
	top := filepath.Dir(dir)
	for {
		info, err := os.Stat(filepath.Join(top, ".git"))
		if err == nil && info.IsDir() {
			break
		}
		parent := filepath.Dir(top)
		if parent == top {
			return false, nil
		}
		top = parent
	}
	index, err := os.ReadFile(filepath.Join(top, ".git", "index"))
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
	prefix := filepath.ToSlash(rel) + "/"
	found := false
	err = indexPaths(index, func(path string) bool {
		found = strings.HasPrefix(path, prefix)
		return !found
	})
	return found, err
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
