package bundle

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// made is an entry of an archive that a test makes by hand. What isn't said is a plain file.
type made struct {
	name string
	body string
	mode fs.FileMode // 0: a file of mode 0644
	link string      // with fs.ModeSymlink: target
	typ  byte        // tar's type where it isn't plain
}

func tarOf(entries ...made) []byte {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Mode: int64(e.perm()), Size: int64(len(e.body)), Linkname: e.link, Typeflag: tar.TypeReg}
		switch {
		case e.typ == tar.TypeXGlobalHeader:
			h = &tar.Header{Name: e.name, Typeflag: e.typ, PAXRecords: map[string]string{"comment": "a commit"}}
		case e.typ != 0:
			h.Typeflag = e.typ
		case e.mode&fs.ModeSymlink != 0:
			h.Typeflag = tar.TypeSymlink
		case e.mode.IsDir():
			h.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(h); err != nil {
			panic(fmt.Sprintf("%q: %v", e.name, err))
		}
		w.Write([]byte(e.body))
	}
	w.Close()
	return out.Bytes()
}

func (e made) perm() fs.FileMode {
	if e.mode.Perm() == 0 {
		return 0o644
	}
	return e.mode.Perm()
}

func zipOf(entries ...made) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		h.SetMode(e.mode.Type() | e.perm())
		body := e.body
		if e.mode&fs.ModeSymlink != 0 {
			body = e.link
		}
		f, err := w.CreateHeader(h)
		if err != nil {
			panic(err)
		}
		f.Write([]byte(body))
	}
	w.Close()
	return out.Bytes()
}

func gzipOf(content []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(content)
	w.Close()
	return out.Bytes()
}

func link(name, target string) made {
	return made{name: name, mode: fs.ModeSymlink | 0o777, link: target}
}
func folder(name string) made     { return made{name: name + "/", mode: fs.ModeDir | 0o755} }
func file(name, body string) made { return made{name: name, body: body} }

// outcome is what must come of an archive.
type outcome struct {
	err     error  // nil: it works
	path    string // entry that the error is about, "" for the archive as a whole
	entries int    // without an error: how many
	leaves  files  // without an error: what is on disk
}

type hostile struct {
	name    string
	typ     Type
	packed  []byte
	list    outcome
	extract outcome
	limits  Limits
}

func refuses(path string) outcome { return outcome{err: ErrRefused, path: path} }
func lists(n int) outcome         { return outcome{entries: n} }
func leaves(f files) outcome      { return outcome{leaves: f} }

// both makes a case of a zip and of a tar with the same entries and outcome.
func both(name string, list, extract outcome, entries ...made) []hostile {
	return []hostile{
		{name: name + " (zip)", typ: Zip, packed: zipOf(entries...), list: list, extract: extract},
		{name: name + " (tar)", typ: Tar, packed: tarOf(entries...), list: list, extract: extract},
		{name: name + " (tgz)", typ: TGZ, packed: gzipOf(tarOf(entries...)), list: list, extract: extract},
	}
}

