package remote

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
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

	"github.com/codedeploy-steps/codedeploy-steps/internal/agent"
)

// served is an agent that is served in this process.
type served struct {
	*Client
	dir   string
	agent *agent.Agent
	ended chan error
	stop  context.CancelFunc
}

func serve(t *testing.T, files map[string]string) *served {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("no file descriptors travel on Windows")
	}
	s := &served{dir: t.TempDir(), ended: make(chan error, 1)}
	s.Client = &Client{Path: filepath.Join(s.dir, "socket")}
	must(t, os.WriteFile(filepath.Join(s.dir, "bundle"), tarOf(t, files), 0o600))
	l, err := Listen(s.Path)
	must(t, err)
	s.agent = &agent.Agent{Root: filepath.Join(s.dir, "root"), Grace: 200 * time.Millisecond,
		Machine: agent.Machine{Dir: s.dir, Env: []string{"PATH=" + os.Getenv("PATH")}}}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	go func() { s.ended <- Serve(ctx, l, s.agent) }()
	t.Cleanup(func() {
		stop()
		select {
		case err := <-s.ended:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(20 * time.Second):
			t.Error("the server did not end")
		}
	})
	return s
}

func tarOf(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		must(t, w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(files[name]))}))
		_, err := w.Write([]byte(files[name]))
		must(t, err)
	}
	must(t, w.Close())
	return b.Bytes()
}

func (s *served) bundle(agent.Revision) (*os.File, string, error) {
	f, err := os.Open(filepath.Join(s.dir, "bundle"))
	return f, "etag", err
}

func command(event string) agent.Command {
	return agent.Command{ID: "c-" + event, Event: event, Spec: agent.Specification{
		DeploymentID: "d-1", DeploymentGroupID: "g", Revision: agent.Revision{Bucket: "b", Key: "k", BundleType: "tar", ETag: "etag"}}}
}

func (s *served) want(t *testing.T, event string, code agent.Code, lines func(agent.Line)) agent.Result {
	t.Helper()
	r, err := s.Execute(t.Context(), command(event), s.bundle, lines)
	if err != nil || r.Code != code {
		t.Fatalf("%s: %v, %+v", event, err, r)
	}
	return r
}

