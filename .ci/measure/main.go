// Command measure prints what docs/performance.md says: the size of each
// program, and how long it takes to start, beside an empty program. Run it as
// go run ./.ci/measure from the repository's root; with the name of an image it
// measures that instead, beside an empty one.
package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

const runs = 15

func main() {
	dir, err := os.MkdirTemp("", "measure-*")
	check(err)
	defer os.RemoveAll(dir)
	empty := filepath.Join(dir, "empty")
	check(os.WriteFile(empty+".go", []byte("package main\n\nfunc main() {}\n"), 0o644))
	build(empty, empty+".go")
	if len(os.Args) == 2 {
		containers(os.Args[1], dir, empty)
		return
	}
	mains, err := filepath.Glob("cmd/codedeploy-*")
	check(err)
	fmt.Println("| program | bytes | gzip -9 |\n|---|---|---|")
	size("an empty program", empty)
	for _, m := range mains {
		out := filepath.Join(dir, filepath.Base(m))
		build(out, "./"+m)
		size(filepath.Base(m), out)
	}
	fmt.Println("\n| start | min | median |\n|---|---|---|")
	sample := "testdata/revisions/web"
	state := filepath.Join(dir, "state")
	steps := filepath.Join(dir, "codedeploy-steps")
	whole("an empty program", empty)
	whole("codedeploy-validate "+sample, filepath.Join(dir, "codedeploy-validate"), sample)
	whole("codedeploy-steps --version", steps, "--version")
	whole("codedeploy-steps bundle --dry-run "+sample, steps, "bundle", "--dry-run", sample)
	first("release --endpoint local, new state: first line", func() *exec.Cmd {
		stop(steps, state)
		return exec.Command(steps, "release", "--endpoint", "local", "--state", state, sample)
	})
	stop(steps, state)
	release := func(name string, fresh bool) {
		var took []time.Duration
		for range runs {
			if fresh {
				stop(steps, state)
			}
			began := time.Now()
			out, err := exec.Command(steps, "release", "--endpoint", "local", "--state", state, sample).CombinedOutput()
			if err != nil {
				fmt.Fprintln(os.Stderr, string(out))
			}
			check(err)
			took = append(took, time.Since(began))
		}
		row(name, took)
	}
	release("release --endpoint local, new state: whole", true)
	release("release --endpoint local, again: whole", false)
	stop(steps, state)
}

func stop(program, state string) {
	exec.Command(program, "engine", "stop", "--delete", "--state", state).Run()
}

func build(out, pkg string) {
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-pgo=cmd/release.pgo", "-o", out, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	check(cmd.Run())
}

func size(name, path string) {
	text, err := os.ReadFile(path)
	check(err)
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	check(err)
	_, err = z.Write(text)
	check(err)
	check(z.Close())
	fmt.Printf("| %s | %d | %d |\n", name, len(text), b.Len())
}

// whole times a process from its start to its end.
func whole(name, program string, args ...string) {
	var took []time.Duration
	for range runs {
		began := time.Now()
		check(exec.Command(program, args...).Run())
		took = append(took, time.Since(began))
	}
	row(name, took)
}

// first times a process to its first line.
func first(name string, command func() *exec.Cmd) {
	var took []time.Duration
	for range runs {
		cmd := command()
		out, err := cmd.StdoutPipe()
		check(err)
		began := time.Now()
		check(cmd.Start())
		r := bufio.NewReader(out)
		_, err = r.ReadString('\n')
		check(err)
		took = append(took, time.Since(began))
		r.WriteTo(new(bytes.Buffer))
		check(cmd.Wait())
	}
	row(name, took)
}

func row(name string, took []time.Duration) {
	slices.Sort(took)
	fmt.Printf("| %s | %.1f ms | %.1f ms |\n", name, took[0].Seconds()*1000, took[len(took)/2].Seconds()*1000)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
