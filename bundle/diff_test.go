package bundle

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestDiffOfABundleAndAFolder(t *testing.T) {
	dir := files{"a": "1", "gone": "x", "dir/b": "2", "link": "-> a", "run": "#!/bin/sh\n", "turns": "file"}.build(t)
	packed := mustWrite(t, mustScan(t, dir, Options{}), TGZ)
	before, err := Read(t.Context(), bytes.NewReader(packed), int64(len(packed)), TGZ)
	must(t, err)
	if list := Diff(before, mustScan(t, dir, Options{}).Manifest); len(list) != 0 {
		t.Errorf("a folder differs from its bundle: %v", list)
	}
	must(t, os.RemoveAll(filepath.Join(dir, "turns")))
	must(t, os.RemoveAll(filepath.Join(dir, "link")))
	must(t, os.Remove(filepath.Join(dir, "gone")))
	must(t, os.Chmod(filepath.Join(dir, "run"), 0o644))
	files{"a": "9", "new": "", "zz/": "", "turns": "-> a", "link": "-> dir/b"}.buildIn(t, dir)
	var got []string
	for _, c := range Diff(before, mustScan(t, dir, Options{}).Manifest) {
		got = append(got, c.Name+": "+c.Words())
	}
	want := []string{"a: content", "gone: removed", "link: link", "new: added", "run: mode", "turns: kind", "zz: added"}
	if !slices.Equal(got, want) {
		t.Errorf("the difference is\n  %q, want\n  %q", got, want)
	}
}

func TestLargestAndTotals(t *testing.T) {
	m := mustScan(t, files{"a": "22", "b/c/d": "333", "b/e": "22", "f": "", "g": "-> a", "h/": "", "run": "#!"}.build(t), Options{}).Manifest
	wantNames(t, m.Largest(3), "b/c/d", "a", "b/e")
	wantNames(t, m.Largest(99), "b/c/d", "a", "b/e", "run", "f")
	wantNames(t, m.Largest(0))
	if got, want := m.Totals(), (Totals{Files: 5, Executable: 1, Links: 1, Folders: 3, Bytes: 9}); got != want {
		t.Errorf("totals are %+v, want %+v", got, want)
	}
}
