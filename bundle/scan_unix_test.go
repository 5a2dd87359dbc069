//go:build unix

package bundle

import (
	"context"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

func TestScanRefusesWhatIsNoFile(t *testing.T) {
	makers := map[string]func(path string) error{
		"pipe": func(path string) error { return syscall.Mkfifo(path, 0o644) },
		"socket": func(path string) error {
			l, err := net.Listen("unix", path)
			if err == nil {
				t.Cleanup(func() { l.Close() })
			}
			return err
		},
	}
	for name, mk := range makers {
		dir, err := os.MkdirTemp("", "b") // t.TempDir is too long for a socket
		must(t, err)
		defer os.RemoveAll(dir)
		must(t, os.Mkdir(filepath.Join(dir, "s"), 0o755))
		must(t, mk(filepath.Join(dir, "s", name)))
		_, err = Scan(context.Background(), dir, Options{})
		wantRefused(t, err, "s/"+name)
		if tree := mustScan(t, dir, Options{Exclude: []string{"s/" + name}}); len(tree.Entries) != 0 {
			t.Errorf("%s: excluded, but it is there: %v", name, tree.Entries)
		}
	}
}

func TestScanRefusesNames(t *testing.T) {
	for _, name := range []string{"two\nlines", `back\slash`, "bell\a", "latin1-\xe9", "esc\x1b[2J"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Logf("this file system can't have %q: %v", name, err)
			continue
		}
		_, err := Scan(context.Background(), dir, Options{})
		wantRefused(t, err, name)
	}
	dir := t.TempDir()
	must(t, os.Symlink("two\nlines", filepath.Join(dir, "link")))
	_, err := Scan(context.Background(), dir, Options{})
	wantRefused(t, err, "link")
}

func TestAnyExecuteBitCounts(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct{ disk, want fs.FileMode }{
		"all": {0o777, 0o755}, "owner": {0o700, 0o755}, "group": {0o654, 0o755}, "others": {0o645, 0o755},
		"none": {0o666, 0o644}, "private": {0o600, 0o644}, "read-only": {0o444, 0o644}, "setuid": {0o755 | fs.ModeSetuid, 0o755},
	} {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, nil, 0o600))
		must(t, os.Chmod(path, c.disk))
		tree := mustScan(t, dir, Options{})
		if got := tree.Entries[0].Mode; got != c.want {
			t.Errorf("%s: %v on disk is %v in the bundle, want %v", name, c.disk, got, c.want)
		}
		must(t, os.Remove(path))
	}
}

func TestUnreadableFileIsNamed(t *testing.T) {
	if os.Geteuid() == 0 || runtime.GOOS == "windows" {
		t.Skip("root may read everything")
	}
	dir := files{"a": "1", "sub/secret": "x"}.build(t)
	must(t, os.Chmod(filepath.Join(dir, "sub", "secret"), 0))
	_, err := Scan(context.Background(), dir, Options{})
	wantPath(t, err, "sub/secret", fs.ErrPermission)
	must(t, os.Chmod(filepath.Join(dir, "sub"), 0))
	_, err = Scan(context.Background(), dir, Options{})
	wantPath(t, err, "sub", fs.ErrPermission)
	must(t, os.Chmod(filepath.Join(dir, "sub"), 0o755))
}
