package bundle

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
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
		"half":  several(8, 1<<20).build(b), // 1 MiB of noise and of text by turns
		"turns": several(4, 32<<10).build(b),
		"small": thousands(b),
	}
}

// several are files of 16 MiB, each of noise and of text by turns.
func several(n, each int) files {
	f := files{}
	for i := range n {
		f[fmt.Sprint(i)] = turns(16<<20, each, 10*i)
	}
	return f
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

// part is a part of a tree, and its files in memory, the large ones cut, so that the library alone can use every core too.
type part struct {
	tree     *Tree
	contents [][]byte
}

// parts cuts a tree into parts of some 64 MiB. What else a machine does changes within seconds: it doesn't fall on one of two figures alone where
// each takes less.
func parts(b *testing.B, t *Tree) (all []part) {
	first, size := 0, int64(0)
	for i := range t.Entries {
		if size += t.Entries[i].Size; size < 64<<20 && i < len(t.Entries)-1 {
			continue
		}
		some := *t
		some.Manifest = &Manifest{Entries: t.Entries[first : i+1], Size: size}
		some.contents = t.contents[first : i+1]
		all = append(all, part{tree: &some})
		first, size = i+1, 0
	}
	for i := range all {
		for _, e := range all[i].tree.Entries {
			if !e.Mode.IsRegular() {
				continue
			}
			content, err := os.ReadFile(filepath.Join(t.Root, filepath.FromSlash(e.Name)))
			must(b, err)
			for len(content) > blockSize {
				all[i].contents = append(all[i].contents, content[:blockSize])
				content = content[blockSize:]
			}
			all[i].contents = append(all[i].contents, content)
		}
	}
	return all
}

// BenchmarkWrite writes zips on one core and on two, and each time deflates the same bytes in memory with the library alone, part by part and
// in turns. By the sums it reports how near to the library ours is, and how much two cores gain. (Least times would be unjust to two cores: it
// is rarer that a neighbour of a virtual machine leaves both of them alone.)
func BenchmarkWrite(b *testing.B) {
	for name, dir := range benchTrees(b) {
		b.Run(name, func(b *testing.B) {
			tree := mustScan(b, dir, Options{})
			all := parts(b, tree)
			out := &output{w: io.Discard}
			works := [2]func(p part, cores int){
				func(p part, cores int) {
					p.tree.workers = cores
					must(b, Write(context.Background(), out, p.tree, Zip))
				},
				func(p part, cores int) { bare(p.contents, DefaultLevel, cores) },
			}
			var sum [2][2]float64 // by work and cores
			b.SetBytes(4 * tree.Size)
			b.ResetTimer()
			for range b.N {
				for _, p := range all {
					for core := range 2 {
						for w, work := range works {
							before := runtime.GOMAXPROCS(core + 1)
							start := time.Now()
							work(p, core+1)
							sum[w][core] += time.Since(start).Seconds()
							runtime.GOMAXPROCS(before)
						}
					}
				}
			}
			b.ReportMetric(100*sum[1][0]/sum[0][0], "%of-bare-on-1")
			b.ReportMetric(100*sum[1][1]/sum[0][1], "%of-bare-on-2")
			b.ReportMetric(sum[0][0]/sum[0][1], "x-on-2")
			b.ReportMetric(sum[1][0]/sum[1][1], "x-of-bare-on-2")
		})
	}
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
