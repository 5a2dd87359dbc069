package bundle

import (
	"bytes"
	"context"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// files describes a folder for tests: what is below the root, by slash path. A value that begins with "-> " is a link, a name that ends in
// "/" is an empty folder, a value that begins with "#!" is executable.
type files map[string]string

// sample has one of everything that a bundle may hold.
var sample = files{
	"appspec.yml":            "version: 0.0\nos: linux\n",
	"scripts/start.sh":       "#!/bin/sh\nexec web\n",
	"scripts/stop.sh":        "#!/bin/sh\nkill web\n",
	"scripts/latest":         "-> start.sh",
	"web/index.html":         strings.Repeat("<p>hello</p>\n", 500),
	"web/random.bin":         random(5000, 1),
	"web/leer/":              "",
	"web/ein Name mit Platz": "x",
	"web/grüße-世界.txt":       "ünïcode",
	"web/.hidden":            "dot",
	"web-a":                  "sorts between web and web/",
	"empty":                  "",
	"deep/" + strings.Repeat("a-rather-long-folder-name/", 8) + "file.txt": "long",
	"deep/up": "-> ../web/index.html",
}

func random(n int, seed uint64) string {
	var key [32]byte
	key[0] = byte(seed)
	b := make([]byte, n)
	rand.NewChaCha8(key).Read(b)
	return string(b)
}

// build makes the folder, in random order, and returns its path.
func (f files) build(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	f.buildIn(t, dir)
	return dir
}

func (f files) buildIn(t testing.TB, dir string) {
	t.Helper()
	var names []string
	for name := range f {
		names = append(names, name)
	}
	rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	for _, name := range names {
		path, content := filepath.Join(dir, filepath.FromSlash(name)), f[name]
		if strings.HasSuffix(name, "/") {
			must(t, os.MkdirAll(path, 0o777))
			continue
		}
		must(t, os.MkdirAll(filepath.Dir(path), 0o777))
		target, isLink := strings.CutPrefix(content, "-> ")
		switch {
		case isLink:
			must(t, os.Symlink(target, path))
		case strings.HasPrefix(content, "#!"):
			must(t, os.WriteFile(path, []byte(content), 0o777))
		default:
			must(t, os.WriteFile(path, []byte(content), 0o666))
		}
	}
}

// readBack describes what is on disk below dir, in the form of files; executables keep theirs by content.
func readBack(t testing.TB, dir string) files {
	t.Helper()
	got := files{}
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		name := filepath.ToSlash(rel)
		switch {
		case d.IsDir():
			list, err := os.ReadDir(path)
			if len(list) == 0 {
				got[name+"/"] = ""
			}
			return err
		case d.Type()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			got[name] = "-> " + target
			return err
		}
		content, err := os.ReadFile(path)
		got[name] = string(content)
		return err
	}))
	return got
}

func (f files) diff(t testing.TB, got files) {
	t.Helper()
	for name, want := range f {
		if have, ok := got[name]; !ok {
			t.Errorf("%q is missing", name)
		} else if have != want {
			t.Errorf("%q is %.60q, want %.60q", name, have, want)
		}
	}
	for name := range got {
		if _, ok := f[name]; !ok {
			t.Errorf("%q should not be there", name)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func mustScan(t testing.TB, root string, o Options) *Tree {
	t.Helper()
	tree, err := Scan(context.Background(), root, o)
	must(t, err)
	return tree
}

func mustWrite(t testing.TB, tree *Tree, typ Type) []byte {
	t.Helper()
	var out bytes.Buffer
	must(t, Write(context.Background(), &out, tree, typ))
	return out.Bytes()
}

func names(entries []Entry) []string {
	var out []string
	for _, e := range entries {
		out = append(out, e.Name)
	}
	return out
}

func wantNames(t testing.TB, entries []Entry, want ...string) {
	t.Helper()
	if got := names(entries); !slices.Equal(got, want) {
		t.Errorf("entries are\n  %q, want\n  %q", got, want)
	}
}

var types = []Type{Zip, Tar, TGZ}
