package owner

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
)

// writeIndex writes an index as git does (gitformat-index).
func writeIndex(version uint32, hash int, extended bool, paths []string) []byte {
	b := []byte("DIRC")
	b = binary.BigEndian.AppendUint32(b, version)
	b = binary.BigEndian.AppendUint32(b, uint32(len(paths)))
	previous := ""
	for n, path := range paths {
		start := len(b)
		for range 10 + hash/4 {
			b = binary.BigEndian.AppendUint32(b, uint32(n)*0x01010101) // times, ids, the object's name
		}
		flags := uint16(min(len(path), 0xfff))
		if extended && version >= 3 {
			b = binary.BigEndian.AppendUint16(b, flags|0x4000)
			b = binary.BigEndian.AppendUint16(b, 0x2000)
		} else {
			b = binary.BigEndian.AppendUint16(b, flags)
		}
		if version < 4 {
			b = append(append(b, path...), 0)
			for (len(b)-start)%8 != 0 {
				b = append(b, 0)
			}
			continue
		}
		common := 0
		for common < min(len(path), len(previous)) && path[common] == previous[common] {
			common++
		}
		b = append(append(appendOffset(b, len(previous)-common), path[common:]...), 0)
		previous = path
	}
	b = append(b, "TREE\x00\x00\x00\x06 1 0\n "...)
	return append(b, make([]byte, hash)...)
}

// appendOffset writes git's variable-width integer.
func appendOffset(b []byte, n int) []byte {
	var out []byte
	for out = append(out, byte(n&0x7f)); n > 0x7f; out = append(out, byte(n&0x7f)|0x80) {
		n = n>>7 - 1
	}
	slices.Reverse(out)
	return append(b, out...)
}

func readPaths(index []byte) ([]string, error) {
	var out []string
	err := indexPaths(index, func(path string) bool { out = append(out, path); return true })
	return out, err
}

func TestIndexPaths(t *testing.T) {
	long := strings.Repeat("d/", 3000) + "x" // more than the flags can say
	for _, paths := range [][]string{nil, {"a"}, {"a", "a/b", "a/bc", "b"}, {long, long + "y", "z"}, {strings.Repeat("a", 0xffe), strings.Repeat("a", 0xfff), strings.Repeat("a", 0x1000)}} {
		for version := uint32(2); version <= 4; version++ {
			for _, hash := range []int{20, 32} {
				for _, extended := range []bool{false, true} {
					got, err := readPaths(writeIndex(version, hash, extended, paths))
					if err != nil || !slices.Equal(got, paths) {
						t.Errorf("version %d, %d bytes, extended %v, %d paths: %d paths, %v", version, hash, extended, len(paths), len(got), err)
					}
				}
			}
		}
	}
	stops := 0
	if err := indexPaths(writeIndex(2, 20, false, []string{"a", "b"}), func(string) bool { stops++; return false }); err != nil || stops != 1 {
		t.Errorf("went on after it was told to stop: %d, %v", stops, err)
	}
	split := writeIndex(2, 20, false, []string{"a"})
	split = append(split[:len(split)-20], "link\x00\x00\x00\x14"+strings.Repeat("s", 20)+strings.Repeat("h", 20)...)
	if got, err := readPaths(split); err == nil {
		t.Errorf("an index that is continued in another file has %v", got)
	}
	whole := writeIndex(2, 20, false, []string{"a", "b"})
	for n := range len(whole) - 34 { // without the extension and the sum nothing is missing
		if got, err := readPaths(whole[:n]); err == nil {
			t.Errorf("cut at %d it has %v", n, got)
		}
	}
}

// FuzzIndex: whatever lies in .git/index is read or refused; and what git would
// have written of some paths is read as those.
func FuzzIndex(f *testing.F) {
	for version := uint32(2); version <= 4; version++ {
		f.Add(writeIndex(version, 20, version == 3, []string{"a", "a/b", "c"}), "a\na/b")
		f.Add(writeIndex(version, 32, false, []string{"ü/x", strings.Repeat("long", 100)}), "")
	}
	f.Add([]byte("DIRC\x00\x00\x00\x04\xff\xff\xff\xff"+strings.Repeat("\xff", 100)), "x")
	f.Fuzz(func(t *testing.T, index []byte, lines string) {
		paths, err := readPaths(index)
		if err != nil && len(paths) > 0 {
			t.Errorf("refused, after %d paths were handed out", len(paths))
		}
		for _, p := range paths {
			if p == "" || p[0] == '/' {
				t.Errorf("path %q", p)
			}
		}
		var want []string
		for _, p := range strings.Split(lines, "\n") {
			if p != "" && p[0] != '/' && !strings.Contains(p, "\x00") {
				want = append(want, p)
			}
		}
		for version := uint32(2); version <= 4; version++ {
			if got, err := readPaths(writeIndex(version, 20, false, want)); err != nil || !slices.Equal(got, want) {
				t.Errorf("version %d: %q is read as %q, %v", version, want, got, err)
			}
		}
	})
}
