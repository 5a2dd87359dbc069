package agent

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// newAgent returns an agent whose bundles are tars of these files, and how
// often one was fetched.
func newAgent(t *testing.T, files map[string]string) (a *Agent, fetched func() int) {
	t.Helper()
	base := t.TempDir()
	var mu sync.Mutex
	n := 0
	a = &Agent{
		Root:    filepath.Join(base, "root"),
		Grace:   300 * time.Millisecond,
		Machine: Machine{Env: []string{"PATH=" + os.Getenv("PATH"), "HOME=/nowhere"}, Dir: base},
		Fetch: func(context.Context, Revision) (*os.File, string, error) {
			mu.Lock()
			defer mu.Unlock()
			n++
			name := filepath.Join(base, "bundle")
			must(t, os.WriteFile(name, tarOf(t, files), 0o600))
			f, err := os.Open(name)
			return f, `"the-etag"`, err
		},
	}
	must(t, a.Start())
	return a, func() int { mu.Lock(); defer mu.Unlock(); return n }
}

func tarOf(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		text := files[name]
		h := &tar.Header{Name: name, Mode: 0o644, Size: int64(len(text)), Typeflag: tar.TypeReg}
		if to, is := strings.CutPrefix(text, "->"); is {
			h.Typeflag, h.Linkname, h.Size, text = tar.TypeSymlink, to, 0, ""
		} else if strings.HasPrefix(text, "#!") {
			h.Mode = 0o755
		}
		must(t, w.WriteHeader(h))
		_, err := w.Write([]byte(text))
		must(t, err)
	}
	must(t, w.Close())
	return b.Bytes()
}

func command(deployment, event string) Command {
	return Command{ID: deployment + "/" + event, Event: event, Spec: Specification{
		DeploymentID: deployment, DeploymentGroupID: "g", Revision: Revision{Bucket: "b", Key: "k", BundleType: "tar"},
	}}
}

func (a *Agent) want(t *testing.T, c Command, code Code, message string) Result {
	t.Helper()
	r := a.Execute(t.Context(), c)
	if r.Code != code || !strings.Contains(r.Message, message) {
		t.Fatalf("%s: code %d, %q; log %q", c.Event, r.Code, r.Message, r.Log)
	}
	return r
}

const hooked = head + "hooks:\n  BeforeInstall:\n  - location: s.sh\n    timeout: 20\n"

func needsShell(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the scripts are for a Unix shell")
	}
}

func TestSameCommandRunsOnce(t *testing.T) {
	needsShell(t)
	a, fetched := newAgent(t, map[string]string{"appspec.yml": hooked, "s.sh": "#!/bin/sh\necho x >> count\nsleep 0.3\nexit 4\n"})
	a.want(t, command("d-1", "DownloadBundle"), Succeeded, "")
	a.want(t, command("d-1", "DownloadBundle"), Succeeded, "")
	if fetched() != 1 {
		t.Errorf("the bundle was fetched %d times", fetched())
	}
	var wait sync.WaitGroup
	for range 5 {
		wait.Go(func() {
			if r := a.Execute(t.Context(), command("d-1", "BeforeInstall")); r.Code != ScriptFailed || r.ScriptName != "s.sh" {
				t.Error(r)
			}
		})
	}
	wait.Wait()
	again := &Agent{Root: a.Root, Machine: a.Machine} // as after a restart
	must(t, again.Start())
	again.want(t, command("d-1", "BeforeInstall"), ScriptFailed, "exit code 4")
	count, err := os.ReadFile(filepath.Join(a.Machine.Dir, "count"))
	must(t, err)
	if string(count) != "x\n" {
		t.Errorf("the script ran %d times", len(count)/2)
	}
	if left, _ := os.ReadDir(a.trackingDir()); len(left) > 0 {
		t.Errorf("%s is still tracked", left[0].Name())
	}
}

