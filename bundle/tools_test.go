package bundle

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What others unpack from our archives must be what we scanned, since agents unpack with others' tools.

func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && required(name) {
		t.Fatalf("%s is not installed, and CODEDEPLOY_STEPS_TEST_REQUIRE asks for it", name)
	}
	if err != nil {
		t.Skipf("%s is not installed: what it says of our archives isn't tested", name)
	}
	return path
}

// required tells whether a place where tests run promises to have a tool.
func required(name string) bool {
	return strings.Contains(os.Getenv("CODEDEPLOY_STEPS_TEST_REQUIRE"), name)
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, out)
	}
	return string(out)
}

// withLarge is the sample with files that are streamed and stored, not packed in memory.
func withLarge() files {
	f := files{"large/text": strings.Repeat("all work and no play\n", 150_000), "large/random": random(2<<20, 7)}
	maps.Copy(f, sample)
	return f
}

func packTo(t *testing.T, f files, typ Type) (archive string) {
	t.Helper()
	archive = filepath.Join(t.TempDir(), "bundle")
	must(t, os.WriteFile(archive, mustWrite(t, mustScan(t, f.build(t), Options{}), typ), 0o644))
	return archive
}

// wantUnpacked compares all with the original, digest included: names, contents, links, empty folders and execute bits.
func wantUnpacked(t *testing.T, f files, dir string) {
	t.Helper()
	f.diff(t, readBack(t, dir))
	if mustScan(t, dir, Options{}).Digest() != mustScan(t, f.build(t), Options{}).Digest() {
		t.Error("what was unpacked has another digest: the modes differ")
	}
}

func TestUnzipReadsIt(t *testing.T) {
	unzip, f, dir := tool(t, "unzip"), withLarge(), t.TempDir()
	archive := packTo(t, f, Zip)
	run(t, unzip, "-tqq", archive)
	run(t, unzip, "-qo", archive, "-d", dir)
	wantUnpacked(t, f, dir)
}

func TestTarReadsIt(t *testing.T) {
	tar, f := tool(t, "tar"), withLarge()
	for typ, flags := range map[Type]string{Tar: "-xpsf", TGZ: "-zxpsf"} {
		dir := t.TempDir()
		run(t, tar, flags, packTo(t, f, typ), "-C", dir)
		wantUnpacked(t, f, dir)
	}
}

func TestPythonReadsIt(t *testing.T) {
	python, f := tool(t, "python3"), withLarge()
	const script = `
import sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
for i in z.infolist():
    assert i.date_time == (1980, 1, 1, 0, 0, 0) and i.create_system == 3 and i.flag_bits & 0x800, i
    mode = i.external_attr >> 16
    assert mode in (0o100644, 0o100755, 0o40755, 0o120777), (i.filename, oct(mode))
    print(i.filename)
`
	wantLines(t, run(t, python, "-c", script, packTo(t, f, Zip)), f)
	const tarScript = `
import sys, tarfile
for i in tarfile.open(sys.argv[1]):
    assert (i.mtime, i.uid, i.gid, i.uname, i.gname) == (0, 0, 0, "", ""), i.get_info()
    print(i.name + ("/" if i.isdir() else ""))
`
	wantLines(t, run(t, python, "-c", tarScript, packTo(t, f, Tar)), f)
	wantLines(t, run(t, python, "-c", tarScript, packTo(t, f, TGZ)), f)
}

// A file of more than 4 GiB in front of another: sizes and offsets that need zip64, and a data descriptor with eight bytes each.
func TestOthersReadZip64(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs at once that other tests don't")
	}
	if !required("unzip") {
		t.Skip("takes long, so that it runs only where unzip is required")
	}
	unzip, python := tool(t, "unzip"), tool(t, "python3")
	dir := files{"a-sparse": "", "b-after": "text after it"}.build(t)
	must(t, os.Truncate(filepath.Join(dir, "a-sparse"), 1<<32+12345))
	noise := filepath.Join(dir, "a-noise")
	f, err := os.Create(noise)
	must(t, err)
	defer f.Close()
	for range 1 << 32 / (1 << 20) { // stored as it is, so that what follows lies beyond 4 GiB
		_, err := f.WriteString(random(1<<20, 9))
		must(t, err)
	}
	tree := mustScan(t, dir, Options{})
	archive := filepath.Join(t.TempDir(), "large.zip")
	out, err := os.Create(archive)
	must(t, err)
	defer out.Close()
	must(t, Write(t.Context(), out, tree, Zip))
	run(t, unzip, "-tqq", archive)
	if got := run(t, unzip, "-p", archive, "b-after"); got != "text after it" {
		t.Errorf("unzip reads %q", got)
	}
	run(t, python, "-c", "import sys, zipfile; assert zipfile.ZipFile(sys.argv[1]).testzip() is None", archive)
	r, size := openArchive(t, archive)
	m, err := Read(t.Context(), r, size, Zip)
	must(t, err)
	if m.Digest() != tree.Digest() {
		t.Error("the zip has another digest than its folder")
	}
	// Readers that stream go by the local headers.
	if bsdtar, err := exec.LookPath("bsdtar"); err == nil {
		if got := run(t, "sh", "-c", `"$1" -xOf - b-after <"$2"`, "sh", bsdtar, archive); got != "text after it" {
			t.Errorf("bsdtar reads %q", got)
		}
	}
}

