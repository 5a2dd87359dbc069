package bundle

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/klauspost/compress/flate"
)

// The digests of the sample. The first is a promise: it changes only with the manifest's version. The others also change when
// klauspost/compress packs differently.
const (
	sampleDigest = "sha256:f690a53f0b5b7fd9059c59205b979ed95c2b2b1aa096c2ca884d3a7f2396e064"
	sampleZip    = "33a50ceb1959be626b494c0cb13876499a79b16cacc6a8f32a802fce89a40878"
	sampleTar    = "76243b64cc3b2e09915f254866b862f5d3cd79aaaa80132c93b589ba0c2f1dfe"
	sampleTGZ    = "0536c7c96ddca2c8f4df2156cc55d05c4a3de209eaf2167b1da173c87a3e9fcc"
)

func TestSampleHasItsGoldenDigests(t *testing.T) {
	tree := mustScan(t, sample.build(t), Options{})
	if got := tree.Digest(); got != sampleDigest {
		t.Errorf("manifest digest is %s, want %s", got, sampleDigest)
	}
	for typ, want := range map[Type]string{Zip: sampleZip, Tar: sampleTar, TGZ: sampleTGZ} {
		if got := fmt.Sprintf("%x", sha256.Sum256(mustWrite(t, tree, typ))); got != want {
			t.Errorf("SHA-256 of the %s is %s, want %s", typ, got, want)
		}
	}
}

// Fifty random conditions, one tree: cores, workers, the order in which it was made, times, time zone, umask, locale, the file system.
func TestSameTreeSameBytes(t *testing.T) {
	f := withLarge()
	want := map[Type][]byte{}
	first := mustScan(t, f.build(t), Options{Workers: 1})
	for _, typ := range types {
		want[typ] = mustWrite(t, first, typ)
	}
	zones, locales := []string{"UTC", "Asia/Tokyo", "America/St_Johns"}, []string{"C", "de_DE.UTF-8", "tr_TR.ISO-8859-9", ""}
	places := []string{t.TempDir()}
	if dir, err := os.MkdirTemp("/dev/shm", "bundle"); err == nil {
		defer os.RemoveAll(dir)
		places = append(places, dir)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	rounds := 50
	if testing.Short() {
		rounds = 10
	}
	for round := range rounds {
		runtime.GOMAXPROCS(1 + rand.IntN(4))
		t.Setenv("TZ", zones[rand.IntN(len(zones))])
		t.Setenv("LC_ALL", locales[rand.IntN(len(locales))])
		dir := filepath.Join(places[rand.IntN(len(places))], fmt.Sprintf("copy %d", round))
		restore := setUmask([]int{0o022, 0o077, 0o002, 0o027}[rand.IntN(4)])
		must(t, os.Mkdir(dir, 0o777))
		f.buildIn(t, dir)
		restore()
		shakeTimes(t, dir)
		tree := mustScan(t, dir, Options{Workers: rand.IntN(7)})
		if tree.Digest() != first.Digest() {
			t.Fatalf("round %d: manifest digest differs", round)
		}
		typ := types[round%len(types)]
		if !bytes.Equal(mustWrite(t, tree, typ), want[typ]) {
			t.Errorf("round %d: the %s differs", round, typ)
		}
		must(t, os.RemoveAll(dir))
	}
}

func TestCopyGivesTheSameBytes(t *testing.T) {
	cp, err := exec.LookPath("cp")
	if err != nil {
		t.Skip("no cp here")
	}
	dir := sample.build(t)
	other := filepath.Join(t.TempDir(), "elsewhere under another name")
	if out, err := exec.Command(cp, "-R", "-P", dir, other).CombinedOutput(); err != nil {
		t.Skipf("cp -R -P: %v: %s", err, out)
	}
	for _, typ := range types {
		if !bytes.Equal(mustWrite(t, mustScan(t, dir, Options{}), typ), mustWrite(t, mustScan(t, other, Options{}), typ)) {
			t.Errorf("the %s of a copy differs", typ)
		}
	}
}

func TestUnpackedAndPackedAgainIsTheSame(t *testing.T) {
	tree := mustScan(t, sample.build(t), Options{})
	for _, typ := range types {
		packed := mustWrite(t, tree, typ)
		dir := t.TempDir()
		must(t, Extract(context.Background(), dir, bytes.NewReader(packed), int64(len(packed)), typ, ExtractOptions{}))
		sample.diff(t, readBack(t, dir))
		if !bytes.Equal(mustWrite(t, mustScan(t, dir, Options{}), typ), packed) {
			t.Errorf("the %s of what the %s unpacks to differs", typ, typ)
		}
		m, err := Read(context.Background(), bytes.NewReader(packed), int64(len(packed)), typ)
		must(t, err)
		if m.Digest() != tree.Digest() || m.Size != tree.Size {
			t.Errorf("%s: digest and size of the archive are %s %d, of its folder %s %d", typ, m.Digest(), m.Size, tree.Digest(), tree.Size)
		}
	}
}

// Every difference that an agent could see must show in the digest.
func TestDigestTellsTreesApart(t *testing.T) {
	base := files{"a": "1", "b/c": "2", "l": "-> a"}
	seen := map[string]string{mustScan(t, base.build(t), Options{}).Digest(): "base"}
	for what, tree := range map[string]files{
		"content":         {"a": "9", "b/c": "2", "l": "-> a"},
		"name":            {"A": "1", "b/c": "2", "l": "-> A"},
		"mode":            {"a": "#!1", "b/c": "2", "l": "-> a"},
		"link target":     {"a": "1", "b/c": "2", "l": "-> b/c"},
		"link or file":    {"a": "1", "b/c": "2", "l": "a"},
		"empty folder":    {"a": "1", "b/c": "2", "l": "-> a", "d/": ""},
		"empty file":      {"a": "1", "b/c": "2", "l": "-> a", "d": ""},
		"moved":           {"a": "1", "c": "2", "l": "-> a"},
		"swapped content": {"a": "2", "b/c": "1", "l": "-> a"},
	} {
		d := mustScan(t, tree.build(t), Options{}).Digest()
		if other, ok := seen[d]; ok {
			t.Errorf("%s and %s have one digest", what, other)
		}
		seen[d] = what
	}
}

// A compressor that is used again must not remember: bundles would depend on what was packed before.
func TestDeflateForgets(t *testing.T) {
	pack := func(d *flate.Writer, s string) string {
		var out bytes.Buffer
		d.Reset(&out)
		io.WriteString(d, s)
		must(t, d.Close())
		return out.String()
	}
	used, err := flate.NewWriter(nil, DefaultLevel)
	must(t, err)
	for i := range 16 {
		text := sample["web/index.html"][:rand.IntN(6000)] + random(rand.IntN(100_000), uint64(i))
		fresh, err := flate.NewWriter(nil, DefaultLevel)
		must(t, err)
		if pack(used, text) != pack(fresh, text) {
			t.Fatalf("round %d: a used compressor packs differently", i)
		}
	}
}

func shakeTimes(t *testing.T, dir string) {
	t.Helper()
	must(t, filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.Mode()&os.ModeSymlink != 0 {
			return err
		}
		when := time.Unix(rand.Int64N(2_000_000_000), rand.Int64N(1e9))
		return os.Chtimes(path, when, when)
	}))
}
