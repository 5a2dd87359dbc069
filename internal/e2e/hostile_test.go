package e2e

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/bundle"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps/engine"
)

// A hostile archive or tree, and what becomes of it: the exit codes of bundle
// list, validate and push, whether it can be unpacked, and the words that say why.
type hostile struct {
	name                 string
	make                 func(t *testing.T, path string) // path has the archive's ending, or is a folder's
	kind                 string                          // zip, tar, tgz or folder
	list, validate, push int
	unpacks              bool
	says                 string
}

type member struct {
	name, text string
	mode       fs.FileMode // 0644 if zero
	link       string
}

const hostileSpec = "version: 0.0\nos: linux\nfiles:\n  - {source: page.html, destination: /srv/app}\n"

func sound(more ...member) []member {
	return append([]member{{name: "appspec.yml", text: hostileSpec}, {name: "page.html", text: "hello"}}, more...)
}

func zipped(members ...member) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for _, m := range members {
			h := &zip.FileHeader{Name: m.name, Method: zip.Deflate}
			mode, text := m.mode, m.text
			if mode == 0 {
				mode = 0o644
			}
			if m.link != "" {
				mode, text = fs.ModeSymlink|0o777, m.link
			}
			h.SetMode(mode)
			f, err := w.CreateHeader(h)
			if err == nil {
				_, err = f.Write([]byte(text))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		save(t, path, b.Bytes())
	}
}

func tarred(members ...member) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		h := &tar.Header{Name: m.name, Mode: 0o644, Size: int64(len(m.text)), Typeflag: tar.TypeReg}
		switch {
		case m.mode&fs.ModeDevice != 0:
			h.Typeflag, h.Size = tar.TypeChar, 0
		case m.mode&fs.ModeNamedPipe != 0:
			h.Typeflag, h.Size = tar.TypeFifo, 0
		case m.mode&fs.ModeIrregular != 0:
			h.Typeflag, h.Linkname, h.Size = tar.TypeLink, m.link, 0
		case m.link != "":
			h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, m.link, 0
		}
		if err := w.WriteHeader(h); err != nil {
			panic(err)
		}
		if h.Size > 0 {
			w.Write([]byte(m.text))
		}
	}
	w.Close()
	return b.Bytes()
}

func inTar(members ...member) func(*testing.T, string) {
	return func(t *testing.T, path string) { save(t, path, tarred(members...)) }
}

func save(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

func folderOf(change func(t *testing.T, dir string)) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		save(t, filepath.Join(dir, "appspec.yml"), []byte(hostileSpec))
		save(t, filepath.Join(dir, "page.html"), []byte("hello"))
		change(t, dir)
	}
}

