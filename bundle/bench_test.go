package bundle

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/flate"
)

// Trees to measure. BUNDLE_BENCH_TREE names a folder; without it, it is Go's own tree.
func benchTrees(b *testing.B) map[string]string {
	return map[string]string{
		"tree":  cmp.Or(os.Getenv("BUNDLE_BENCH_TREE"), runtime.GOROOT()),
		"half":  files{"a": turns(64<<20, 1<<20, 0), "b": turns(64<<20, 1<<20, 10)}.build(b), // 1 MiB of noise and of text by turns
		"turns": files{"a": turns(64<<20, 32<<10, 0)}.build(b),
		"small": thousands(b),
	}
}

// thousands is a tree of 2,000 files of 8 KiB, half text and half less so, in 100 folders.
func thousands(b *testing.B) string {
	f := files{}
	for i := range 2000 {
		text := strings.Repeat(fmt.Sprintf("line %d of something that is written often\n", i), 120)
		f[fmt.Sprintf("folder-%02d/sub/file-%04d.txt", i%100, i)] = text[:4096] + random(1024, uint64(i)) + text[:3072]
	}
	return f.build(b)
}

// bare deflates files that are in memory with the library alone, one after the other on each of so many cores, and returns how many
// bytes that gives. It is what no bundle can be quicker than.
func bare(contents [][]byte, level, cores int) int64 {
	var next, packed atomic.Int64
	var wait sync.WaitGroup
	for range cores {
		wait.Go(func() {
			var out appender
			z, err := flate.NewWriter(&out, level)
			if err != nil {
				panic(err)
			}
			for {
				i := int(next.Add(1)) - 1
				if i >= len(contents) {
					return
				}
				out.b = out.b[:0]
				z.Reset(&out)
				z.Write(contents[i])
				z.Close()
				packed.Add(int64(len(out.b)))
			}
		})
	}
	wait.Wait()
	return packed.Load()
}

// inMemory returns a folder's files, the large ones in parts, so that the library alone can use every core too.
func inMemory(b *testing.B, dir string) (contents [][]byte) {
	must(b, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		for len(content) > blockSize {
			contents = append(contents, content[:blockSize])
			content = content[blockSize:]
		}
		contents = append(contents, content)
		return err
	}))
	return contents
}

// BenchmarkWrite writes zips on one core and on two, and each time deflates the same bytes in memory with the library alone, in turns: what
// else the machine does falls on all. It reports the middle of the ratios: how near to the library ours is, and how much two cores gain.
func BenchmarkWrite(b *testing.B) {
	for name, dir := range benchTrees(b) {
		contents := inMemory(b, dir)
		b.Run(name, func(b *testing.B) {
			tree := mustScan(b, dir, Options{})
			out := &output{w: io.Discard}
			ours := func(cores int) float64 {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
				tree.workers, out.n = cores, 0
				start := time.Now()
				must(b, Write(context.Background(), out, tree, Zip))
				return time.Since(start).Seconds()
			}
			theirs := func(cores int) float64 {
				start := time.Now()
				bare(contents, DefaultLevel, cores)
				return time.Since(start).Seconds()
			}
			var near1, near2, gain []float64
			b.SetBytes(4 * tree.Size)
			b.ResetTimer()
			for range b.N {
				t1, bare1, t2, bare2 := ours(1), theirs(1), ours(2), theirs(2)
				near1, near2, gain = append(near1, 100*bare1/t1), append(near2, 100*bare2/t2), append(gain, t1/t2)
			}
			b.ReportMetric(middle(near1), "%of-bare-on-1")
			b.ReportMetric(middle(near2), "%of-bare-on-2")
			b.ReportMetric(middle(gain), "x-on-2")
			b.ReportMetric(float64(out.n)/float64(tree.Size), "ratio")
		})
	}
}

func middle(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

// BenchmarkLevels is the curve by which DefaultLevel was chosen: bytes and time over levels, on one core.
func BenchmarkLevels(b *testing.B) {
	for name, dir := range benchTrees(b) {
		for level := 1; level <= 9; level++ {
			b.Run(fmt.Sprintf("%s/%d", name, level), func(b *testing.B) {
				tree := mustScan(b, dir, Options{Workers: 1, Level: level})
				b.SetBytes(tree.Size)
				out := &output{w: io.Discard}
				for b.Loop() {
					out.n = 0
					must(b, Write(context.Background(), out, tree, Zip))
				}
				b.ReportMetric(float64(out.n), "bytes")
			})
		}
	}
}

func BenchmarkScan(b *testing.B) {
	for name, dir := range benchTrees(b) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.SetBytes(mustScan(b, dir, Options{}).Size)
			}
		})
	}
}

// BenchmarkTypes writes the other types.
func BenchmarkTypes(b *testing.B) {
	tree := mustScan(b, thousands(b), Options{})
	for _, typ := range types {
		b.Run(string(typ), func(b *testing.B) {
			b.SetBytes(tree.Size)
			for b.Loop() {
				must(b, Write(context.Background(), io.Discard, tree, typ))
			}
		})
	}
}

func BenchmarkRead(b *testing.B) {
	tree := mustScan(b, thousands(b), Options{})
	for _, typ := range types {
		packed := mustWrite(b, tree, typ)
		b.Run(string(typ), func(b *testing.B) {
			b.SetBytes(tree.Size)
			for b.Loop() {
				_, err := Read(context.Background(), bytes.NewReader(packed), int64(len(packed)), typ)
				must(b, err)
			}
		})
	}
}

func BenchmarkExtract(b *testing.B) {
	tree := mustScan(b, thousands(b), Options{})
	packed := mustWrite(b, tree, Zip)
	b.SetBytes(tree.Size)
	for b.Loop() {
		unpack(b, b.TempDir(), packed, Zip)
	}
}