func hostiles() []hostile {
	cut := func(b []byte, n int) []byte { return b[:len(b)-n] }
	broken := func(b []byte, old, new string) []byte {
		if !bytes.Contains(b, []byte(old)) {
			panic("nothing to break")
		}
		return bytes.ReplaceAll(b, []byte(old), []byte(new))
	}
	plain := []made{file("a", strings.Repeat("a", 600)), file("b", random(600, 1))}
	damage := outcome{err: ErrFormat}
	device := func(typ byte) []byte { return tarOf(file("a", ""), made{name: "dev/x", typ: typ}) }
	zeros := strings.Repeat("\x00", 1<<20)
	insensitive := caseInsensitive()

	all := slices.Concat(
		both("traversal", refuses("../evil"), refuses("../evil"), file("../evil", "x")),
		both("traversal in the middle", refuses("a/b/../../../evil"), refuses("a/b/../../../evil"), file("a/b/../../../evil", "x")),
		both("traversal that comes back", refuses("a/../b"), refuses("a/../b"), file("a/../b", "x")),
		both("folder above", refuses("../"), refuses("../"), folder("..")),
		both("absolute", refuses("/etc/evil"), refuses("/etc/evil"), file("/etc/evil", "x")),
		both("backslash", refuses(`..\evil`), refuses(`..\evil`), file(`..\evil`, "x")),
		both("newline", refuses("a\nb"), refuses("a\nb"), file("a\nb", "x")),
		both("escape sequence", refuses("a\x1b[2Jb"), refuses("a\x1b[2Jb"), file("a\x1b[2Jb", "x")),
		both("name too long", refuses(strings.Repeat("long/", 900)+"x"), refuses(strings.Repeat("long/", 900)+"x"), file(strings.Repeat("long/", 900)+"x", "x")),
		both("link outside", lists(1), leaves(files{"out": "-> ../../outside"}), link("out", "../../outside")),
		both("absolute link", lists(1), leaves(files{"out": "-> /etc/passwd"}), link("out", "/etc/passwd")),
		both("write through a link outside", lists(2), refuses("out/evil"), link("out", "../sentinel"), file("out/evil", "x")),
		both("write through a link inside", lists(3), refuses("in/evil"), folder("real"), link("in", "real"), file("in/evil", "x")),
		both("folder through a link", lists(2), refuses("out/evil"), link("out", "../sentinel"), folder("out/evil")),
		both("link through a link", lists(2), refuses("out/evil"), link("out", "../sentinel"), link("out/evil", "x")),
		both("link to the root itself, then through it", lists(2), refuses("dot/evil"), link("dot", "."), file("dot/evil", "x")),
		both("write onto a link", lists(2), leaves(files{"out": "x"}), link("out", "../sentinel/file"), file("out", "x")),
		both("folder onto a link", lists(2), refuses("out"), link("out", "../sentinel"), folder("out")),
		both("link onto a folder", lists(2), refuses("d"), file("d/x", ""), link("d", "../sentinel")),
		both("file onto a folder", lists(2), refuses("d"), file("d/x", ""), file("d", "x")),
		both("file in a file", lists(2), refuses("f/x"), file("f", ""), file("f/x", "x")),
		both("duplicate", lists(3), leaves(files{"a": "second", "b": ""}), file("a", "first"), file("b", ""), file("a", "second")),
		both("duplicate folder", lists(3), leaves(files{"d/x": "1"}), folder("d"), file("d/x", "1"), folder("d")),
		both("root", lists(1), leaves(files{"a": "1"}), folder("."), file("./a", "1")),
		both("odd slashes", lists(1), leaves(files{"a/b": "1"}), file("./a//./b", "1")),
		both("link with a newline", refuses("l"), refuses("l"), link("l", "a\nb")),
		[]hostile{
			{"device", Tar, device(tar.TypeChar), refuses("dev/x"), refuses("dev/x"), Limits{}},
			{"block device", Tar, device(tar.TypeBlock), refuses("dev/x"), refuses("dev/x"), Limits{}},
			{"pipe", Tar, device(tar.TypeFifo), refuses("dev/x"), refuses("dev/x"), Limits{}},
			{"device (zip)", Zip, zipOf(made{name: "dev", mode: fs.ModeDevice | fs.ModeCharDevice | 0o666}), refuses("dev"), refuses("dev"), Limits{}},
			{"pipe (zip)", Zip, zipOf(made{name: "dev", mode: fs.ModeNamedPipe | 0o666}), refuses("dev"), refuses("dev"), Limits{}},
			{"name with NUL", Zip, zipOf(file("a\x00.txt", "x")), refuses("a\x00.txt"), refuses("a\x00.txt"), Limits{}},
			{"name not UTF-8", Zip, zipOf(file("caf\xe9", "x")), refuses("caf\xe9"), refuses("caf\xe9"), Limits{}},
			{"empty name", Zip, zipOf(file("", "x")), refuses(""), refuses(""), Limits{}},
			{"link without target", Zip, zipOf(link("l", "")), refuses("l"), refuses("l"), Limits{}},
			{"link with a huge target", Zip, zipOf(link("l", zeros)), refuses("l"), refuses("l"), Limits{}},
			{"hard link outside", Tar, tarOf(made{name: "h", link: "../sentinel/file", typ: tar.TypeLink}), refuses("h"), refuses("h"), Limits{}},
			{"hard link to what is not there", Tar, tarOf(made{name: "h", link: "a", typ: tar.TypeLink}), refuses("h"), refuses("h"), Limits{}},
			{"hard link to a link", Tar, tarOf(link("l", "../sentinel/file"), made{name: "h", link: "l", typ: tar.TypeLink}), refuses("h"), refuses("h"), Limits{}},
			{"hard link through a link", Tar, tarOf(file("a/f", "1"), link("l", "a"), made{name: "h", link: "l/f", typ: tar.TypeLink}), refuses("h"),
				refuses("h"), Limits{}},
			{"file replaced by a link, then linked hard", Tar, tarOf(file("f", "1"), link("f", "../sentinel/file"), made{name: "h", link: "f", typ: tar.TypeLink}),
				refuses("h"), refuses("h"), Limits{}},
			{"bomb by bytes (zip)", Zip, zipOf(file("bomb", zeros)), lists(1), outcome{err: ErrLimit, path: "bomb"}, Limits{Bytes: 1 << 19}},
			{"bomb by bytes (tar)", Tar, tarOf(file("bomb", zeros)), lists(1), outcome{err: ErrLimit, path: "bomb"}, Limits{Bytes: 1 << 19}},
			{"bomb by entries", Zip, zipOf(file("a", ""), file("b", ""), file("c", "")), lists(3), outcome{err: ErrLimit}, Limits{Entries: 2}},
			{"bomb that says it is small", Zip, understated(), lists(1), outcome{err: ErrFormat, path: "bomb"}, Limits{}},
			{"bomb of overlapping entries", Zip, overlapping(3000), lists(3000), outcome{err: ErrLimit, path: "f1024"}, Limits{}},
			{"truncated (zip)", Zip, cut(zipOf(plain...), 30), damage, damage, Limits{}},
			{"truncated in a file (tar)", Tar, tarOf(plain...)[:700], damage, outcome{err: ErrFormat, path: "a"}, Limits{}},
			{"truncated between files (tar)", Tar, tarOf(plain...)[:1536], damage, damage, Limits{}},
			{"truncated (tgz)", TGZ, cut(gzipOf(tarOf(plain...)), 20), damage, damage, Limits{}},
			{"wrong CRC (zip)", Zip, broken(stored("a", "content"), "content", "Content"), lists(1), outcome{err: ErrFormat, path: "a"}, Limits{}},
			{"wrong CRC (tgz)", TGZ, flip(gzipOf(tarOf(plain...)), -6), damage, damage, Limits{}},
			{"wrong checksum (tar)", Tar, broken(tarOf(file("abcde", "x")), "abcde", "abcdf"), damage, damage, Limits{}},
			{"encrypted", Zip, encrypted(), lists(1), outcome{err: ErrRefused, path: "a"}, Limits{}},
			{"unknown compression", Zip, method99(), lists(1), outcome{err: ErrFormat, path: "a"}, Limits{}},
			{"a zip called tar", Tar, zipOf(plain...), damage, damage, Limits{}},
			{"a tar called zip", Zip, tarOf(plain...), damage, damage, Limits{}},
			{"a tar called tgz", TGZ, tarOf(plain...), damage, damage, Limits{}},
			{"text", TGZ, []byte("not an archive"), damage, damage, Limits{}},
			{"nothing", Zip, nil, damage, damage, Limits{}},
			{"gzip of nothing", TGZ, gzipOf(nil), damage, damage, Limits{}},
		},
	)
	if insensitive {
		return append(all, both("case", lists(2), leaves(files{"a": "2"}), file("a", "1"), file("A", "2"))...)
	}
	return append(all, both("case", lists(2), leaves(files{"a": "1", "A": "2"}), file("a", "1"), file("A", "2"))...)
}