func TestInterruptedCommandFails(t *testing.T) {
	for _, test := range []struct {
		name string
		age  time.Duration
		code Code
	}{
		{"just now", time.Hour, FailedAfterRestart},
		{"long ago", 25 * time.Hour, Succeeded}, // forgotten, so it is carried out
	} {
		t.Run(test.name, func(t *testing.T) {
			a, _ := newAgent(t, map[string]string{"appspec.yml": head})
			c := command("d-1", "DownloadBundle")
			must(t, a.track(c)) // and then it was killed
			restarted := &Agent{Root: a.Root, Machine: a.Machine, Fetch: a.Fetch, Now: func() time.Time { return time.Now().Add(test.age) }}
			must(t, restarted.Start())
			r := restarted.Execute(t.Context(), c)
			if r.Code != test.code {
				t.Errorf("%+v", r)
			}
			if r.Code != Succeeded && r.Message != "Failed: Failing in-progress lifecycle event after an agent restart." {
				t.Error(r.Message)
			}
			if _, err := os.Stat(a.trackingDir()); test.code != Succeeded && !errors.Is(err, os.ErrNotExist) {
				t.Error("the tracking folder is still there")
			}
		})
	}
}

func TestResultSurvivesAKillBeforeTheTrackingFileGoes(t *testing.T) {
	a, _ := newAgent(t, map[string]string{"appspec.yml": head})
	c := command("d-1", "DownloadBundle")
	a.want(t, c, Succeeded, "")
	must(t, a.track(c)) // killed after the result was stored
	restarted := &Agent{Root: a.Root, Machine: a.Machine}
	must(t, restarted.Start())
	restarted.want(t, c, Succeeded, "")
}

func TestCallOff(t *testing.T) {
	needsShell(t)
	for _, test := range []struct{ name, script string }{
		{"a script that obeys", "#!/bin/sh\necho begun\nsleep 30\n"},
		{"a script that does not", "#!/bin/sh\ntrap '' TERM\necho begun\nwhile :; do sleep 30; done\n"},
		{"a child that keeps the output", "#!/bin/sh\ntrap '' TERM\nsleep 30 &\necho begun\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, _ := newAgent(t, map[string]string{"appspec.yml": hooked, "s.sh": test.script})
			a.want(t, command("d-1", "DownloadBundle"), Succeeded, "")
			ctx, cancel := context.WithCancel(t.Context())
			a.Output = func(l Line) {
				if l.Text == "begun" {
					cancel()
				}
			}
			began := time.Now()
			r := a.Execute(ctx, command("d-1", "BeforeInstall"))
			if r.Code != ScriptFailed || !strings.Contains(r.Message, "was stopped") || !strings.Contains(r.Log, "[stdout]begun") {
				t.Errorf("%+v", r)
			}
			if time.Since(began) > 15*time.Second {
				t.Error("nothing ended the script before its own time")
			}
			a.want(t, command("d-1", "BeforeInstall"), ScriptFailed, "was stopped")
		})
	}
}

func TestCallOffBeforeItBegins(t *testing.T) {
	a, _ := newAgent(t, map[string]string{"appspec.yml": head})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r := a.Execute(ctx, command("d-1", "DownloadBundle")); r.Code != UnknownError || !strings.Contains(r.Message, "was stopped") {
		t.Errorf("%+v", r)
	}
}

