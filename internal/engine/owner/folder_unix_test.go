//go:build unix

package owner

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWritableByOthers(t *testing.T) {
	for _, mode := range []os.FileMode{0o770, 0o702, 0o720, 0o777, 0o1777} {
		dir := filepath.Join(t.TempDir(), "state")
		if _, err := Make(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, mode&0o777|(mode&0o1000)>>9*os.ModeSticky); err != nil {
			t.Fatal(err)
		}
		wantRefused(t, dir, "can be written by other users")
	}
	empty := t.TempDir()
	if err := os.Chmod(empty, 0o777); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, empty, "can be written by other users")
	// Others may read a folder: the keys in it are closed.
	dir := filepath.Join(t.TempDir(), "state")
	if _, err := Make(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, made, err := Look(dir); err != nil || !made {
		t.Errorf("readable by others: %v, %v", made, err)
	}
}

func TestAnotherUsers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a folder away")
	}
	dir := filepath.Join(t.TempDir(), "state")
	if _, err := Make(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, 12345, -1); err != nil {
		t.Skip(err)
	}
	wantRefused(t, dir, "belongs to another user")
}
