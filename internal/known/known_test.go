package known

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/bundle"
)

func tree(digest byte, s bundle.Stamp) *bundle.Tree {
	return &bundle.Tree{
		Manifest: &bundle.Manifest{Entries: []bundle.Entry{{Name: "dir/a file", Size: s.Size, Digest: [32]byte{digest}}, {Name: "link", Link: "x"}}},
		Stamps:   []bundle.Stamp{s, {}},
	}
}

func TestFiles(t *testing.T) {
	dir, now := filepath.Join(t.TempDir(), "cache"), time.Now()
	old := now.Add(-time.Hour).UnixNano()
	s := bundle.Stamp{Size: 12, Modified: old, Changed: old, Inode: 1 << 63, Device: 7}
	if err := <-Open(dir, "/srv").Save(tree(9, s), now); err != nil {
		t.Fatal(err)
	}
	f := Open(dir, "/srv")
	if d, ok := f.Digest("dir/a file", s); !ok || d != [32]byte{9} {
		t.Errorf("%v, %x", ok, d)
	}
	for name, other := range map[string]bundle.Stamp{
		"size": {Size: 13, Modified: old, Changed: old, Inode: 1 << 63, Device: 7}, "modified": {Size: 12, Modified: old + 1, Changed: old, Inode: 1 << 63, Device: 7},
		"changed": {Size: 12, Modified: old, Changed: old + 1, Inode: 1 << 63, Device: 7}, "inode": {Size: 12, Modified: old, Changed: old, Inode: 2, Device: 7},
		"device": {Size: 12, Modified: old, Changed: old, Inode: 1 << 63, Device: 8},
	} {
		if _, ok := f.Digest("dir/a file", other); ok {
			t.Errorf("another %s is taken for the same", name)
		}
	}
	if _, ok := f.Digest("dir/other", s); ok {
		t.Error("another name is known")
	}
	if _, ok := Open(dir, "/opt").Digest("dir/a file", s); ok {
		t.Error("another folder is known")
	}
	// What was written just now may be written again within the clock's tick.
	young := bundle.Stamp{Size: 12, Modified: now.UnixNano(), Changed: now.UnixNano(), Inode: 1, Device: 7}
	if err := <-f.Save(tree(1, young), now); err != nil {
		t.Fatal(err)
	}
	if _, ok := Open(dir, "/srv").Digest("dir/a file", young); ok {
		t.Error("a file that was written just now is kept")
	}
}

// A cache that was cut off, overwritten or is none is no cache, and a folder
// that can't be written is an error of Save only.
func TestBroken(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	old := now.Add(-time.Hour).UnixNano()
	s := bundle.Stamp{Size: 12, Modified: old, Changed: old, Inode: 3, Device: 7}
	f := Open(dir, "/srv")
	if err := <-f.Save(tree(9, s), now); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(f.path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range whole {
		for _, text := range [][]byte{whole[:at], append(append([]byte{}, whole[:at]...), append([]byte{whole[at] ^ 1}, whole[at+1:]...)...)} {
			if err := os.WriteFile(f.path, text, 0o600); err != nil {
				t.Fatal(err)
			}
			if d, ok := Open(dir, "/srv").Digest("dir/a file", s); ok && d != [32]byte{9} {
				t.Fatalf("a cache that is broken at %d answers %x", at, d)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := <-Open(filepath.Join(dir, "file"), "/srv").Save(tree(9, s), now); err == nil {
		t.Error("a cache in a file was saved")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(nil, "a", bundle.Stamp{}, [32]byte{}))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, text []byte) {
		for len(text) > 0 {
			_, rest := decode(text)
			if len(rest) >= len(text) {
				t.Fatal("a record takes nothing")
			}
			text = rest
		}
	})
}

// A digest that was found to be wrong (--verify reads the file all the same) is not kept.
func TestWrong(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	old := now.Add(-time.Hour).UnixNano()
	s := bundle.Stamp{Size: 12, Modified: old, Changed: old, Inode: 3, Device: 7}
	if err := <-Open(dir, "/srv").Save(tree(9, s), now); err != nil {
		t.Fatal(err)
	}
	f := Open(dir, "/srv")
	f.Digest("dir/a file", s)
	f.Wrong()
	if err := <-f.Save(tree(8, s), now); err != nil {
		t.Fatal(err)
	}
	if d, ok := Open(dir, "/srv").Digest("dir/a file", s); !ok || d != [32]byte{8} {
		t.Errorf("it answers %v, %x", ok, d)
	}
}
