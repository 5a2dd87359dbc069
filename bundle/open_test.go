package bundle

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
)

func TestOpenShowsTheFolder(t *testing.T) {
	f := files{"large": random(keepFile+1, 7)} // not kept in memory
	maps.Copy(f, sample)
	tree := mustScan(t, f.build(t), Options{})
	want := []string{}
	for name := range f {
		want = append(want, strings.TrimSuffix(name, "/"))
	}
	check := func(what string, view fs.FS) {
		if err := fstest.TestFS(view, want...); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		for name, content := range f {
			if target, ok := strings.CutPrefix(content, "-> "); ok {
				if got, err := fs.ReadLink(view, name); err != nil || got != target {
					t.Errorf("%s: link %s is %q, %v", what, name, got, err)
				}
				continue
			}
			if strings.HasSuffix(name, "/") {
				continue
			}
			if got, err := fs.ReadFile(view, name); err != nil || string(got) != content {
				t.Errorf("%s: %s holds %.40q, %v", what, name, got, err)
			}
		}
		if got, err := fs.ReadFile(view, "scripts/latest"); err != nil || string(got) != f["scripts/start.sh"] {
			t.Errorf("%s: through the link: %q, %v", what, got, err)
		}
		if info, err := fs.Stat(view, "scripts/start.sh"); err != nil || info.Mode() != 0o755 {
			t.Errorf("%s: mode of the script: %v, %v", what, info.Mode(), err)
		}
	}
	view := tree.FS()
	check("folder", view)
	for _, typ := range types {
		b := mustWrite(t, tree, typ)
		view, err := Open(bytes.NewReader(b), int64(len(b)), typ)
		must(t, err)
		check(string(typ), view)
	}
}

func TestOpenStaysInside(t *testing.T) {
	b := tarOf(link("out", "../x"), link("abs", "/etc"), link("dot", "."), link("trick", "dot/../etc"), link("loop", "loop"), file("f", "1"))
	view, err := Open(bytes.NewReader(b), int64(len(b)), Tar)
	must(t, err)
	for _, name := range []string{"out", "out/x", "abs", "abs/passwd", "trick", "trick/passwd", "loop", "../f", "/f", "no"} {
		if _, err := view.Open(name); err == nil {
			t.Errorf("%s can be opened", name)
		}
		if _, err := fs.Stat(view, name); err == nil {
			t.Errorf("%s can be looked at", name)
		}
	}
	if got, err := fs.ReadFile(view, "dot/dot/f"); err != nil || string(got) != "1" {
		t.Errorf("dot/dot/f holds %q, %v", got, err)
	}
}

func TestOpenIsSafeForConcurrentUse(t *testing.T) {
	f := files{}
	for i := range 20 {
		f[strings.Repeat("x", i+1)] = random(300<<10, uint64(i)) // not kept in memory
	}
	tree := mustScan(t, f.build(t), Options{})
	for _, typ := range types {
		b := mustWrite(t, tree, typ)
		view, err := Open(bytes.NewReader(b), int64(len(b)), typ)
		must(t, err)
		var wait sync.WaitGroup
		for name, want := range f {
			wait.Go(func() {
				if got, err := fs.ReadFile(view, name); err != nil || string(got) != want {
					t.Errorf("%s: %s differs, %v", typ, name, err)
				}
			})
		}
		wait.Wait()
	}
}

func TestOpenNoticesDamageOnReading(t *testing.T) {
	b := bytes.Replace(stored("a", "content"), []byte("content"), []byte("Content"), 1)
	view, err := Open(bytes.NewReader(b), int64(len(b)), Zip)
	must(t, err)
	if _, err := fs.ReadFile(view, "a"); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("a damaged file reads as %v", err)
	}
}
