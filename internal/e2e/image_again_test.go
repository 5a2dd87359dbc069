//go:build linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A container action is a new container in the same workspace each time, and
// what hooks did in the one before is gone: the ApplicationStop of the revision
// before is not run there, where it would fail. In a container that is started
// again it is.
func TestImageReleasesAgain(t *testing.T) {
	image := needImage(t)
	s := newSession(t)
	s.revision("app", "1", map[string]string{
		"ApplicationStop":  "rm /running && echo stopped >>/w/stops",
		"ApplicationStart": "test ! -e /running && touch /running",
	})
	give(t, s.dir)
	args := []string{"--network", "none", "-v", s.dir + ":/w", "-w", "/w", "-e", "GITHUB_ACTIONS=true",
		"-e", "INPUT_ENDPOINT=local", "-e", "INPUT_INSTANCE-KIND=host", "-e", "INPUT_SOURCE=app", "-e", "INPUT_OUTPUTS=out.env", image, "release"}
	const moved = "another machine or container"
	stops := func(want string) {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(s.dir, "stops"))
		if err != nil || string(text) != want {
			t.Errorf("ApplicationStop ran: %q, error %v; want %q", text, err, want)
		}
	}

	first := strings.TrimSpace(docker(t, append([]string{"create"}, args...)...))
	t.Cleanup(func() { exec.Command("docker", "rm", "-f", first).Run() })
	for range 2 {
		if text := docker(t, "start", "-a", first); strings.Contains(text, moved) {
			t.Errorf("the same container is taken for another one:\n%s", text)
		}
	}
	stops("stopped\n")

	again := append([]string{"run", "--rm"}, args...)
	if text := docker(t, again...); strings.Count(text, moved) != 1 || !contains(text, "Succeeded: 1 succeeded") {
		t.Errorf("the second container says:\n%s", text)
	}
	stops("stopped\n")

	// What the service knows stays: a failure in a third one goes back to the
	// revision that succeeded in the second.
	s.revision("app", "2", map[string]string{"ApplicationStart": "exit 1"})
	if err := os.Remove(filepath.Join(s.dir, "app", "ApplicationStop.sh")); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("docker", again...).CombinedOutput()
	if err == nil || strings.Count(string(out), moved) != 1 || !contains(string(out), "Succeeded: the group is back on s3://") {
		t.Errorf("the third container: %v\n%s", err, out)
	}
	stops("stopped\n")
	wantOwner(t, filepath.Join(s.dir, ".codedeploy-steps"))
}
