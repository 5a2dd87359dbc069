//go:build linux

package e2e

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/steptest"
)

// imageLimit is what the image may weigh, its layers compressed.
const imageLimit = 9_000_000

// builtImage builds the image once, as a user does. For the author of a test
// CODEDEPLOY_STEPS_TEST_IMAGE names one that is there.
var builtImage = sync.OnceValues(func() (string, error) {
	if name := os.Getenv("CODEDEPLOY_STEPS_TEST_IMAGE"); name != "" {
		return name, nil
	}
	root, err := steptest.Root()
	if err != nil {
		return "", err
	}
	const name = "codedeploy-steps:local"
	cmd := exec.Command("docker", "build", "--network", "host", "-t", name, "--build-arg", "VERSION=v0.0.0-test", ".")
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return name, nil
})

// needImage gives the image, or skips where Docker or what it is built from is
// missing; .ci/images makes that.
func needImage(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds an image")
	}
	if out, err := exec.Command("docker", "info").CombinedOutput(); err != nil {
		skipOrFail(t, "docker", "no Docker daemon: ", strings.TrimSpace(string(out)))
	}
	image, err := builtImage()
	if err != nil {
		skipOrFail(t, "docker", "the image can't be built (.ci/images makes what it starts from where nothing can be pulled): ", err)
	}
	return image
}

func docker(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("docker", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// The image is one for all CI systems: root (GitHub), a shell (GitLab, Jenkins,
// hooks), certificates, time zones; and small.
func TestImage(t *testing.T) {
	image := needImage(t)
	var all []struct {
		Config struct {
			User       string
			Entrypoint []string
			Labels     map[string]string
		}
		RootFS struct{ Layers []string }
	}
	if err := json.Unmarshal([]byte(docker(t, "image", "inspect", image)), &all); err != nil {
		t.Fatal(err)
	}
	c := all[0].Config
	if c.User != "" || len(c.Entrypoint) != 1 || c.Entrypoint[0] != "codedeploy-steps" {
		t.Errorf("user %q, entry point %q", c.User, c.Entrypoint)
	}
	for _, name := range []string{"title", "description", "licenses", "version", "revision", "source"} {
		if _, ok := c.Labels["org.opencontainers.image."+name]; !ok {
			t.Errorf("the label %s is missing", name)
		}
	}
	text := docker(t, "run", "--rm", "--network", "none", "--entrypoint", "sh", image, "-euc",
		`test -s /etc/ssl/certs/ca-certificates.crt; test "$(stat -c %a /tmp)" = 1777; TZ=Asia/Tokyo date +%z; /usr/bin/env id -u; codedeploy-steps --version`)
	if !strings.HasPrefix(text, "+0900\n0\ncodedeploy-steps ") {
		t.Errorf("in the image: %s", text)
	}

	cmd := exec.Command("docker", "save", image)
	archive, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	total := 0
	for tr := tar.NewReader(archive); ; {
		h, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
		n, err := io.Copy(z, tr)
		if err != nil {
			t.Fatal(err)
		}
		z.Close()
		if h.Typeflag == tar.TypeReg && n > 100_000 {
			t.Logf("layer: %d bytes, compressed %d", n, b.Len())
			total += b.Len()
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d layers, compressed %d bytes", len(all[0].RootFS.Layers), total)
	if total > imageLimit || total == 0 {
		t.Errorf("the image weighs %d bytes, compressed; the limit is %d", total, imageLimit)
	}
}

const runnersUser = 1001 // of the workspace, as on GitHub's own runners

// workspace makes a folder of another user's with the sample in it.
func workspace(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	sampleTo(t, dir)
	give(t, dir)
	return dir
}

func give(t *testing.T, dir string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root, to give a workspace away")
	}
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, runnersUser, runnersUser)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A plugin of Woodpecker or Drone is a container with PLUGIN_* and the
// workspace mounted. Root writes there; what it writes is the owner's, and the
// next container goes on with it.
func TestImageAsPlugin(t *testing.T) {
	image := needImage(t)
	dir := workspace(t)
	plugin := func(step string, settings ...string) string {
		t.Helper()
		args := []string{"run", "--rm", "--network", "none", "-v", dir + ":/woodpecker/src", "-w", "/woodpecker/src", "-e", "CI=woodpecker",
			"-e", "PLUGIN_ENDPOINT=local", "-e", "PLUGIN_INSTANCE_KIND=host", "-e", "PLUGIN_OUTPUTS=outputs.env"}
		for _, s := range settings {
			args = append(args, "-e", "PLUGIN_"+s)
		}
		return docker(t, append(args, image, step)...)
	}
	text := plugin("push", "SOURCE=web", "APPLICATION=web", "BUNDLE_OUTPUT=web.zip")
	if !contains(text, "push      ok") {
		t.Errorf("push says:\n%s", text)
	}
	plugin("register")
	plugin("deploy")
	if text := plugin("wait"); !contains(text, "ValidateService    Succeeded", "1 succeeded") {
		t.Errorf("wait says:\n%s", text)
	}
	for _, name := range []string{"outputs.env", "web.zip", ".codedeploy-steps/engine.db"} {
		if !fileExists(filepath.Join(dir, name)) {
			t.Errorf("%s is not there", name)
		}
	}
	wantOwner(t, dir)
}

// wantOwner wants everything in a workspace to be its owner's.
func wantOwner(t *testing.T, dir string) {
	t.Helper()
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			t.Fatal(err)
		}
		info, err := d.Info()
		if err != nil {
			t.Fatal(err)
		}
		if st := info.Sys().(*syscall.Stat_t); st.Uid != runnersUser || st.Gid != runnersUser {
			t.Errorf("%s belongs to %d:%d", path, st.Uid, st.Gid)
		}
		return nil
	})
}