func TestHookSeesOnlyItsOwnEnvironment(t *testing.T) {
	needsShell(t)
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("INPUT_TOKEN", "secret")
	a, _ := newAgent(t, map[string]string{"appspec.yml": hooked, "s.sh": "#!/bin/sh\nenv\nexit 0\n"})
	a.want(t, command("d-1", "DownloadBundle"), Succeeded, "")
	got := map[string]string{}
	a.Output = func(l Line) {
		name, value, _ := strings.Cut(l.Text, "=")
		got[name] = value
	}
	c := command("d-1", "BeforeInstall")
	c.Spec.Revision.ETag = "e"
	c.Spec.ApplicationName = "app $(id)"
	a.want(t, c, Succeeded, "")
	for _, shells := range []string{"PWD", "OLDPWD", "SHLVL", "_"} {
		delete(got, shells)
	}
	want := map[string]string{
		"PATH": os.Getenv("PATH"), "HOME": "/nowhere",
		"LIFECYCLE_EVENT": "BeforeInstall", "DEPLOYMENT_ID": "d-1", "APPLICATION_NAME": "app $(id)",
		"DEPLOYMENT_GROUP_NAME": "", "DEPLOYMENT_GROUP_ID": "g", "BUNDLE_BUCKET": "b", "BUNDLE_KEY": "k", "BUNDLE_ETAG": "e",
	}
	if !maps.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestDownloadRefusals(t *testing.T) {
	a, _ := newAgent(t, map[string]string{"appspec.yml": head})
	for _, test := range []struct {
		name    string
		change  func(*Specification)
		message string
	}{
		{"another etag", func(s *Specification) { s.Revision.ETag = `"x"` }, "Expected deployment artifact bundle etag x but was actually the-etag"},
		{"another type", func(s *Specification) { s.Revision.BundleType = "zip" }, "unpack the bundle"},
		{"no type", func(s *Specification) { s.Revision.BundleType = "" }, "must be tar, tgz or zip"},
		{"a deployment that climbs", func(s *Specification) { s.DeploymentID = ".." }, "cannot be the name of a folder"},
		{"a deployment with a slash", func(s *Specification) { s.DeploymentID = "a/b" }, "cannot be the name of a folder"},
		{"no group", func(s *Specification) { s.DeploymentGroupID = "" }, "cannot be the name of a folder"},
		{"a group of the agent's own", func(s *Specification) { s.DeploymentGroupID = "Results" }, "folder of the agent's own"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := command("d-1", "DownloadBundle")
			c.ID = test.name
			test.change(&c.Spec)
			a.want(t, c, UnknownError, test.message)
		})
	}
	c := command("d-2", "DownloadBundle")
	c.Spec.Revision.ETag = `the-etag`
	a.want(t, c, Succeeded, "")
}

func TestFetchFailure(t *testing.T) {
	a, _ := newAgent(t, nil)
	a.Fetch = func(context.Context, Revision) (*os.File, string, error) {
		return nil, "", errors.New("AccessDenied: no")
	}
	a.want(t, command("d-1", "DownloadBundle"), UnknownError, "fetch s3://b/k: AccessDenied: no")
}

func TestFailedDownloadLeavesThePointers(t *testing.T) {
	a, _ := newAgent(t, map[string]string{"appspec.yml": head})
	a.want(t, command("d-1", "DownloadBundle"), Succeeded, "")
	a.Fetch = func(context.Context, Revision) (*os.File, string, error) {
		name := filepath.Join(a.Machine.Dir, "bad")
		must(t, os.WriteFile(name, []byte("nonsense"), 0o600))
		f, err := os.Open(name)
		return f, "", err
	}
	a.want(t, command("d-2", "DownloadBundle"), UnknownError, "Error extracting tar archive: 2")
	got, err := a.readPointer(a.mostRecent("g"), "g")
	must(t, err)
	if want := filepath.Join(a.Root, "g", "d-1"); got != want {
		t.Errorf("most recent is %s", got)
	}
}

func TestOldRevisionWithClosedFolders(t *testing.T) {
	a, _ := newAgent(t, map[string]string{"appspec.yml": head, "d/e/x": "x"})
	a.MaxRevisions = 1
	a.want(t, command("d-1", "DownloadBundle"), Succeeded, "")
	closed := filepath.Join(a.archiveDir(command("d-1", "").Spec), "d", "e")
	must(t, os.Chmod(closed, 0))
	must(t, os.Chmod(filepath.Dir(closed), 0o500))
	a.want(t, command("d-2", "DownloadBundle"), Succeeded, "")
	if _, err := os.Stat(filepath.Join(a.Root, "g", "d-1")); !errors.Is(err, os.ErrNotExist) {
		t.Error("the old revision is still there")
	}
}

