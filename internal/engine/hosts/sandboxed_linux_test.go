package hosts

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/hosts/sandbox"
)

// TestCheckWaitsForAnInstanceInTheMaking: its maker was killed, and the process
// that it had begun is about to find that out.
func TestCheckWaitsForAnInstanceInTheMaking(t *testing.T) {
	dir := t.TempDir()
	process := exec.Command("sleep", "0.3")
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	read := func(path string) string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(text))
	}
	stat := read(fmt.Sprintf("/proc/%d/stat", process.Process.Pid))
	pids, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		t.Fatal(err)
	}
	var folder syscall.Stat_t
	if err := syscall.Stat(dir, &folder); err != nil {
		t.Fatal(err)
	}
	started := json.Number(strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])[19])
	text, err := json.Marshal(map[string]any{
		"PID": process.Process.Pid, "Started": started, "Boot": read("/proc/sys/kernel/random/boot_id"), "PIDs": pids,
		"Life": "first", "Folder": fmt.Sprintf("%d:%d", folder.Dev, folder.Ino),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "instance.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	go process.Wait()
	if _, _, err := sandbox.Find(dir); err == nil || !strings.Contains(err.Error(), sandbox.ErrMaking.Error()) {
		t.Fatalf("it is not being made: %v", err)
	}
	lost, err := (&sandboxed{config: sandbox.Config{Dir: dir}}).check()
	if !lost || err != nil {
		t.Errorf("lost: %v, %v", lost, err)
	}
}