func wantLines(t *testing.T, out string, f files) {
	t.Helper()
	got := files{}
	for line := range strings.Lines(out) {
		name := strings.TrimSpace(line)
		got[name] = f[name]
	}
	f.diff(t, got)
}

// Archives that others made of a folder have the digest that we give the folder.
func TestDigestOfOthersArchives(t *testing.T) {
	dir := sample.build(t)
	want := mustScan(t, dir, Options{}).Digest()
	archive := filepath.Join(t.TempDir(), "by-others.zip")
	for about, c := range map[string]struct {
		typ Type
		cmd []string
	}{
		"tar":           {Tar, []string{"tar", "-cf", archive, "-C", dir, "."}},
		"gzipped tar":   {TGZ, []string{"tar", "-czf", archive, "-C", dir, "."}},
		"pax tar":       {Tar, []string{"tar", "--format=pax", "-cf", archive, "-C", dir, "."}},
		"tar as tgz":    {Tar, []string{"tar", "-czf", archive, "-C", dir, "."}}, // tar finds out by itself
		"zip -y":        {Zip, []string{"sh", "-c", `cd "$1" && zip -qry - . >"$2"`, "sh", dir, archive}},
		"zip -D":        {Zip, []string{"sh", "-c", `cd "$1" && zip -qrDy - . >"$2" && zip -qr "$2" web/leer`, "sh", dir, archive}},
		"GNU old names": {Tar, []string{"tar", "--format=gnu", "-cf", archive, "-C", dir, "."}},
	} {
		t.Run(about, func(t *testing.T) {
			tool(t, c.cmd[0])
			if c.typ == Zip {
				tool(t, "zip")
			}
			must(t, os.RemoveAll(archive))
			run(t, c.cmd[0], c.cmd[1:]...)
			f, size := openArchive(t, archive)
			m, err := Read(t.Context(), f, size, c.typ)
			must(t, err)
			if m.Digest() != want {
				var text strings.Builder
				must(t, m.WriteText(&text))
				t.Errorf("digest differs:\n%s", text.String())
			}
			dir := t.TempDir()
			must(t, Extract(t.Context(), dir, f, size, c.typ, ExtractOptions{}))
			wantUnpacked(t, sample, dir)
		})
	}
}

func openArchive(t *testing.T, path string) (*os.File, int64) {
	t.Helper()
	f, err := os.Open(path)
	must(t, err)
	t.Cleanup(func() { f.Close() })
	info, err := f.Stat()
	must(t, err)
	return f, info.Size()
}

// Package managers link files hard, and tar keeps that.
func TestHardLinksOfTar(t *testing.T) {
	tarTool := tool(t, "tar")
	dir := files{"a": "content", "sub/c": "x"}.build(t)
	must(t, os.Link(filepath.Join(dir, "a"), filepath.Join(dir, "sub", "b")))
	archive := filepath.Join(t.TempDir(), "hard.tar")
	run(t, tarTool, "-cf", archive, "-C", dir, "a", "sub")
	f, size := openArchive(t, archive)
	m, err := Read(t.Context(), f, size, Tar)
	must(t, err)
	if m.Digest() != mustScan(t, dir, Options{}).Digest() {
		t.Error("a hard link isn't read as the file that it is")
	}
	out := t.TempDir()
	for range 2 {
		must(t, Extract(t.Context(), out, f, size, Tar, ExtractOptions{}))
		files{"a": "content", "sub/b": "content", "sub/c": "x"}.diff(t, readBack(t, out))
	}
}
