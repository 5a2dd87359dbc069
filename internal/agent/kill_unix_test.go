//go:build unix

package agent

import (
	"bufio"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// child names the folder of an agent that is to be killed, see TestMain.
const child = "AGENT_TEST_CHILD"

// TestMain makes the modes of new folders those of the recorded answers. In a
// process that is made to be killed it carries out one event instead.
func TestMain(m *testing.M) {
	syscall.Umask(0o022)
	if base, is := os.LookupEnv(child); is {
		a := Agent{
			Root:    filepath.Join(base, "root"),
			Machine: Machine{Env: []string{"PATH=" + os.Getenv("PATH")}, Dir: base},
			Output:  func(l Line) { fmt.Println(l.Text) },
		}
		event := os.Getenv("EVENT")
		fmt.Println("ready")
		a.Execute(context.Background(), command("d-1", event))
		fmt.Println("ended")
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// kill starts a process that carries out an event, waits for a line of its and
// for a while more, and kills it.
func killChild(t *testing.T, base, event, line string, after time.Duration) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), child+"="+base, "EVENT="+event)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != line; {
	}
	time.Sleep(after) // nothing tells how far it has come; any moment will do
	must(t, cmd.Process.Kill())
	_ = cmd.Wait()
}

func TestKilledInAHook(t *testing.T) {
	a, _ := newAgent(t, map[string]string{"appspec.yml": hooked, "s.sh": "#!/bin/sh\necho begun\nsleep 1\n"})
	a.want(t, command("d-1", "DownloadBundle"), Succeeded, "")
	killChild(t, filepath.Dir(a.Root), "BeforeInstall", "begun", 0)
	if _, err := os.Stat(filepath.Join(a.trackingDir(), "d-1")); err != nil {
		t.Fatal(err)
	}
	must(t, a.Start())
	a.want(t, command("d-1", "BeforeInstall"), FailedAfterRestart, "after an agent restart")
}

// An installation that is killed leaves a clean-up file by which the next one
// finds every file that was begun.
func TestKilledInstalling(t *testing.T) {
	files := map[string]string{}
	for i := range 1200 {
		files[fmt.Sprintf("src/%d/%d", i%50, i)] = "x"
	}
	for round := range 5 {
		base := t.TempDir()
		target := filepath.Join(base, "t")
		files["appspec.yml"] = head + "files:\n- source: src\n  destination: " + target + "\n"
		a, _ := newAgent(t, files)
		must(t, os.MkdirAll(filepath.Dir(a.Root), 0o755))
		a.want(t, command("d-1", "DownloadBundle"), Succeeded, "")
		killChild(t, filepath.Dir(a.Root), "Install", "ready", time.Duration(round)*15*time.Millisecond)

		must(t, a.Start())
		for name := range files {
			delete(files, name)
		}
		files["appspec.yml"] = head
		a.want(t, command("d-2", "DownloadBundle"), Succeeded, "")
		a.want(t, command("d-2", "Install"), Succeeded, "")
		must(t, filepath.WalkDir(base, func(path string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() && strings.HasPrefix(path, target) {
				t.Errorf("round %d: %s is left", round, path)
			}
			return err
		}))
		for i := range 1200 {
			files[fmt.Sprintf("src/%d/%d", i%50, i)] = "x"
		}
	}
}
