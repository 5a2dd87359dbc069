package bundle

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
)

// thousands is a tree of 2,000 files of 8 KiB, half text and half less so, in 100 folders.
func thousands(b *testing.B) string {
	f := files{}
	for i := range 2000 {
		text := strings.Repeat(fmt.Sprintf("line %d of something that is written often\n", i), 120)
		f[fmt.Sprintf("folder-%02d/sub/file-%04d.txt", i%100, i)] = text[:4096] + random(1024, uint64(i)) + text[:3072]
	}
	return f.build(b)
}

func BenchmarkScan(b *testing.B) {
	dir := thousands(b)
	for b.Loop() {
		tree := mustScan(b, dir, Options{})
		b.SetBytes(tree.Size)
	}
}

func BenchmarkWrite(b *testing.B) {
	tree := mustScan(b, thousands(b), Options{})
	for _, typ := range types {
		b.Run(string(typ), func(b *testing.B) {
			b.SetBytes(tree.Size)
			for b.Loop() {
				var n output
				n.w = io.Discard
				must(b, Write(context.Background(), &n, tree, typ))
				b.ReportMetric(float64(n.n)/float64(tree.Size), "ratio")
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

// BenchmarkWriteLarge shows that memory doesn't grow with a file: look at B/op.
func BenchmarkWriteLarge(b *testing.B) {
	for _, mb := range []int{4, 64} {
		tree := mustScan(b, files{"large": strings.Repeat("all work and no play\n", mb<<20/21)}.build(b), Options{})
		b.Run(fmt.Sprintf("%dMiB", mb), func(b *testing.B) {
			b.SetBytes(tree.Size)
			b.ReportAllocs()
			for b.Loop() {
				must(b, Write(context.Background(), io.Discard, tree, Zip))
			}
		})
	}
}
