package bundle

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func wantPath(t testing.TB, err error, path string, is error) {
	t.Helper()
	var p *PathError
	if !errors.As(err, &p) || !errors.Is(err, is) || p.Path != path {
		t.Errorf("error is %v, want one about %q that is %q", err, path, is)
	}
}

func unpack(t testing.TB, dir string, packed []byte, typ Type) {
	t.Helper()
	must(t, Extract(context.Background(), dir, bytes.NewReader(packed), int64(len(packed)), typ, ExtractOptions{}))
}

func TestWriteNoticesWhatChangedSinceTheScan(t *testing.T) {
	big := strings.Repeat("0123456789abcdef", blockSize/16+1) // beyond what is packed in memory
	for about, change := range map[string]func(path string) error{
		"grew":     func(p string) error { return os.WriteFile(p, []byte(big+"more"), 0o644) },
		"shrank":   func(p string) error { return os.WriteFile(p, []byte(big[1:]), 0o644) },
		"changed":  func(p string) error { return os.WriteFile(p, []byte("X"+big[1:]), 0o644) },
		"emptied":  func(p string) error { return os.Truncate(p, 0) },
		"vanished": os.Remove,
		"folder":   func(p string) error { return errors.Join(os.Remove(p), os.Mkdir(p, 0o755)) },
		"link":     func(p string) error { return errors.Join(os.Rename(p, p+"2"), os.Symlink(filepath.Base(p)+"2", p)) },
	} {
		for _, name := range []string{"web/small", "web/big"} {
			for _, typ := range types {
				dir := files{"a": "1", "web/small": big[:1000], "web/big": big, "z": "1"}.build(t)
				tree := mustScan(t, dir, Options{})
				must(t, change(filepath.Join(dir, filepath.FromSlash(name))))
				err := Write(context.Background(), io.Discard, tree, typ)
				if !t.Run(about+"/"+filepath.Base(name)+"/"+string(typ), func(t *testing.T) { wantPath(t, err, name, ErrChanged) }) {
					return
				}
			}
		}
	}
}

func TestWriteNoticesChangedLinksAndFolders(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"link":   func(p string) error { return errors.Join(os.Remove(p), os.Symlink("b", p)) },
		"empty":  os.Remove,
		"folder": func(p string) error { return errors.Join(os.Remove(p), os.WriteFile(p, nil, 0o644)) },
	} {
		dir := files{"link": "-> a", "empty/": "", "folder/": ""}.build(t)
		tree := mustScan(t, dir, Options{})
		must(t, change(filepath.Join(dir, name)))
		wantPath(t, Write(context.Background(), io.Discard, tree, Zip), name, ErrChanged)
	}
}

// A folder that became a link to elsewhere must not bring foreign files in.
func TestWriteStaysInTheRoot(t *testing.T) {
	dir := files{"sub/f": "mine"}.build(t)
	tree := mustScan(t, dir, Options{})
	must(t, os.RemoveAll(filepath.Join(dir, "sub")))
	must(t, os.Symlink(files{"f": "mine"}.build(t), filepath.Join(dir, "sub")))
	if err := Write(context.Background(), io.Discard, tree, Zip); err == nil {
		t.Error("a file outside the root was read")
	}
}

func TestZipStoresWhatDoesNotShrink(t *testing.T) {
	text := strings.Repeat("all work and no play\n", 100_000)
	dir := files{"a-small-random": random(10_000, 1), "b-small-text": text[:10_000], "c-tiny": "x", "d-big-random": random(3<<20, 2), "e-big-text": text,
		"f-half": random(1<<20, 3) + text, "g-empty": ""}.build(t)
	tree := mustScan(t, dir, Options{})
	packed := mustWrite(t, tree, Zip)
	z, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	must(t, err)
	for i, want := range []uint16{zip.Store, zip.Deflate, zip.Store, zip.Store, zip.Deflate, zip.Deflate, zip.Store} {
		f := z.File[i]
		if f.Method != want {
			t.Errorf("%s has method %d, want %d", f.Name, f.Method, want)
		}
		if f.Method == zip.Store && f.Flags&8 != 0 {
			t.Errorf("%s is stored and has a data descriptor: no reader that streams could find its end", f.Name)
		}
		if f.Flags&0x800 == 0 {
			t.Errorf("%s is not marked as UTF-8", f.Name)
		}
		if !f.Modified.Equal(f.Modified.UTC()) || f.Modified.Format("2006-01-02 15:04:05") != "1980-01-01 00:00:00" {
			t.Errorf("%s has time %v", f.Name, f.Modified)
		}
	}
	out := t.TempDir()
	unpack(t, out, packed, Zip)
	readBack(t, dir).diff(t, readBack(t, out))
}

func TestWriteReportsTheWritersError(t *testing.T) {
	full := errors.New("disk full")
	tree := mustScan(t, files{"a": random(1<<20, 1), "b": random(1<<20, 2)}.build(t), Options{})
	for _, typ := range types {
		err := Write(context.Background(), failing{full}, tree, typ)
		var p *PathError
		if !errors.Is(err, full) || errors.As(err, &p) {
			t.Errorf("%s: error is %v, want one that blames the writer", typ, err)
		}
	}
	if err := Write(context.Background(), io.Discard, tree, "rar"); err == nil {
		t.Error("a rar was written")
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestWriteStopsWhenCancelled(t *testing.T) {
	tree := mustScan(t, files{"a": random(4<<20, 1), "b": random(4<<20, 2)}.build(t), Options{})
	for _, typ := range types {
		ctx, cancel := context.WithCancel(context.Background())
		w := &cancelling{cancel: cancel, after: 1 << 20}
		err := Write(ctx, w, tree, typ)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: Write = %v, want context.Canceled", typ, err)
		}
		if w.n > 2<<20 {
			t.Errorf("%s: %d bytes were written after the cancel", typ, w.n)
		}
	}
}

// cancelling cancels a context after some bytes.
type cancelling struct {
	cancel context.CancelFunc
	n      int
	after  int
}

func (c *cancelling) Write(p []byte) (int, error) {
	if c.n += len(p); c.n > c.after {
		c.cancel()
	}
	return len(p), nil
}

// More entries than 16 bits count, so zip64's directory: 65,536 folders, written without a tree on disk.
func TestZipOfManyEntries(t *testing.T) {
	const n = 1 << 16
	tree := &Tree{Manifest: &Manifest{}, contents: make([]content, n)}
	for i := range n {
		tree.Entries = append(tree.Entries, Entry{Name: fmt.Sprintf("d%05d", i), Mode: modeFolder})
	}
	z := newZip(tree)
	var packed bytes.Buffer
	out := &output{w: &packed}
	for i := range n {
		z.done[i].offset = out.n
		out.Write(z.local(nil, i))
	}
	must(t, z.end(out))
	list, err := List(bytes.NewReader(packed.Bytes()), int64(packed.Len()), Zip)
	must(t, err)
	if len(list) != n || list[n-1].Name != "d65535" {
		t.Errorf("%d of %d entries are listed", len(list), n)
	}
	archive := filepath.Join(t.TempDir(), "many.zip")
	must(t, os.WriteFile(archive, packed.Bytes(), 0o644))
	if last := run(t, tool(t, "unzip"), "-Z1", archive); !strings.HasSuffix(last, "d65535/\n") {
		t.Error("unzip doesn't list the last entry")
	}
}
