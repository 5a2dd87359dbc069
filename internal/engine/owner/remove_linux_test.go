package owner

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestRemoveAgain: a removal that is cut off half way, as by a kill, can be
// taken up again.
func TestRemoveAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	if _, err := Make(dir); err != nil {
		t.Fatal(err)
	}
	busy := filepath.Join(dir, "instances")
	if err := os.Mkdir(busy, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", busy, "tmpfs", 0, ""); err != nil {
		t.Skip("nothing can be mounted: ", err)
	}
	err := Remove(dir)
	if unmounted := syscall.Unmount(busy, 0); unmounted != nil {
		t.Fatal(unmounted)
	}
	if err == nil {
		t.Error("a busy folder was removed")
	}
	if err := Remove(dir); err != nil {
		t.Errorf("the second removal: %v", err)
	}
	if _, err := os.Lstat(dir); !os.IsNotExist(err) {
		t.Errorf("the folder is there: %v", err)
	}
}