func caseInsensitive() bool { return runtime.GOOS == "darwin" || runtime.GOOS == "windows" }

func TestHostileArchives(t *testing.T) {
	for _, h := range hostiles() {
		t.Run(h.name, func(t *testing.T) {
			r, size := bytes.NewReader(h.packed), int64(len(h.packed))

			list, err := List(r, size, h.typ)
			h.list.check(t, "List", err)
			if err == nil && len(list) != h.list.entries {
				t.Errorf("List has %d entries, want %d", len(list), h.list.entries)
			}

			dir, untouched := sandbox(t)
			err = Extract(context.Background(), dir, r, size, h.typ, ExtractOptions{Limits: h.limits})
			h.extract.check(t, "Extract", err)
			if err == nil {
				h.extract.leaves.diff(t, readBack(t, dir))
			}
			untouched()

			_, err = Open(r, size, h.typ)
			if h.name[:4] != "case" || !caseInsensitive() {
				h.opens().check(t, "Open", err)
			}

			// Read builds the same tree in memory. Limits are its own.
			if h.limits == (Limits{}) {
				_, err = Read(context.Background(), r, size, h.typ)
				if h.name[:4] != "case" || !caseInsensitive() {
					h.extract.check(t, "Read", err)
				}
			}
		})
	}
}