// Cancelled as GitHub's runner does it: SIGINT, 7.5 s later SIGTERM. The
// deployment is stopped, and the outputs say so.
func TestImageCancel(t *testing.T) {
	image := needImage(t)
	s := newSession(t)
	s.revision("app", "1", map[string]string{"ApplicationStart": "touch /w/begun; trap '' INT; sleep 300"})
	give(t, s.dir)
	id := strings.TrimSpace(docker(t, "run", "-d", "--network", "none", "-v", s.dir+":/w", "-w", "/w",
		"-e", "GITHUB_ACTIONS=true", "-e", "INPUT_ENDPOINT=local", "-e", "INPUT_SOURCE=app", "-e", "INPUT_INSTANCE-KIND=host", "-e", "INPUT_OUTPUTS=out.env", image, "release"))
	t.Cleanup(func() { exec.Command("docker", "rm", "-f", id).Run() })
	s.exists(filepath.Join(s.dir, "begun"))
	ended := make(chan string, 1)
	go func() {
		out, _ := exec.Command("docker", "wait", id).Output()
		ended <- strings.TrimSpace(string(out))
	}()
	docker(t, "kill", "-s", "INT", id)
	var code string
	select {
	case code = <-ended:
	case <-time.After(7500 * time.Millisecond):
		exec.Command("docker", "kill", "-s", "TERM", id).Run()
		code = <-ended
	}
	text := docker(t, "logs", id)
	if code != "130" {
		t.Errorf("exit code %s\n%s", code, text)
	}
	if got := s.outputs("out.env"); got["status"] != "Stopped" || got["deployment-id"] == "" {
		t.Errorf("the outputs are %v\n%s", got, text)
	}
	if !contains(text, "is Stopped") {
		t.Errorf("it does not say that the deployment is stopped:\n%s", text)
	}
}

// As an ordinary user, and in a workspace that can only be read.
func TestImageWithoutRights(t *testing.T) {
	image := needImage(t)
	dir := workspace(t)
	user := strconv.Itoa(runnersUser)
	text := docker(t, "run", "--rm", "--network", "none", "--user", user+":"+user, "-v", dir+":/w", "-w", "/w", image,
		"bundle", "--source", "web", "--bundle-output", "web.zip", "--outputs", "out.env")
	if !contains(text, "bundle    ok") {
		t.Errorf("as a user:\n%s", text)
	}
	wantOwner(t, dir)

	readOnly := []string{"run", "--rm", "--network", "none", "-v", dir + ":/w:ro", "-w", "/w", image, "release", "--endpoint", "local", "--instance-kind", "directory", "web"}
	out, err := exec.Command("docker", readOnly...).CombinedOutput()
	if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 2 || !contains(string(out), "read-only file system", "--state") {
		t.Errorf("with a workspace that can only be read: %v\n%s", err, out)
	}
	if text := docker(t, append(readOnly, "--state", "/tmp/state")...); !contains(text, "deploy    ok") {
		t.Errorf("with its state elsewhere:\n%s", text)
	}
}
