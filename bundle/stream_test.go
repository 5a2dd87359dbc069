package bundle

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// turns is text and noise by turns of so many bytes, beginning with so many bytes of text.
func turns(size, each, begin int) string {
	var b strings.Builder
	text := strings.Repeat("func (a *archive) close() error { return a.zip.Close() }\n", 40)
	r := rand.New(rand.NewPCG(uint64(each), 1))
	words := strings.Fields(text)
	for b.Len() < begin {
		fmt.Fprintln(&b, words[r.IntN(len(words))], r.IntN(1000))
	}
	for i := 0; b.Len() < size; i++ {
		b.WriteString(random(each, uint64(i)))
		for end := b.Len() + each; b.Len() < end; {
			fmt.Fprintln(&b, words[r.IntN(len(words))], r.IntN(1000))
		}
	}
	return b.String()
}

func TestNumberOfWorkersChangesNothing(t *testing.T) {
	dir := manyKinds().build(t)
	for _, typ := range types {
		want := mustWrite(t, mustScan(t, dir, Options{Workers: 1}), typ)
		for _, n := range []int{2, 3, 8, 33} {
			if !bytes.Equal(mustWrite(t, mustScan(t, dir, Options{Workers: n}), typ), want) {
				t.Errorf("%d workers write another %s than one", n, typ)
			}
		}
	}
}

// manyKinds has files around every limit between ways to write them.
func manyKinds() files {
	f := files{"turns": turns(1<<20+blockSize/2, 32<<10, 1000), "repeated-noise": strings.Repeat(random(20_000, 3), 60)}
	for _, n := range []int{0, 1, pieceSize, noiseRun, blockSize - 512, blockSize - 1, blockSize, blockSize + 1, 3 * blockSize, 3*blockSize + 17} {
		f[fmt.Sprintf("text-%07d", n)] = strings.Repeat("all work and no play\n", n/21+1)[:n]
		f[fmt.Sprintf("noise-%07d", n)] = random(n, uint64(n))
	}
	for i := range 300 {
		f[fmt.Sprintf("small/%d/%d", i%7, i)] = random(i, 1) + strings.Repeat("x", i*7)
	}
	maps.Copy(f, sample)
	return f
}

func TestWhatWorkersWriteIsReadBack(t *testing.T) {
	f := manyKinds()
	tree := mustScan(t, f.build(t), Options{Workers: 4})
	for _, typ := range types {
		dir := t.TempDir()
		packed := mustWrite(t, tree, typ)
		unpack(t, dir, packed, typ)
		f.diff(t, readBack(t, dir))
	}
}

// Fast levels of deflate lose the text between noise; zlib's level 6 doesn't.
func TestTurnsOfTextAndNoiseAreAsSmallAsZlibMakesThem(t *testing.T) {
	for _, begin := range []int{0, 1000, 30_000} {
		for _, each := range []int{8 << 10, 32 << 10, 100_000} {
			text := turns(4<<20, each, begin)
			var theirs bytes.Buffer
			z, err := zlib.NewWriterLevel(&theirs, 6)
			must(t, err)
			io.WriteString(z, text)
			must(t, z.Close())
			for _, typ := range []Type{Zip, TGZ} {
				ours := len(mustWrite(t, mustScan(t, files{"a": text}.build(t), Options{}), typ))
				if ratio := float64(ours) / float64(theirs.Len()); ratio > 1.05 {
					t.Errorf("%s, turns of %d bytes after %d: %.3f times the bytes of zlib's level 6", typ, each, begin, ratio)
				}
			}
		}
	}
}

// Even bytes aren't always noise: what comes again within the window must not be stored.
func TestNoiseThatRepeatsIsCompressed(t *testing.T) {
	text := strings.Repeat(random(20_000, 3), 100)
	if n := len(mustWrite(t, mustScan(t, files{"a": text}.build(t), Options{}), Zip)); n > len(text)/10 {
		t.Errorf("%d bytes of one noise again and again take %d", len(text), n)
	}
}

func TestBlocksAreOneStream(t *testing.T) {
	d, err := newDeflater(DefaultLevel)
	must(t, err)
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 7))
		content := []byte(turns(r.IntN(300_000), 1+r.IntN(60_000), r.IntN(50_000)))
		var packed []byte
		for at := 0; ; {
			n := min(r.IntN(100_000), len(content)-at)
			packed = d.block(packed, content[at:at+n], at+n == len(content))
			if at += n; at == len(content) {
				break
			}
		}
		got, err := io.ReadAll(flate.NewReader(bytes.NewReader(packed)))
		if err != nil || !bytes.Equal(got, content) {
			t.Fatalf("seed %d: %d bytes come back as %d: %v", seed, len(content), len(got), err)
		}
	}
}

