//go:build unix

package step

import (
	"os"
	"path/filepath"
	"testing"
)

// What root writes into another's folder is the other's, new folders included,
// and what root writes into its own stays root's.
func TestOwnerOfWhatIsWritten(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to write into another's folder")
	}
	const uid, gid = 12345, 23456
	theirs, ours := t.TempDir(), t.TempDir()
	if err := os.Chown(theirs, uid, gid); err != nil {
		t.Skip(err)
	}
	for dir, want := range map[string][2]int{theirs: {uid, gid}, ours: {0, 0}} {
		below := filepath.Join(dir, "reports", "today")
		if err := MakeFolder(below); err != nil {
			t.Fatal(err)
		}
		for range 2 { // new, then over the old one
			if err := writeFile(filepath.Join(below, "report"), []byte("text")); err != nil {
				t.Fatal(err)
			}
		}
		o := &outputs{path: filepath.Join(dir, "outputs"), values: map[string]string{}}
		if err := o.set("status", "Succeeded"); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"reports", "reports/today", "reports/today/report", "outputs"} {
			info, err := os.Stat(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if u, g := ownerOf(info); u != want[0] || g != want[1] {
				t.Errorf("%s belongs to %d:%d, not to %v", name, u, g, want)
			}
		}
	}
}

// A file that could not be written whole leaves nothing behind.
func TestPlaceFails(t *testing.T) {
	dir := t.TempDir()
	f, err := Create(filepath.Join(dir, "file"), 0o644)
	if err != nil {
		t.Fatal(err)
	}
	if err := Place(f, filepath.Join(dir, "file"), os.ErrDeadlineExceeded); err != os.ErrDeadlineExceeded {
		t.Errorf("it says %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("it leaves %v", left)
	}
}