func TestResultsArePrunedWithTheirDeployments(t *testing.T) {
	a, _ := newAgent(t, map[string]string{"appspec.yml": head})
	a.MaxRevisions = 1
	a.want(t, command("d-1", "DownloadBundle"), Succeeded, "")
	a.want(t, command("d-2", "DownloadBundle"), Succeeded, "")
	if _, kept := a.storedResult("d-1/DownloadBundle"); !kept {
		t.Error("a result of today is gone")
	}
	a.Now = func() time.Time { return time.Now().Add(48 * time.Hour) }
	a.want(t, command("d-3", "DownloadBundle"), Succeeded, "")
	if _, kept := a.storedResult("d-1/DownloadBundle"); kept {
		t.Error("the result of a deployment that is gone is kept")
	}
	// d-2 lost its folder in this very download, d-3 has one.
	if _, kept := a.storedResult("d-3/DownloadBundle"); !kept {
		t.Error("the result of the current deployment is gone")
	}
}

func TestCleanUpDropsAnUnfinishedLine(t *testing.T) {
	a, _ := newAgent(t, map[string]string{"appspec.yml": head})
	a.want(t, command("d-1", "DownloadBundle"), Succeeded, "")
	kept, gone := filepath.Join(a.Machine.Dir, "kept"), filepath.Join(a.Machine.Dir, "gone")
	must(t, os.WriteFile(kept, nil, 0o600))
	must(t, os.WriteFile(gone, nil, 0o600))
	must(t, os.WriteFile(a.cleanupFile("g"), []byte(gone+"\n"+kept), 0o600))
	a.want(t, command("d-1", "Install"), Succeeded, "")
	if _, err := os.Stat(kept); err != nil {
		t.Error("a line without its end was obeyed")
	}
	if _, err := os.Stat(gone); err == nil {
		t.Error("a whole line was not obeyed")
	}
}

func TestResultFileNames(t *testing.T) {
	a := &Agent{Root: "/r"}
	seen := map[string]string{}
	for _, id := range []string{"a", "a/b", "../../x", "A-b_9", "", ".", strings.Repeat("x", 500), "sha256-abc", "a\x00b"} {
		file := a.resultFile(id)
		if filepath.Dir(file) != filepath.Join(a.Root, "results") || len(filepath.Base(file)) > 200 {
			t.Errorf("%q: %s", id, file)
		}
		if other, twice := seen[file]; twice {
			t.Errorf("%q and %q share %s", id, other, file)
		}
		seen[file] = id
	}
}

func TestRotate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	for i := range deploymentsLogFiles + 3 {
		f, err := os.Create(file)
		must(t, err)
		_, err = f.WriteString(strings.Repeat("x", i))
		must(t, err)
		must(t, f.Truncate(deploymentsLogSize)) // sparse
		must(t, f.Close())
		rotate(file)
	}
	files, err := filepath.Glob(file + "*")
	must(t, err)
	if len(files) != deploymentsLogFiles-1 { // and the one to come
		t.Error(files)
	}
}

// TestMovedAgent: pointers hold absolute paths, and an agent's folder is moved
// with the checkout that it lies in, or copied.
func TestMovedAgent(t *testing.T) {
	needsShell(t)
	a, _ := newAgent(t, map[string]string{
		"appspec.yml": head + "hooks:\n  ApplicationStop:\n    - location: stop.sh\n", "stop.sh": "#!/bin/sh\necho stopped\n",
	})
	a.MaxRevisions = 1
	for _, event := range []string{"DownloadBundle", "Install"} {
		a.want(t, command("d-1", event), Succeeded, "")
	}
	moved := &Agent{Root: a.Root + "-moved", Machine: a.Machine, Fetch: a.Fetch, MaxRevisions: 1}
	must(t, os.Rename(a.Root, moved.Root))
	if r := moved.want(t, command("d-2", "ApplicationStop"), Succeeded, ""); r.Noop {
		t.Error("the script of the last revision was not run")
	}
	moved.want(t, command("d-2", "DownloadBundle"), Succeeded, "")
	if _, err := os.Stat(filepath.Join(moved.Root, "g", "d-1")); err != nil {
		t.Errorf("the revision that was installed last is gone: %v", err)
	}
}
