//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

// run runs a program that has to end with code. A process of its own starts it:
// to a process's peak RSS counts what its parent had when it began, and this one
// has made trees.
func (b bench) run(code int, name string, args ...string) cost {
	before := b.sink.received()
	exe, err := os.Executable()
	check(err)
	cmd := exec.Command(exe, append([]string{"run", strconv.Itoa(code), name}, args...)...)
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=none", "AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1",
		"AWS_EC2_METADATA_DISABLED=true", "AWS_ENDPOINT_URL="+b.sink.url)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	check(err)
	var c cost
	_, err = fmt.Sscan(string(out), &c.wall, &c.cpu, &c.rss)
	check(err)
	c.sent = b.sink.received() - before
	return c
}

// measureOne is that process: its arguments are the exit code, the program and
// the program's arguments, and it prints wall and CPU time in nanoseconds and the
// peak RSS in bytes.
func measureOne(args []string) {
	cmd := exec.Command(args[1], args[2:]...)
	began := time.Now()
	out, err := cmd.CombinedOutput()
	took := time.Since(began)
	if got := strconv.Itoa(cmd.ProcessState.ExitCode()); got != args[0] {
		fmt.Fprintf(os.Stderr, "%s ended with %s, %v\n%s\n", args[1], got, err, out)
		os.Exit(1)
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	fmt.Println(int64(took), int64(cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()), usage.Maxrss<<10)
}
