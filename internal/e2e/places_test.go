package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/steptest"
)

// required says that CI must not skip for want of a thing.
func required(name string) bool {
	return strings.Contains(os.Getenv("CODEDEPLOY_STEPS_TEST_REQUIRE"), name)
}

func skipOrFail(t *testing.T, name string, args ...any) {
	t.Helper()
	if required(name) {
		t.Fatal(args...)
	}
	t.Skip(args...)
}

// sampleTo copies the sample revision to where the test's user can read it.
func sampleTo(t *testing.T, dir string) {
	t.Helper()
	root, err := steptest.Root()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(dir, "web"), os.DirFS(filepath.Join(root, "testdata", "revisions", "web"))); err != nil {
		t.Fatal(err)
	}
}

// An ordinary user gets real hooks on two instances too, and is told what is
// not isolated.
func TestAsOrdinaryUser(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and the other tests go the same ways")
	}
	if os.Getuid() != 0 {
		t.Skip("needs root, to become another user")
	}
	u, err := user.Lookup("codedeploy-test")
	if err != nil {
		skipOrFail(t, "user", err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	dir, err := os.MkdirTemp("", "user-*") // t.TempDir is below folders that others can't enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	sampleTo(t, dir)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "program")
	if out, err := exec.Command("cp", exe, program).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if out, err := exec.Command("chown", "-R", u.Uid+":"+u.Gid, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.Command(program, args...)
		cmd.Dir = dir
		cmd.Env = []string{asProgram + "=1", "PATH=/usr/bin:/bin", "HOME=" + u.HomeDir}
		cmd.SysProcAttr = asUser(uid, gid)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	t.Cleanup(func() { run("engine", "stop", "--delete") })
	text := run("release", "--endpoint", "local", "--instance-kind", "sandbox", "web")
	if !contains(text, "only one user id exists", "ValidateService    Succeeded", "2 succeeded") {
		t.Errorf("release says:\n%s", text)
	}
	if text := run("engine", "status"); !contains(text, "added   /opt/hello/hello.sh") {
		t.Errorf("status says:\n%s", text)
	}
}

// In a container with Docker's default rights the one instance is the container
// itself; where the container reaches Docker, that is the user's word to say.
func TestInDocker(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and the other tests go the same ways")
	}
	if out, err := exec.Command("docker", "info").CombinedOutput(); err != nil {
		skipOrFail(t, "docker", "no Docker daemon: ", strings.TrimSpace(string(out)))
	}
	root, err := steptest.Root()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	sampleTo(t, dir)
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "program"), "./cmd/codedeploy-steps")
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	image := dockerImage(t)
	run := func(extra ...string) string {
		t.Helper()
		args := append([]string{"run", "--rm", "--network", "none", "-v", dir + ":/w", "-w", "/w"}, extra...)
		args = append(args, image, "/w/program", "release", "--endpoint", "local", "--state", "/tmp/state", "web")
		out, err := exec.Command("docker", args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	if text := run(); !contains(text, "1 of kind host", "why not a better kind", "--cap-add SYS_ADMIN", "ValidateService    Succeeded", "1 succeeded") {
		t.Errorf("with default rights:\n%s", text)
	}
	if text := run("-v", "/var/run/docker.sock:/var/run/docker.sock"); !contains(text, "2 of kind directory", "NOT RUN", "--instance-kind host") {
		t.Errorf("with Docker's socket in reach:\n%s", text)
	}
}

// dockerImage imports an image with nothing but a shell and its tools.
func dockerImage(t *testing.T) string {
	t.Helper()
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		skipOrFail(t, "docker", err)
	}
	dir := t.TempDir()
	for _, d := range []string{"bin", "tmp", "etc"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	script := `cp "$1" "$2/bin/busybox" && for a in $("$1" --list); do [ "$a" = busybox ] || ln -s busybox "$2/bin/$a"; done && tar -C "$2" -c . | docker import - codedeploy-steps-test:shell`
	cmd := exec.Command("sh", "-ec", script, "sh", busybox, dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if _, err := cmd.Output(); err != nil {
		t.Fatalf("make an image: %v\n%s", err, stderr.String())
	}
	return "codedeploy-steps-test:shell"
}
