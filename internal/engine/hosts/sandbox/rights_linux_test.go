package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// nobody is the id of an ordinary user that every machine has.
const nobody = 65534

// ordinary makes a command run as an ordinary user, with folders of its own.
func ordinary(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can become another user")
	}
	dir := folder(t)
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	cmd.Env = append(cmd.Env, "TMPDIR="+dir, "HOME="+dir)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
}

// readableProgram is a copy of the test program that everybody may execute.
func readableProgram(t *testing.T) string {
	t.Helper()
	in, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	dir := folder(t)
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "sandbox.test")
	out, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// whatRightsChange are the tests whose outcome could depend on them.
const whatRightsChange = "-test.run=^Test(ProbeInside|MachineStays|Changes|Outlives|KillEnds|Signals|Remove|HostNetwork|NoWayOut|WhatHooks|OtherUsers)"

// All that holds for root holds for ordinary users, in a user namespace.
func TestAsOrdinaryUser(t *testing.T) {
	if ownRights() != asRoot {
		t.Skip("this is a lesser user already")
	}
	cmd := exec.CommandContext(t.Context(), readableProgram(t), "-test.v", whatRightsChange)
	cmd.Env = os.Environ()
	ordinary(t, cmd)
	report(t, cmd)
}

// What a container's root without CAP_SYS_ADMIN may do is enough for all ids in a user namespace.
func TestAsRootWithoutMounts(t *testing.T) {
	if ownRights() != asRoot {
		t.Skip("only root can lose rights")
	}
	cmd := act(t, "/proc/self/exe", "lose rights", "SANDBOX_TEST_LOSE=mounts")
	cmd.Args = []string{cmd.Args[0], "-test.v", whatRightsChange}
	report(t, cmd)
}

// report runs a test program with -test.v and makes its tests this one's.
func report(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	cmd.Stderr = nil
	out, err := cmd.CombinedOutput()
	ran := 0
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "--- ") {
			ran++
			t.Log(strings.TrimSpace(line))
		}
	}
	if err != nil || ran == 0 {
		t.Errorf("%v\n%s", err, out)
	}
}

// loseRights takes rights from this process and goes on as the test program.
func loseRights() {
	runtime.LockOSThread()
	env := []string{}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, actVariable+"=") {
			env = append(env, v)
		}
	}
	switch os.Getenv("SANDBOX_TEST_LOSE") {
	case "mounts":
		if err := confine(); err != nil {
			fmt.Println(err)
			return
		}
	case "namespaces":
		if err := confine(); err != nil {
			fmt.Println(err)
			return
		}
		if err := refuseNamespaces(); err != nil {
			fmt.Println(err)
			return
		}
		env = append(env, actVariable+"=probe")
	}
	fmt.Println(unix.Exec("/proc/self/exe", os.Args, env))
}

// refuseNamespaces is what Docker's filter does to clone.
func refuseNamespaces() error {
	const nr, firstArgument = 0, 16
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: nr},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_CLONE, Jt: 0, Jf: 3},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: firstArgument},
		{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, K: unix.CLONE_NEWUSER | unix.CLONE_NEWNS, Jt: 0, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	return unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0)
}

// printProbe says what Probe found in the folder of temporary files.
func printProbe() {
	err := Probe(context.Background(), os.TempDir())
	var u *Unavailable
	switch {
	case errors.As(err, &u):
		fmt.Printf("unavailable\n%s\n%s\n", u.Reason, u.Remedy)
	default:
		fmt.Println("outcome", err)
	}
}

func TestProbeWithDockersRights(t *testing.T) {
	if ownRights() != asRoot {
		t.Skip("only root can lose rights")
	}
	dir := folder(t)
	out, err := act(t, "/proc/self/exe", "lose rights", "SANDBOX_TEST_LOSE=namespaces", "TMPDIR="+dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(out), "\n")
	if lines[0] != "unavailable" || !strings.Contains(lines[1], "make namespaces") || lines[2] == "" {
		t.Errorf("%s", out)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// In an instance, as in every container with masked files in /proc, no second one is possible.
func TestProbeInside(t *testing.T) {
	needSandbox(t)
	i := makeInstance(t, Config{})
	out := i.must(t, actVariable+"=probe /run/codedeploy-steps/instance")
	if !strings.HasPrefix(out, "unavailable\n") || !strings.Contains(out, "/proc is partly masked") {
		t.Errorf("%s", out)
	}
}

func TestRefused(t *testing.T) {
	for name, c := range map[string]struct {
		step step
		err  error
		want string
	}{
		"no room for namespaces": {step{Doing: "make namespaces"}, unix.ENOSPC, "user namespaces are used up"},
		"no overlay":             {step{Doing: "mount an overlay", Layer: true}, unix.EINVAL, "neither in the instance's folder nor in memory"},
		"masked proc":            {step{Doing: "mount /proc", Proc: true}, unix.EPERM, "/proc is partly masked"},
	} {
		err := asSingle.refused(c.step, c.err)
		if u := (*Unavailable)(nil); !errors.As(err, &u) || !strings.Contains(u.Reason, c.want) || u.Remedy == "" || !errors.Is(err, c.err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
