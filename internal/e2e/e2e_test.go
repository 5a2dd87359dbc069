// Package e2e has the tests that need several processes of the real program:
// kills, signals, take-overs, the aws client.
package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/hosts"
	"github.com/codedeploy-steps/codedeploy-steps/internal/steptest"
	"github.com/codedeploy-steps/codedeploy-steps/steps/engine"
)

// asProgram makes this test binary be the program.
const asProgram = "CODEDEPLOY_STEPS_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	hosts.Init()
	if os.Getenv(asProgram) != "" {
		os.Unsetenv(asProgram)
		os.Exit(engine.Program().Main())
	}
	os.Exit(m.Run())
}

// session is a user's folder with an engine of its own.
type session struct {
	*testing.T
	dir string
}

func newSession(t *testing.T) *session {
	t.Helper()
	t.Parallel() // sessions share nothing, and mostly wait
	s := &session{t, t.TempDir()}
	t.Cleanup(func() { steptest.StopEngine(s.state()) })
	return s
}

func (s *session) state() string { return filepath.Join(s.dir, ".codedeploy-steps") }

// revision writes a revision whose hooks are given as event → shell text; each
// also installs the text of version as /srv/app/version.
func (s *session) revision(name, version string, hooks map[string]string) string {
	s.Helper()
	dir := filepath.Join(s.dir, name)
	spec := "version: 0.0\nos: linux\nfiles:\n  - {source: version, destination: /srv/app}\nhooks:\n"
	s.write(filepath.Join(dir, "version"), version+"\n", 0o644)
	for event, script := range hooks {
		spec += fmt.Sprintf("  %s:\n    - {location: %s.sh, timeout: 300}\n", event, event)
		s.write(filepath.Join(dir, event+".sh"), "#!/bin/sh\n"+script+"\n", 0o755)
	}
	s.write(filepath.Join(dir, "appspec.yml"), spec, 0o644)
	return name
}

func (s *session) write(path, text string, mode os.FileMode) {
	s.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		s.Fatal(err)
	}
}

// process is one run of the program.
type process struct {
	*exec.Cmd
	out  *output
	done chan struct{}
	err  error
}

func (s *session) start(args ...string) *process {
	s.Helper()
	exe, err := os.Executable()
	if err != nil {
		s.Fatal(err)
	}
	cmd := exec.Command(exe, args...)
	cmd.Dir = s.dir
	cmd.Env = []string{asProgram + "=1", "PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "AWS_EC2_METADATA_DISABLED=true", "AWS_ACCESS_KEY_ID=" + accessKey, "AWS_SECRET_ACCESS_KEY=" + secretKey, "TMPDIR=" + os.TempDir()}
	out := &output{changed: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		s.Fatal(err)
	}
	p := &process{Cmd: cmd, out: out, done: make(chan struct{})}
	go func() { p.err = cmd.Wait(); close(p.done) }()
	return p
}

// run runs the program to its end and wants the exit code.
func (s *session) run(code int, args ...string) string {
	s.Helper()
	p := s.start(args...)
	return s.wait(p, code)
}

func (s *session) wait(p *process, code int) string {
	s.Helper()
	select {
	case <-p.done:
	case <-time.After(2 * time.Minute):
		p.Process.Kill()
		s.Fatalf("%v does not end\n%s", p.Args[1:], p.out)
	}
	if got := p.ProcessState.ExitCode(); got != code {
		s.Fatalf("%v: exit code %d, not %d\n%s", p.Args[1:], got, code, p.out)
	}
	return p.out.String()
}

// output is what a process wrote so far.
type output struct {
	mu      sync.Mutex
	b       bytes.Buffer
	changed chan struct{}
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.changed)
	o.changed = make(chan struct{})
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// until waits until the process has written something that matches.
func (s *session) until(p *process, pattern string) []string {
	s.Helper()
	re := regexp.MustCompile(pattern)
	limit := time.After(time.Minute)
	for {
		p.out.mu.Lock()
		m, changed := re.FindStringSubmatch(p.out.b.String()), p.out.changed
		p.out.mu.Unlock()
		if m != nil {
			return m
		}
		select {
		case <-changed:
		case <-p.done:
			if m := re.FindStringSubmatch(p.out.String()); m != nil {
				return m
			}
			s.Fatalf("%v ended without %q\n%s", p.Args[1:], pattern, p.out)
		case <-limit:
			s.Fatalf("%v does not say %q\n%s", p.Args[1:], pattern, p.out)
		}
	}
}

// outputs reads an outputs file.
func (s *session) outputs(name string) map[string]string {
	s.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		s.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			out[k] = v
		}
	}
	return out
}

// events decodes the JSON lines of a run.
func events(t *testing.T, text string) []map[string]any {
	t.Helper()
	var out []map[string]any
	for line := range strings.Lines(text) {
		var e map[string]any
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("not a JSON line: %q", line)
		}
		out = append(out, e)
	}
	return out
}

// needSandbox skips a test where hooks can't run in a sandbox; CI does not skip.
func needSandbox(t *testing.T) {
	t.Helper()
	if _, err := hosts.Choose(context.Background(), hosts.Sandbox, hosts.Here(t.TempDir())); err != nil {
		if strings.Contains(os.Getenv("CODEDEPLOY_STEPS_TEST_REQUIRE"), "sandbox") {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}