func revisionOf(script string) map[string]string {
	return map[string]string{"appspec.yml": "version: 0.0\nos: linux\nhooks:\n  BeforeInstall:\n  - location: s.sh\n    timeout: 30\n", "s.sh": "#!/bin/sh\n" + script}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestRemoteDeployment(t *testing.T) {
	s := serve(t, revisionOf("echo one; echo two >&2; exit 3\n"))
	info, err := s.Ping(t.Context())
	if err != nil || info.PID != os.Getpid() || info.Started.IsZero() || runtime.GOOS == "linux" && info.BootID == "" {
		t.Fatal(info, err)
	}
	if noop, err := s.Noop(t.Context(), command("ApplicationStop")); err != nil || !noop {
		t.Fatal(noop, err)
	}
	if _, err := s.Noop(t.Context(), command("BeforeInstall")); err == nil || !strings.Contains(err.Error(), "did not find an AppSpec file") {
		t.Fatal(err)
	}
	s.want(t, "DownloadBundle", agent.Succeeded, nil)
	got := map[string]agent.Line{}
	r := s.want(t, "BeforeInstall", agent.ScriptFailed, func(l agent.Line) { got[l.Text] = l })
	if r.Message != "Script at specified location: s.sh failed with exit code 3" {
		t.Error(r.Message)
	}
	if len(got) != 2 || got["one"].Stream != "stdout" || got["two"].Stream != "stderr" || got["one"].Script != "s.sh" || got["one"].CommandID != "c-BeforeInstall" {
		t.Error(got)
	}
	// Asked again, it gives the same and runs nothing.
	s.want(t, "BeforeInstall", agent.ScriptFailed, func(l agent.Line) { t.Error(l) })
}

func TestBundleThatCannotBeHad(t *testing.T) {
	s := serve(t, nil)
	r, err := s.Execute(t.Context(), command("DownloadBundle"), func(agent.Revision) (*os.File, string, error) {
		return nil, "", errors.New("NoSuchKey")
	}, nil)
	if err != nil || r.Code != agent.UnknownError || !strings.Contains(r.Message, "fetch s3://b/k: NoSuchKey") {
		t.Fatal(err, r)
	}
}

func TestRemoteCancel(t *testing.T) {
	s := serve(t, revisionOf("trap '' TERM; echo begun; sleep 30\n"))
	s.want(t, "DownloadBundle", agent.Succeeded, nil)
	ctx, cancel := context.WithCancel(t.Context())
	r, err := s.Execute(ctx, command("BeforeInstall"), nil, func(l agent.Line) { cancel() })
	if err != nil || r.Code != agent.ScriptFailed || !strings.Contains(r.Message, "was stopped") {
		t.Fatal(err, r)
	}
}

// A client that is lost does not end its command, and the next one joins it and
// gets what the first one missed.
func TestLostClient(t *testing.T) {
	s := serve(t, revisionOf("echo begun; while [ ! -e go ]; do sleep 0.05; done; echo went; exit 5\n"))
	s.want(t, "DownloadBundle", agent.Succeeded, nil)

	conn, err := dial(t.Context(), s.Path)
	must(t, err)
	c := command("BeforeInstall")
	must(t, sendRequest(conn, request{Op: opExecute, Command: &c}, nil))
	var first reply
	must(t, json.NewDecoder(conn).Decode(&first))
	if first.Line == nil || first.Line.Text != "begun" {
		t.Fatal(first)
	}
	conn.Close()

	var mu sync.Mutex
	var got []string
	r, err := s.Execute(t.Context(), c, nil, func(l agent.Line) {
		mu.Lock()
		defer mu.Unlock()
		if got = append(got, l.Text); l.Text == "begun" {
			must(t, os.WriteFile(filepath.Join(s.dir, "go"), nil, 0o600))
		}
	})
	if err != nil || r.Code != agent.ScriptFailed || !strings.Contains(r.Message, "exit code 5") {
		t.Fatal(err, r)
	}
	if !slices.Equal(got, []string{"begun", "went"}) {
		t.Error(got)
	}
}

// A client that does not read does not hold up a script.
func TestSleepyClient(t *testing.T) {
	s := serve(t, revisionOf("i=0; while [ $i -lt 20000 ]; do echo 0123456789012345678901234567890123456789012345678901234567890123456789; i=$((i+1)); done; touch done\n"))
	s.want(t, "DownloadBundle", agent.Succeeded, nil)
	conn, err := dial(t.Context(), s.Path)
	must(t, err)
	defer conn.Close()
	c := command("BeforeInstall")
	must(t, sendRequest(conn, request{Op: opExecute, Command: &c}, nil))
	// The second client reads, and gets to the end all the same.
	s.want(t, "BeforeInstall", agent.Succeeded, nil)
	if _, err := os.Stat(filepath.Join(s.dir, "done")); err != nil {
		t.Error(err)
	}
}

func TestShutdownCallsOff(t *testing.T) {
	s := serve(t, revisionOf("echo begun; sleep 30\n"))
	s.want(t, "DownloadBundle", agent.Succeeded, nil)
	begun := make(chan struct{})
	result := make(chan agent.Result, 1)
	go func() {
		r, err := s.Execute(context.Background(), command("BeforeInstall"), nil, func(agent.Line) { close(begun) })
		if err != nil {
			t.Error(err)
		}
		result <- r
	}()
	<-begun
	must(t, s.Shutdown(t.Context()))
	if r := <-result; r.Code != agent.ScriptFailed || !strings.Contains(r.Message, "was stopped") {
		t.Error(r)
	}
	if _, err := s.Ping(t.Context()); err == nil {
		t.Error("it still answers")
	}
}

func TestRefusedRequests(t *testing.T) {
	s := serve(t, nil)
	for name, text := range map[string]string{
		"no JSON":              "hello\n",
		"an unknown operation": `{"op":"format"}` + "\n",
		"no command":           `{"op":"execute"}` + "\n",
		"too long":             strings.Repeat("x", longestRequest+20000),
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := dial(t.Context(), s.Path)
			must(t, err)
			defer conn.Close()
			_, _ = conn.Write([]byte(text)) // the server may stop reading
			var answer reply
			if err := json.NewDecoder(conn).Decode(&answer); err == nil && answer.Error == "" {
				t.Errorf("%+v", answer)
			}
		})
	}
	if _, err := s.Ping(t.Context()); err != nil {
		t.Error("it no longer answers:", err)
	}
}

func TestNobodyThere(t *testing.T) {
	c := &Client{Path: filepath.Join(t.TempDir(), "socket")}
	if _, err := c.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), c.Path) {
		t.Error(err)
	}
	if _, err := c.Execute(t.Context(), command("Install"), nil, nil); err == nil {
		t.Error("it was carried out by nobody")
	}
}

func TestListen(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("long paths are for Linux")
	}
	dir := filepath.Join(t.TempDir(), strings.Repeat("long/", 40))
	must(t, os.MkdirAll(dir, 0o755))
	path := filepath.Join(dir, "socket")
	l, err := Listen(path)
	must(t, err)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
	if _, err := Listen(path); err == nil || !strings.Contains(err.Error(), "already") {
		t.Error(err)
	}
	must(t, l.Close())
	again, err := Listen(path) // the socket of one that is gone
	must(t, err)
	must(t, again.Close())
	must(t, os.Remove(path))
	must(t, os.WriteFile(path, nil, 0o600))
	if _, err := Listen(path); err == nil {
		t.Error("a file was taken for a socket")
	}
}

func TestLongPath(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("long paths are for Linux")
	}
	dir := filepath.Join(t.TempDir(), strings.Repeat("long/", 40))
	must(t, os.MkdirAll(dir, 0o755))
	l, err := Listen(filepath.Join(dir, "socket"))
	must(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- Serve(ctx, l, &agent.Agent{Root: filepath.Join(dir, "root")}) }()
	if _, err := (&Client{Path: filepath.Join(dir, "socket")}).Ping(t.Context()); err != nil {
		t.Error(err)
	}
	stop()
	must(t, <-ended)
}

// Lines without a text take memory too.
func TestRecordOfEmptyLines(t *testing.T) {
	r := &record{changed: make(chan struct{})}
	const lines = 4 * recordSize / lineSize
	for i := range lines {
		r.add(agent.Line{Number: i + 1})
	}
	if last := r.lines[len(r.lines)-1].Number; len(r.lines) > recordSize/lineSize || last != lines {
		t.Errorf("%d lines are kept, the last is %d", len(r.lines), last)
	}
}
