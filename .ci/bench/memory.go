//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// measureMemory prints what a push takes at its peak: for trees from 100 MB to
// 20 GB, where it should stay the same, and for many entries, of which each may
// take its bytes. The second push of each finds all of it there. One run each:
// what a run takes depends on its luck with the garbage collector only, and a
// table that needs the most of several would not be flat.
func measureMemory(b bench, dir string) {
	fmt.Println("| tree | files | content | peak RSS | unchanged, with its cache |\n|---|---|---|---|---|")
	measure := func(name string, files int, content int64, make func(path string) error) (first, again int64) {
		b.tree, b.cache = filepath.Join(dir, "tree-memory"), filepath.Join(dir, "cache-memory")
		defer os.RemoveAll(b.tree)
		defer os.RemoveAll(b.cache)
		check(make(b.tree))
		check(write(filepath.Join(b.tree, "appspec.yml"), []byte(appSpec)))
		b.sink.forget()
		first, again = b.ours().rss, b.ours().rss
		fmt.Printf("| %s | %d | %.1f GB | %.1f MiB | %.1f MiB |\n", name, files, float64(content)/1e9, float64(first)/(1<<20), float64(again)/(1<<20))
		return first, again
	}
	for _, mb := range []int64{100, 1000, 5000, 20_000} {
		links := int(mb / 2 / 25)
		measure(fmt.Sprintf("%d MB", mb), links+1, mb*1e6, func(path string) error { return mixed(path, links, mb*1e6) })
	}
	var first, again [3]int64
	counts := [...]int{10_000, 100_000, 500_000}
	for i, n := range counts {
		first[i], again[i] = measure(fmt.Sprintf("%d files", n), n, int64(n)*tiny/2, func(path string) error { return many(path, n) })
	}
	for i := range counts[1:] {
		further := float64(counts[i+1] - counts[i])
		fmt.Printf("\nFrom %d to %d files: %.0f bytes for each further one, %.0f if unchanged.\n", counts[i], counts[i+1],
			float64(first[i+1]-first[i])/further, float64(again[i+1]-again[i])/further)
	}
}

// mixed is a sparse file of half the size, and files of 25 MB, noise and text by
// turns, which are one on the disk.
func mixed(path string, links int, size int64) error {
	text, err := sourceText()
	if err != nil {
		return err
	}
	const turn = 500_000
	random, noise := rand.NewChaCha8([32]byte{2}), make([]byte, turn)
	var content []byte
	for at := 0; len(content) < 25e6; at += turn {
		random.Read(noise)
		content = append(append(content, noise...), text[at%(len(text)-turn):][:turn]...)
	}
	first := filepath.Join(path, "f0.bin")
	if err := write(first, content); err != nil {
		return err
	}
	for i := range links - 1 {
		if err := os.Link(first, filepath.Join(path, fmt.Sprintf("f%d.bin", i+1))); err != nil {
			return err
		}
	}
	sparse := filepath.Join(path, "sparse.bin")
	if err := write(sparse, nil); err != nil {
		return err
	}
	return os.Truncate(sparse, size-int64(len(content)*links))
}

// tiny is how many bytes every other file of many has.
const tiny = 40

// many is n files, 100 in a folder, empty and tiny by turns. Those of one
// content in 250 folders are one on the disk: file systems limit links.
func many(path string, n int) error {
	var last [100]string
	for i := range n {
		name := filepath.Join(path, fmt.Sprintf("vendor/package-%d/folder-%d/source-file-%d.txt", i/10_000, i/100, i%100))
		if i%100 == 0 {
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				return err
			}
		}
		var err error
		if i/100%250 == 0 {
			last[i%100] = name
			content := make([]byte, i%2*tiny)
			copy(content, fmt.Sprintf("file %d is short\n", i))
			err = os.WriteFile(name, content, 0o644)
		} else {
			err = os.Link(last[i%100], name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
