package e2e

import (
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

var deploymentID = regexp.MustCompile(`d-[A-Z0-9]{9}`)

func contains(text string, all ...string) bool {
	for _, part := range all {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}

// exists waits for a file.
func (s *session) exists(path string) {
	s.Helper()
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(20 * time.Millisecond) {
		if fileExists(path) {
			return
		}
	}
	s.Fatalf("%s does not come", path)
}

// A cancelled release stops its deployment and says so, in the seconds that a
// runner grants, whatever the hooks are doing.
func TestCancel(t *testing.T) {
	needSandbox(t)
	for name, c := range map[string]struct {
		signal syscall.Signal
		code   int
	}{"SIGINT": {syscall.SIGINT, 130}, "SIGTERM": {syscall.SIGTERM, 143}} {
		t.Run(name, func(t *testing.T) {
			s := newSession(t)
			s.revision("app", "1", map[string]string{"ApplicationStart": "trap '' INT; sleep 300"})
			p := s.start("release", "--endpoint", "local", "--instances", "2", "--outputs", "out.txt", "app")
			s.until(p, `AfterInstall +Succeeded`)
			time.Sleep(300 * time.Millisecond) // into the hook
			began := time.Now()
			p.Process.Signal(c.signal)
			text := s.wait(p, c.code)
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
			if !regexp.MustCompile(`deployment d-[A-Z0-9]{9} is Stopped`).MatchString(text) {
				t.Errorf("it does not say that the deployment is stopped:\n%s", text)
			}
			if got := s.outputs("out.txt")["status"]; got != "Stopped" {
				t.Errorf("status=%s", got)
			}
			s.revision("app", "2", nil)
			s.run(0, "release", "--endpoint", "local", "app")
		})
	}
}

// --on-cancel leave leaves it running, and the next process carries it on.
func TestCancelLeaves(t *testing.T) {
	needSandbox(t)
	s := newSession(t)
	s.revision("app", "1", map[string]string{"ApplicationStart": "sleep 2"})
	p := s.start("release", "--endpoint", "local", "--instances", "1", "--on-cancel", "leave", "--outputs", "out.txt", "app")
	s.until(p, `AfterInstall +Succeeded`)
	p.Process.Signal(syscall.SIGINT)
	if text := s.wait(p, 130); !contains(text, "is left running") {
		t.Errorf("it does not say what becomes of the deployment:\n%s", text)
	}
	s.run(0, "wait", "--endpoint", "local", "--outputs", "out.txt")
}
