package e2e

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"
)

// slowHooks write what they did, so that one that ran twice would show.
var slowHooks = map[string]string{
	"ApplicationStop":  `sleep 0.1; echo "stop $DEPLOYMENT_ID" >> /srv/log`,
	"BeforeInstall":    `sleep 0.2; mkdir -p /srv; echo "before $DEPLOYMENT_ID" >> /srv/log`,
	"ApplicationStart": `sleep 0.3; echo "start $DEPLOYMENT_ID" >> /srv/log`,
	"ValidateService": `sleep 0.1
for event in before start; do
  n=$(grep -c "^$event $DEPLOYMENT_ID$" /srv/log)
  test "$n" = 1 || { echo "$event ran $n times" >&2; exit 9; }
done`,
}

// A release that is killed at any moment leaves a state that the next process
// understands: its deployment reaches an end, and the next release works. An
// instance in a sandbox outlives the kill and finishes what it was about, so
// there the deployment succeeds, each hook having run once.
func TestKilledAtAnyMoment(t *testing.T) {
	needSandbox(t)
	s := newSession(t)
	s.revision("app", "1", slowHooks)
	s.run(0, "release", "--endpoint", "local", "--instances", "1", "app")
	r := rand.New(rand.NewPCG(1, 2))
	kills := 20
	if testing.Short() {
		kills = 5
	}
	for i := range kills {
		moment := time.Duration(r.IntN(1500)) * time.Millisecond
		t.Run(fmt.Sprintf("%d_after_%s", i, moment), func(t *testing.T) {
			s := &session{t, s.dir}
			out := fmt.Sprintf("out%d.txt", i)
			s.write(s.dir+"/"+out, "", 0o644)
			p := s.start("release", "--endpoint", "local", "--outputs", out, "app")
			select {
			case <-time.After(moment):
				p.Process.Signal(syscall.SIGKILL)
				<-p.done
			case <-p.done:
			}
			if id := s.outputs(out)["deployment-id"]; id != "" {
				s.run(0, "wait", "--endpoint", "local", "--deployment-id", id)
			}
		})
	}
	s.run(0, "release", "--endpoint", "local", "app")
}

// The same with the instance killed too, as when a machine loses power: the
// agent's own rule holds, a command that was interrupted has failed.
func TestKilledWithItsInstance(t *testing.T) {
	needSandbox(t)
	s := newSession(t)
	s.revision("app", "1", map[string]string{"ApplicationStart": "sleep 60"})
	p := s.start("release", "--endpoint", "local", "--instances", "1", "--outputs", "out.txt", "app")
	s.until(p, `AfterInstall +Succeeded`)
	time.Sleep(300 * time.Millisecond) // into the hook
	p.Process.Signal(syscall.SIGKILL)
	<-p.done
	s.run(0, "engine", "stop")
	text := s.run(1, "wait", "--endpoint", "local", "--outputs", "out.txt")
	if !contains(text, "ApplicationStart failed on i-0c0de000000000001", "after an agent restart") {
		t.Errorf("the story does not tell of the restart:\n%s", text)
	}
}

// Without a sandbox the agent is a part of the process that was killed, and the
// same rule holds.
func TestKilledOnTheHost(t *testing.T) {
	s := newSession(t)
	marker := s.dir + "/started"
	s.write(s.dir+"/app/appspec.yml", "version: 0.0\nos: linux\nhooks:\n  ApplicationStart:\n    - {location: start.sh}\n", 0o644)
	s.write(s.dir+"/app/start.sh", "#!/bin/sh\ntouch "+marker+"\nexec sleep 20\n", 0o755)
	p := s.start("release", "--endpoint", "local", "--instance-kind", "host", "--outputs", "out.txt", "app")
	s.exists(marker)
	p.Process.Signal(syscall.SIGKILL)
	<-p.done
	text := s.run(1, "wait", "--endpoint", "local", "--outputs", "out.txt")
	if !contains(text, "after an agent restart") {
		t.Errorf("the story does not tell of the restart:\n%s", text)
	}
	s.write(s.dir+"/app/start.sh", "#!/bin/sh\nexit 0\n", 0o755)
	s.run(0, "release", "--endpoint", "local", "--instance-kind", "host", "app")
}

// deploy is killed while it follows; wait takes the deployment over.
func TestWaitTakesOver(t *testing.T) {
	needSandbox(t)
	s := newSession(t)
	s.revision("app", "1", map[string]string{"ApplicationStart": "sleep 1"})
	s.run(0, "push", "--endpoint", "local", "--outputs", "out.txt", "app")
	p := s.start("deploy", "--endpoint", "local", "--wait", "--outputs", "out.txt")
	s.until(p, `DownloadBundle +Succeeded`)
	w := s.start("wait", "--endpoint", "local", "--outputs", "out.txt")
	s.until(w, `d-[A-Z0-9]{9}: app to local`) // it follows through the other's socket
	p.Process.Signal(syscall.SIGKILL)
	<-p.done
	s.wait(w, 0)
	if got := s.outputs("out.txt")["status"]; got != "Succeeded" {
		t.Errorf("status=%s", got)
	}
}