func hostiles() []hostile {
	zeros := strings.Repeat("\x00", 64<<20)
	cut := func(make func(*testing.T, string), keep int) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			make(t, path)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if keep < 0 {
				keep += len(text)
			}
			save(t, path, text[:keep])
		}
	}
	link := func(name, target string) func(*testing.T, string) {
		return folderOf(func(t *testing.T, dir string) {
			if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		})
	}
	named := func(name string) func(*testing.T, string) {
		return folderOf(func(t *testing.T, dir string) { save(t, filepath.Join(dir, name), nil) })
	}
	return []hostile{
		{name: "sound", kind: "zip", make: zipped(sound()...), unpacks: true},
		{name: "climbs out", kind: "zip", make: zipped(sound(member{name: "../evil"})...), list: 2, validate: 2, push: 2, says: `the name "../evil" in the archive climbs out with ".." [REV-010]`},
		{name: "climbs out inside", kind: "zip", make: zipped(sound(member{name: "a/../../evil"})...), list: 2, validate: 2, push: 2, says: "a/../../evil"},
		{name: "absolute", kind: "zip", make: zipped(sound(member{name: "/etc/evil"})...), list: 2, validate: 2, push: 2, says: "/etc/evil"},
		{name: "absolute", kind: "tar", make: inTar(sound(member{name: "/etc/evil", text: "x"})...), list: 2, validate: 2, push: 2, says: "/etc/evil"},
		{name: "backslashes", kind: "zip", make: zipped(sound(member{name: `..\evil`})...), list: 2, validate: 2, push: 2, says: "REV-010"},
		{name: "drive", kind: "zip", make: zipped(sound(member{name: "C:/evil"})...), list: 0, validate: 0, push: 0, unpacks: true},
		{name: "link out", kind: "zip", make: zipped(sound(member{name: "out", link: "../../etc/passwd"})...), validate: 0, push: 2, unpacks: true, says: "out"},
		{name: "absolute link", kind: "tar", make: inTar(sound(member{name: "out", link: "/etc/passwd"})...), validate: 0, push: 2, unpacks: true, says: "out"},
		{name: "written through a link", kind: "tar", make: inTar(sound(member{name: "out", link: "/tmp"}, member{name: "out/evil", text: "x"})...), list: 2, validate: 2, push: 2, says: "out"},
		{name: "hard link out", kind: "tar", make: inTar(sound(member{name: "hard", mode: fs.ModeIrregular, link: "../../etc/passwd"})...), list: 2, validate: 2, push: 2, says: "hard"},
		{name: "device", kind: "tar", make: inTar(sound(member{name: "dev", mode: fs.ModeDevice})...), list: 2, validate: 2, push: 2, says: "dev"},
		{name: "pipe", kind: "tar", make: inTar(sound(member{name: "fifo", mode: fs.ModeNamedPipe})...), list: 2, validate: 2, push: 2, says: "fifo"},
		{name: "twice", kind: "zip", make: zipped(sound(member{name: "page.html", text: "other"})...), validate: 0, push: 2, unpacks: true, says: "page.html"},
		{name: "file and folder", kind: "zip", make: zipped(sound(member{name: "page.html/x", text: "other"})...), list: 2, validate: 2, push: 2, says: "page.html"},
		{name: "no UTF-8", kind: "zip", make: zipped(sound(member{name: "a\xff"})...), list: 2, validate: 2, push: 2, says: "UTF-8"},
		{name: "newline", kind: "zip", make: zipped(sound(member{name: "a\n::error::b"})...), list: 2, validate: 2, push: 2, says: `a\n::error::b`},
		{name: "bomb", kind: "zip", make: zipped(append(sound(), slices.Repeat([]member{{name: "z", text: zeros}}, 1)...)...), list: 0, validate: 0, push: 0, unpacks: true},
		{name: "cut off", kind: "zip", make: cut(zipped(sound()...), -30), list: 2, validate: 2, push: 2, says: "cut off.zip"},
		{name: "cut off", kind: "tar", make: cut(inTar(sound()...), 700), list: 2, validate: 2, push: 2, says: "cut off.tar"},
		{name: "empty", kind: "zip", make: func(t *testing.T, path string) { save(t, path, nil) }, list: 2, validate: 2, push: 2, says: "empty.zip"},
		{name: "no archive", kind: "tgz", make: func(t *testing.T, path string) { save(t, path, []byte("hello")) }, list: 2, validate: 2, push: 2, says: "no archive.tgz"},
		{name: "broken checksum", kind: "tgz", make: func(t *testing.T, path string) {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			z.Write(tarred(sound()...))
			z.Close()
			text := b.Bytes()
			text[len(text)-6] ^= 1
			save(t, path, text)
		}, list: 2, validate: 2, push: 2, says: "broken checksum.tgz"},
		{name: "two folders", kind: "zip", make: zipped(member{name: "a/appspec.yml", text: hostileSpec}, member{name: "b/x"}), validate: 1, push: 1, unpacks: true, says: "REV-0"},
		{name: "tree with a link out", kind: "folder", make: link("out", "../../etc/passwd"), validate: 1, push: 2, says: "out: the link to ../../etc/passwd leads out"},
		{name: "tree with a loop", kind: "folder", make: link("loop", "."), validate: 0, push: 0},
		{name: "tree with a newline", kind: "folder", make: named("a\n::error::b"), list: 2, validate: 1, push: 2, says: `a\n::error::b`},
		{name: "tree with a backslash", kind: "folder", make: named(`a\b`), list: 2, validate: 1, push: 2, says: "backslash"},
		{name: "tree without UTF-8", kind: "folder", make: named("a\xff"), list: 2, validate: 1, push: 2, says: "UTF-8"},
		{name: "tree with names that differ by case", kind: "folder", make: named("Page.html"), push: 0, says: "Page.html and page.html differ by case or normal form only"},
	}
}

// TestHostile: what is wrong with an archive or a tree is said, where and why,
// by each step that meets it; nothing is written outside, and nothing pushed.
func TestHostile(t *testing.T) {
	seen := map[string]bool{}
	for _, h := range hostiles() {
		name := h.name + "." + h.kind
		if seen[name] {
			t.Fatalf("two are named %s", name)
		}
		seen[name] = true
		t.Run(name, func(t *testing.T) {
			s := newSession(t)
			path := filepath.Join(s.dir, name)
			h.make(t, path)
			run := func(want int, args ...string) string {
				t.Helper()
				var out bytes.Buffer
				code := engine.Program().Run(context.Background(), step.Process{
					Args: append(args, path), Stdout: &out, Stderr: &out, Dir: s.dir, Width: func() int { return 80 },
					Getenv: func(name string) string { return map[string]string{"HOME": s.dir}[name] },
				})
				if int(code) != want {
					t.Errorf("%s: exit code %d, not %d\n%s", strings.Join(args, " "), code, want, out.String())
				}
				if strings.Contains(out.String(), "\n::error") {
					t.Errorf("%s: a name becomes a line of its own:\n%s", strings.Join(args, " "), out.String())
				}
				return out.String()
			}
			all := run(h.list, "bundle", "list") + run(h.validate, "validate") + run(h.push, "push", "--endpoint", "local", "--application", "app", "--cache", "none")
			if !strings.Contains(all, h.says) {
				t.Errorf("nothing says %q:\n%s", h.says, all)
			}
			if h.kind != "folder" {
				h.unpack(t, path)
			}
		})
	}
}

// unpack extracts an archive into a folder that has a sentinel beside it.
func (h hostile) unpack(t *testing.T, path string) {
	outside := t.TempDir()
	into := filepath.Join(outside, "deep", "into")
	if err := os.MkdirAll(into, 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	err = bundle.Extract(t.Context(), into, f, info.Size(), bundle.Type(h.kind), bundle.ExtractOptions{})
	if (err == nil) != h.unpacks {
		t.Errorf("unpacked: %v", err)
	}
	err = filepath.WalkDir(outside, func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.HasPrefix(p, into+string(filepath.Separator)) {
			err = fmt.Errorf("%s was written outside", p)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
