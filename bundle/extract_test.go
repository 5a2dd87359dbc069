package bundle

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestExtractKeepsPermissionBits(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such bits")
	}
	entries := []made{
		{name: "run", mode: 0o750}, {name: "secret", mode: 0o600}, {name: "read-only", mode: 0o444}, {name: "suid", mode: 0o755 | fs.ModeSetuid},
		{name: "closed/", mode: fs.ModeDir | 0o500}, {name: "closed/in", mode: 0o640}, {name: "by-name/f", mode: 0o644},
	}
	want := map[string]fs.FileMode{
		"run": 0o750, "secret": 0o600, "read-only": 0o444, "suid": 0o755, "closed": fs.ModeDir | 0o500, "closed/in": 0o640,
		"by-name": fs.ModeDir | 0o755, "by-name/f": 0o644,
	}
	defer setUmask(0o077)()
	for typ, packed := range map[Type][]byte{Zip: zipOf(entries...), Tar: tarOf(entries...)} {
		dir := t.TempDir()
		unpack(t, dir, packed, typ)
		for name, mode := range want {
			info, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(name)))
			must(t, err)
			if info.Mode() != mode {
				t.Errorf("%s: %s has mode %v, want %v", typ, name, info.Mode(), mode)
			}
		}
		// so that it can be removed
		must(t, os.Chmod(filepath.Join(dir, "closed"), 0o700))
	}
}

// What Windows or a careless program packed says nothing about Unix modes: it gets the usual ones, and scripts stay without x.
func TestZipWithoutUnixModes(t *testing.T) {
	b := zipOf(file("f", "x"), folder("d"))
	for i := range len(b) - 4 {
		if string(b[i:i+4]) == "PK\x01\x02" {
			b[i+5] = 0 // made by FAT
		}
	}
	list, err := List(bytes.NewReader(b), int64(len(b)), Zip)
	must(t, err)
	if list[0].Mode != 0o644 || list[1].Mode != fs.ModeDir|0o755 {
		t.Errorf("modes are %v and %v, want 0644 and a folder's 0755", list[0].Mode, list[1].Mode)
	}
	dir := t.TempDir()
	unpack(t, dir, b, Zip)
	files{"f": "x", "d/": ""}.diff(t, readBack(t, dir))
}

func TestExtractOverWhatIsThere(t *testing.T) {
	dir, untouched := sandbox(t)
	files{"a": "old", "keep": "kept", "d/old": "kept", "l": "-> ../sentinel/file", "ro": "old"}.buildIn(t, dir)
	must(t, os.Chmod(filepath.Join(dir, "ro"), 0o444))
	unpack(t, dir, zipOf(file("a", "new"), file("d/new", "new"), file("l", "new"), file("ro", "new")), Zip)
	files{"a": "new", "keep": "kept", "d/old": "kept", "d/new": "new", "l": "new", "ro": "new"}.diff(t, readBack(t, dir))
	untouched()

	// A link that was there before is no way out either.
	dir, untouched = sandbox(t)
	files{"d": "-> ../sentinel"}.buildIn(t, dir)
	b := zipOf(file("d/file", "evil"))
	wantRefused(t, Extract(context.Background(), dir, bytes.NewReader(b), int64(len(b)), Zip, ExtractOptions{}), "d/file")
	untouched()
}

func TestExtractStopsWhenCancelled(t *testing.T) {
	tree := mustScan(t, files{"a": random(8<<20, 1)}.build(t), Options{})
	for _, typ := range types {
		b := mustWrite(t, tree, typ)
		ctx, cancel := context.WithCancel(context.Background())
		r := &cancellingReader{bytes.NewReader(b), cancel, int64(len(b)) / 2}
		dir := t.TempDir()
		if err := Extract(ctx, dir, r, int64(len(b)), typ, ExtractOptions{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: Extract = %v, want context.Canceled", typ, err)
		}
		if _, err := Read(ctx, r, int64(len(b)), typ); !errors.Is(err, context.Canceled) || errors.Is(err, ErrFormat) {
			t.Errorf("%s: Read = %v, want context.Canceled", typ, err)
		}
		cancel()
	}
}

// cancellingReader cancels a context once somebody reads at an offset or beyond.
type cancellingReader struct {
	io.ReaderAt
	cancel context.CancelFunc
	at     int64
}

func (r *cancellingReader) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.ReaderAt.ReadAt(p, off)
	if off >= r.at {
		r.cancel()
	}
	return n, err
}

// A connection that breaks is no broken archive: trying again helps with the one only.
func TestReadErrorsAreNotDamage(t *testing.T) {
	gone := errors.New("connection reset")
	tree := mustScan(t, files{"a": random(1<<20, 1), "b": "x"}.build(t), Options{})
	for _, typ := range types {
		b := mustWrite(t, tree, typ)
		r := &breaking{bytes.NewReader(b), gone, int64(len(b)) / 2}
		for call, err := range map[string]error{
			"Read":    second(Read(context.Background(), r, int64(len(b)), typ)),
			"Extract": Extract(context.Background(), t.TempDir(), r, int64(len(b)), typ, ExtractOptions{}),
		} {
			if !errors.Is(err, gone) || errors.Is(err, ErrFormat) {
				t.Errorf("%s of a %s = %v, want the reader's own error", call, typ, err)
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }

// breaking fails for what lies around an offset.
type breaking struct {
	io.ReaderAt
	err error
	at  int64
}

func (r *breaking) ReadAt(p []byte, off int64) (int, error) {
	if off <= r.at && r.at < off+int64(len(p)) {
		return 0, r.err
	}
	return r.ReaderAt.ReadAt(p, off)
}

func TestExtractNeedsAFolder(t *testing.T) {
	path := filepath.Join(files{"f": ""}.build(t), "f")
	b := zipOf(file("a", ""))
	if err := Extract(context.Background(), path, bytes.NewReader(b), int64(len(b)), Zip, ExtractOptions{}); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("Extract into a file = %v", err)
	}
}