func TestCombineCRC(t *testing.T) {
	whole := []byte(random(100_000, 1))
	for _, at := range []int{0, 1, 7, 4096, 65_537, len(whole)} {
		a, b := whole[:at], whole[at:]
		if got, want := combineCRC(crc32.ChecksumIEEE(a), crc32.ChecksumIEEE(b), int64(len(b))), crc32.ChecksumIEEE(whole); got != want {
			t.Errorf("parted at %d: %08x, want %08x", at, got, want)
		}
	}
}

func TestProgressEndsAtAll(t *testing.T) {
	last := map[Stage]Progress{}
	dir := files{"a": random(2<<20, 1), "b/c": "x", "l": "-> a"}.build(t)
	tree := mustScan(t, dir, Options{Progress: func(p Progress) { last[p.Stage] = p }})
	packed := mustWrite(t, tree, Zip)
	want := map[Stage]Progress{
		Hashing: {Hashing, 3, 3, tree.Size, tree.Size, 0},
		Writing: {Writing, 3, 3, tree.Size, tree.Size, int64(len(packed))},
	}
	if !maps.Equal(last, want) {
		t.Errorf("progress ends with %+v, want %+v", last, want)
	}
}

func TestLevels(t *testing.T) {
	dir := files{"a": turns(200_000, 5000, 100_000)}.build(t)
	size := func(level int) int { return len(mustWrite(t, mustScan(t, dir, Options{Level: level}), Zip)) }
	if size(1) <= size(6) || size(6) <= size(9) {
		t.Errorf("levels 1, 6 and 9 give %d, %d and %d bytes", size(1), size(6), size(9))
	}
	for _, level := range []int{-1, 10} {
		if _, err := Scan(context.Background(), dir, Options{Level: level}); err == nil || !strings.Contains(err.Error(), "1 to 9") {
			t.Errorf("level %d: %v", level, err)
		}
	}
}

// What is held doesn't grow with a tree's size, and by a stated number of bytes with its entries.
func TestMemoryIsBounded(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "sparse"), nil, 0o644))
	held := func(size int64) uint64 {
		must(t, os.Truncate(filepath.Join(dir, "sparse"), size))
		tree := mustScan(t, dir, Options{Workers: 2})
		w := &peak{every: 16}
		must(t, Write(t.Context(), w, tree, Zip))
		return w.heap
	}
	small, large := held(8<<20), held(256<<20)
	if large > small+8<<20 || large > 24<<20 {
		t.Errorf("the heap has %d bytes with 8 MiB, %d with 256 MiB", small, large)
	}
}

// peak notes the most that is alive on the heap while something is written.
type peak struct {
	n, every int
	heap     uint64
}

func (p *peak) Write(b []byte) (int, error) {
	if p.n++; p.n%p.every == 1 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		p.heap = max(p.heap, m.HeapAlloc)
	}
	return len(b), nil
}

func TestFollowedLinks(t *testing.T) {
	dir := files{"a": "1", "run": "#!x", "sub/b": "2", "to-a": "-> a", "to-run": "-> run", "to-sub": "-> sub", "sub2/up": "-> ../to-sub", "sub2/abs": "x",
		"empty/": "", "to-empty": "-> empty"}.build(t)
	tree := mustScan(t, dir, Options{FollowLinks: true})
	wantNames(t, tree.Entries, "a", "empty", "run", "sub/b", "sub2/abs", "sub2/up/b", "to-a", "to-empty", "to-run", "to-sub/b")
	for _, typ := range types {
		out := t.TempDir()
		unpack(t, out, mustWrite(t, tree, typ), typ)
		files{"a": "1", "run": "#!x", "sub/b": "2", "to-a": "1", "to-run": "#!x", "to-sub/b": "2", "sub2/up/b": "2", "sub2/abs": "x", "empty/": "",
			"to-empty/": ""}.diff(t, readBack(t, out))
	}
	for about, c := range map[string]struct {
		tree files
		path string
	}{
		"outside":         {files{"l": "-> ../x"}, "l"},
		"absolute":        {files{"l": "-> /etc/passwd"}, "l"},
		"through another": {files{"l": "-> m/x", "m": "-> .."}, "l"},
		"nowhere":         {files{"l": "-> gone"}, "l"},
		"itself":          {files{"l": "-> l"}, "l"},
		"its folder":      {files{"a/l": "-> ."}, "a/l"},
		"the root":        {files{"a/b/l": "-> ../.."}, "a/b/l"},
		"round":           {files{"a/l": "-> ../b", "b/m": "-> ../a"}, "a/l/m"},
		"what is left":    {files{".git/config": "token", "l": "-> .git/config"}, "l"},
	} {
		_, err := Scan(context.Background(), c.tree.build(t), Options{FollowLinks: true})
		var p *PathError
		if !errors.As(err, &p) || !errors.Is(err, ErrRefused) || p.Path != c.path {
			t.Errorf("%s: error is %v, want one that refuses %s", about, err, c.path)
		}
	}
}