// opens returns what must come of Open: it sees what listing sees, and where entries would lie, but no zip's and tar's contents.
func (h *hostile) opens() outcome {
	structure := errors.Is(h.extract.err, ErrRefused) && h.name != "encrypted" || h.name == "bomb of overlapping entries"
	if h.list.err == nil && structure {
		return h.extract
	}
	return outcome{err: h.list.err, path: h.list.path}
}

func (o outcome) check(t *testing.T, call string, err error) {
	t.Helper()
	if o.err == nil {
		if err != nil {
			t.Errorf("%s = %v, want no error", call, err)
		}
		return
	}
	var p *PathError
	named := ""
	if errors.As(err, &p) {
		named = p.Path
	}
	if !errors.Is(err, o.err) || named != o.path {
		t.Errorf("%s = %v (about %q), want an error that is %q about %q", call, err, named, o.err, o.path)
	}
}

// sandbox returns a folder to unpack to, and what fails the test if anything beside that folder changed.
func sandbox(t testing.TB) (dir string, untouched func()) {
	t.Helper()
	around := files{"sentinel/file": "untouched", "target/": ""}.build(t)
	return filepath.Join(around, "target"), func() {
		t.Helper()
		must(t, os.RemoveAll(filepath.Join(around, "target")))
		files{"sentinel/file": "untouched"}.diff(t, readBack(t, around))
	}
}

// rawZip makes a zip whose headers say what the caller wants.
func rawZip(entries ...*zip.FileHeader) func(bodies ...[]byte) []byte {
	return func(bodies ...[]byte) []byte {
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		for i, h := range entries {
			f, err := w.CreateRaw(h)
			if err != nil {
				panic(err)
			}
			f.Write(bodies[i])
		}
		w.Close()
		return out.Bytes()
	}
}

func stored(name, body string) []byte {
	n := uint64(len(body))
	return rawZip(&zip.FileHeader{Name: name, CRC32: crc32.ChecksumIEEE([]byte(body)), UncompressedSize64: n, CompressedSize64: n})([]byte(body))
}

func encrypted() []byte {
	return rawZip(&zip.FileHeader{Name: "a", Flags: flagEncrypted, UncompressedSize64: 4, CompressedSize64: 4})([]byte("soup"))
}

func method99() []byte {
	return rawZip(&zip.FileHeader{Name: "a", Method: 99, UncompressedSize64: 4, CompressedSize64: 4})([]byte("soup"))
}

// understated says that its one file has 10 bytes, and it unpacks to 10 MiB.
func understated() []byte {
	packed := deflated(strings.Repeat("\x00", 10<<20))
	return rawZip(&zip.FileHeader{Name: "bomb", Method: zip.Deflate, UncompressedSize64: 10, CompressedSize64: uint64(len(packed))})(packed)
}

// overlapping has n entries in its directory that all stand for one MiB of zeros, as in Fifield's "better zip bomb".
func overlapping(n int) []byte {
	body := strings.Repeat("\x00", 1<<20)
	one := rawZip(&zip.FileHeader{Name: "f0000", Method: zip.Deflate, CRC32: crc32.ChecksumIEEE([]byte(body)), UncompressedSize64: uint64(len(body)),
		CompressedSize64: uint64(len(deflated(body)))})(deflated(body))
	const entry, end = 46 + 5, 22
	at := len(one) - entry - end
	local, record, tail := one[:at], one[at:at+entry], one[at+entry:]
	out := bytes.Clone(local)
	for i := range n {
		out = append(out, record...)
		copy(out[len(out)-5:], fmt.Sprintf("f%04d", i))
	}
	tail = bytes.Clone(tail)
	for _, at := range []int{8, 10} {
		tail[at], tail[at+1] = byte(n), byte(n>>8)
	}
	for i := range 4 {
		tail[12+i] = byte(n * entry >> (8 * i))
	}
	return append(out, tail...)
}

func deflated(s string) []byte {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, 9)
	if err != nil {
		panic(err)
	}
	w.Write([]byte(s))
	w.Close()
	return out.Bytes()
}

// flip changes one byte, counted from the end.
func flip(b []byte, at int) []byte {
	b[len(b)+at] ^= 0xff
	return b
}
