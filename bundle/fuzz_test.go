package bundle

import (
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

// seed adds all hostile archives and good ones; typ is the index of the type.
func seed(f *testing.F) {
	for _, h := range hostiles() {
		for i, typ := range types {
			if typ == h.typ && len(h.packed) < 64<<10 {
				f.Add(h.packed, byte(i))
			}
		}
	}
	entries := []made{file("appspec.yml", "version: 0.0\n"), folder("d"), link("d/l", "../appspec.yml"), {name: "run.sh", body: "#!x", mode: 0o755}}
	f.Add(zipOf(entries...), byte(0))
	f.Add(tarOf(entries...), byte(1))
	f.Add(gzipOf(tarOf(entries...)), byte(2))
}

// sound fails unless an error is of a kind that this package documents for archives.
func sound(t *testing.T, call string, err error) {
	t.Helper()
	if err != nil && !errors.Is(err, ErrFormat) && !errors.Is(err, ErrRefused) && !errors.Is(err, ErrLimit) {
		t.Errorf("%s = %v, which is none of this package's errors", call, err)
	}
}

func FuzzList(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, b []byte, which byte) {
		typ := types[int(which)%len(types)]
		r, size := bytes.NewReader(b), int64(len(b))
		list, err := List(r, size, typ)
		sound(t, "List", err)
		for _, e := range list {
			if name, err := cleanName(e.Name); err != nil || name != e.Name || name == "." {
				t.Errorf("List shows the name %q: %v", e.Name, err)
			}
		}
		if _, err := Identify(r, size); err != nil {
			sound(t, "Identify", err)
		}
		if view, err := Open(r, size, typ); err != nil {
			sound(t, "Open", err)
		} else if _, err := TopFolder(view); err != nil {
			t.Errorf("TopFolder = %v", err)
		}
	})
}

func FuzzExtract(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, b []byte, which byte) {
		typ := types[int(which)%len(types)]
		dir, untouched := sandbox(t)
		defer untouched()
		limits := Limits{Bytes: 1 << 20, Entries: 1000}
		err := Extract(context.Background(), dir, bytes.NewReader(b), int64(len(b)), typ, ExtractOptions{Limits: limits})
		if err != nil {
			return
		}
		// What unpacks reads as the same: two ways through the archive must agree on what it holds.
		m, err := Read(context.Background(), bytes.NewReader(b), int64(len(b)), typ)
		if err != nil {
			t.Fatalf("it unpacks, but Read = %v", err)
		}
		if len(m.LinksOutside()) > 0 {
			return
		}
		tree, err := Scan(context.Background(), dir, Options{KeepGit: true})
		if err != nil {
			return // what it unpacks to may be unreadable, or hold a state folder
		}
		if tree.Digest() != m.Digest() {
			t.Errorf("digest of what was unpacked differs from the archive's:\n%v\n%v", tree.Entries, m.Entries)
		}
	})
}

// What is written in blocks must come back whole, and the same from any cut.
func FuzzBlocks(f *testing.F) {
	f.Add([]byte(turns(100_000, 20_000, 5000)), uint32(30_000))
	f.Add([]byte{}, uint32(1))
	d, err := newDeflater(DefaultLevel)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, content []byte, cut uint32) {
		at := int(cut) % (len(content) + 1)
		packed := d.block(nil, content[:at], false)
		packed = d.block(packed, content[at:], true)
		got, err := io.ReadAll(flate.NewReader(bytes.NewReader(packed)))
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes cut at %d come back as %d: %v", len(content), at, len(got), err)
		}
	})
}

func FuzzIgnore(f *testing.F) {
	f.Add("!a/**/[b-c]*\n", "a/b")
	f.Fuzz(func(t *testing.T, text, name string) {
		list, err := parsePatterns(strings.Split(text, "\n"))
		if err == nil {
			list.match(name, true)
		}
	})
}
