//go:build linux || darwin || freebsd

package bundle

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// remembered is a Known of one earlier scan.
func remembered(t *Tree) Known {
	return func(name string, s Stamp) (digest [32]byte, ok bool) {
		for i, e := range t.Entries {
			if e.Name == name && t.Stamps[i] == s {
				return e.Digest, true
			}
		}
		return digest, false
	}
}

func nothingKnown(string, Stamp) (digest [32]byte, ok bool) { return digest, false }

// TestKnown: a file whose stamp is the same is not read, and the bundle is the
// same to the byte; one that was written is read; one that changed behind its
// stamp is found before a byte is written.
func TestKnown(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("a", strings.Repeat("a", 1000))
	write("b", strings.Repeat("b", 1000))
	first, err := Scan(t.Context(), dir, Options{Known: nothingKnown})
	if err != nil {
		t.Fatal(err)
	}
	var want, got bytes.Buffer
	if err := Write(t.Context(), &want, first, Zip); err != nil {
		t.Fatal(err)
	}

	asked := 0
	again, err := Scan(t.Context(), dir, Options{Known: func(name string, s Stamp) ([32]byte, bool) {
		d, ok := remembered(first)(name, s)
		if !ok {
			t.Errorf("%s is not known", name)
		}
		asked++
		return d, ok
	}})
	if err != nil || asked != 2 || again.Digest() != first.Digest() {
		t.Fatalf("%d asked, %v", asked, err)
	}
	if err := Write(t.Context(), &got, again, Zip); err != nil || !bytes.Equal(got.Bytes(), want.Bytes()) {
		t.Errorf("%d bytes, not %d; %v", got.Len(), want.Len(), err)
	}

	write("b", strings.Repeat("c", 1000))
	changed, err := Scan(t.Context(), dir, Options{Known: remembered(first)})
	if err != nil || changed.Digest() == first.Digest() {
		t.Fatalf("what was written is not read: %v", err)
	}

	// A Known that lies: b had its old content, says the stamp of the new one.
	lie := func(name string, s Stamp) ([32]byte, bool) {
		if name == "b" {
			return first.Entries[1].Digest, true
		}
		return [32]byte{}, false
	}
	lied, err := Scan(t.Context(), dir, Options{Known: lie})
	if err != nil {
		t.Fatal(err)
	}
	got.Reset()
	var path *PathError
	if err := Write(t.Context(), &got, lied, Zip); !errors.As(err, &path) || path.Path != "b" || !errors.Is(err, ErrChanged) || got.Len() > 0 {
		t.Errorf("%d bytes written, %v", got.Len(), err)
	}
}

// TestStamp: what a program can set by itself is not all of a stamp.
func TestStamp(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if err := os.WriteFile(path, []byte("1"), 0o644); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	first, err := Scan(t.Context(), dir, Options{Known: nothingKnown})
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(20 * time.Millisecond) // the file system's clock is that coarse
	if err := os.WriteFile(path, []byte("2"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	again, err := Scan(t.Context(), dir, Options{Known: remembered(first)})
	if err != nil || again.Digest() == first.Digest() {
		t.Errorf("content that was changed, with its time set back, is taken for the old one: %v", err)
	}
}
