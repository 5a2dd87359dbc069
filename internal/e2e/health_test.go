package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

func fileExists(path string) bool { _, err := os.Stat(path); return err == nil }

// With CodeDeployDefault.OneAtATime no more than one of four instances is ever
// down at once: told from the events of the log.
func TestOneAtATime(t *testing.T) {
	needSandbox(t)
	s := newSession(t)
	s.revision("app", "1", map[string]string{"ApplicationStart": "sleep 0.2"})
	args := []string{"release", "--endpoint", "local", "--instances", "4", "--format", "json", "--deployment-config", "CodeDeployDefault.OneAtATime", "app"}
	for range 2 {
		down, most, seen := map[string]bool{}, 0, map[string]bool{}
		for _, e := range events(t, s.run(0, args...)) {
			if e["event"] == "lifecycle" {
				target := e["target"].(string)
				seen[target] = true
				switch {
				case e["status"] == "InProgress":
					down[target] = true
				case e["lifecycleEvent"] == "ValidateService":
					delete(down, target)
				}
				most = max(most, len(down))
			}
		}
		if most != 1 || len(seen) != 4 {
			t.Errorf("up to %d of %d instances were down at once", most, len(seen))
		}
	}
}

// A hook that fails on one instance: the group is back on the revision it had,
// which the files on each instance show.
func TestRollbackRestoresFiles(t *testing.T) {
	needSandbox(t)
	s := newSession(t)
	check := map[string]string{"ValidateService": `cat /srv/app/version`}
	s.revision("app", "one", check)
	s.run(0, "release", "--endpoint", "local", "--instances", "3", "app")
	s.revision("app", "two", map[string]string{"ValidateService": `test "$(uname -n)" != local-2`})
	s.run(1, "release", "--endpoint", "local", "--outputs", "out.txt", "--deployment-config", "CodeDeployDefault.HalfAtATime", "app")
	if s.outputs("out.txt")["rollback-deployment-id"] == "" {
		t.Error("no rollback was made")
	}
	// Each instance's own file says which revision it has: its upper layer lies in the state folder.
	for _, id := range []string{"i-0c0de000000000001", "i-0c0de000000000002", "i-0c0de000000000003"} {
		found := false
		filepath.WalkDir(filepath.Join(s.state(), "instances", id), func(path string, d os.DirEntry, err error) error {
			if err == nil && filepath.Base(path) == "version" && filepath.Base(filepath.Dir(path)) == "app" {
				text, _ := os.ReadFile(path)
				found = true
				if string(text) != "one\n" {
					t.Errorf("%s: /srv/app/version is %q", id, text)
				}
			}
			return nil
		})
		if !found {
			t.Errorf("%s: no /srv/app/version", id)
		}
	}
}
