//go:build unix

// Command bench compares a push with that of the AWS client, side by side:
// both send the same trees, in turn, to an endpoint that discards what it gets.
// Run it as go run ./.ci/bench [-runs 5] [-trees go,large,small,turns] from the
// repository's root, with aws on the PATH. With -memory it measures instead what
// memory a push takes for trees of up to 20 GB and of up to 500,000 files; they
// need 100 MB of disk. With -profile it writes the profile anew by which released
// programs are compiled, as its own is.
//
// Wall times depend on what else the machine does; CPU seconds, memory and bytes
// hardly do.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func main() {
	if len(os.Args) > 2 && os.Args[1] == "sink" {
		l, err := net.Listen("tcp", os.Args[2])
		check(err)
		fmt.Println(l.Addr())
		go func() { // it ends with the process that began it, however that ends
			io.Copy(io.Discard, os.Stdin)
			os.Exit(0)
		}()
		check(http.Serve(l, newSink()))
	}
	if len(os.Args) > 2 && os.Args[1] == "run" {
		measureOne(os.Args[2:])
		return
	}
	runs := flag.Int("runs", 5, "runs of each, of which the least counts")
	names := flag.String("trees", "small,go,large,turns", "which trees, by their names")
	dir := flag.String("dir", "", "folder for the trees, kept if it is given")
	renew := flag.Bool("profile", false, "write "+releaseProfile+" anew instead, from pushes of the trees")
	memory := flag.Bool("memory", false, "measure memory by the size and the entries of a tree")
	flag.Parse()
	if *dir == "" {
		made, err := os.MkdirTemp("", "bench-*")
		check(err)
		defer os.RemoveAll(made)
		*dir = made
	}
	wanted := strings.Split(*names, ",")
	sink := startSink()
	defer sink.stop()

	for _, t := range trees() {
		if path := filepath.Join(*dir, "tree-"+t.name); !*memory && slices.Contains(wanted, t.name) && !there(path) {
			check(t.make(path))
		}
	}
	if *renew {
		profile(sink, *dir, wanted)
		return
	}
	push := filepath.Join(*dir, "codedeploy-push")
	run("go", "build", "-trimpath", "-ldflags=-s -w", "-pgo="+releaseProfile, "-o", push, "./cmd/codedeploy-push")
	if *memory {
		measureMemory(bench{sink: sink, push: push}, *dir)
		return
	}
	fmt.Println("| tree | | wall min | CPU | peak RSS | sent |\n|---|---|---|---|---|---|")
	for _, t := range trees() {
		if !slices.Contains(wanted, t.name) {
			continue
		}
		path := filepath.Join(*dir, "tree-"+t.name)
		b := bench{sink: sink, tree: path, push: push, cache: filepath.Join(*dir, "cache-"+t.name)}
		var aws, ours, same, cached, missing least
		for range *runs {
			aws.add(b.aws())
			sink.forget()
			os.RemoveAll(b.cache)
			ours.add(b.ours())
			cached.add(b.ours()) // the sink has it now, and the cache knows the files
			os.RemoveAll(b.cache)
			same.add(b.ours()) // as in a fresh checkout: every file is read
			missing.add(b.broken())
		}
		row(t.name, "`aws deploy push`", aws, aws)
		row(t.name, "ours", ours, aws)
		row(t.name, "ours, unchanged, fresh checkout", same, aws)
		row(t.name, "ours, unchanged, same checkout", cached, ours)
		row(t.name, "ours, AppSpec missing", missing, aws)
	}
}

func there(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// cost is what one run took.
type cost struct {
	wall, cpu time.Duration
	rss, sent int64 // bytes
}

// least keeps the least of each.
type least struct{ best *cost }

func (l *least) add(c cost) {
	if l.best == nil {
		l.best = &c
		return
	}
	l.best.wall, l.best.cpu = min(l.best.wall, c.wall), min(l.best.cpu, c.cpu)
	l.best.rss, l.best.sent = max(l.best.rss, c.rss), c.sent // of memory the most counts
}

type bench struct {
	sink              *sinkProcess
	tree, push, cache string
}

func (b bench) aws() cost {
	return b.run(0, "aws", "deploy", "push", "--application-name", "app", "--s3-location", "s3://bucket/app.zip", "--source", b.tree)
}

func (b bench) ours() cost {
	return b.run(0, b.push, "--endpoint", b.sink.url, "--application", "app", "--s3-bucket", "bucket", "--cache", b.cache, b.tree)
}

// broken pushes the tree without its AppSpec.
func (b bench) broken() cost {
	spec, away := filepath.Join(b.tree, "appspec.yml"), b.tree+".appspec"
	check(os.Rename(spec, away))
	defer func() { check(os.Rename(away, spec)) }()
	return b.run(1, b.push, "--endpoint", b.sink.url, "--application", "app", "--s3-bucket", "bucket", "--cache", b.cache, b.tree)
}

func row(tree, name string, l, other least) {
	c, o := l.best, other.best
	times := func(a, b time.Duration) string {
		if c == o {
			return ""
		}
		return fmt.Sprintf(" (%.1fx)", cmp.Or(b.Seconds(), 0)/max(a.Seconds(), 0.0005))
	}
	sent := fmt.Sprintf("%d", c.sent)
	if c != o && o.sent > 0 && c.sent > 0 {
		sent += fmt.Sprintf(" (%.3f)", float64(c.sent)/float64(o.sent))
	}
	fmt.Printf("| %s | %s | %.3f s%s | %.2f s%s | %.1f MiB | %s |\n", tree, name, c.wall.Seconds(), times(c.wall, o.wall), c.cpu.Seconds(), times(c.cpu, o.cpu),
		float64(c.rss)/(1<<20), sent)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
