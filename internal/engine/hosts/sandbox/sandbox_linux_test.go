package sandbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestProbeLeavesNothing(t *testing.T) {
	needSandbox(t)
	dir := folder(t)
	if err := Probe(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// What a probe that was killed left is swept by a later one.
func TestProbeSweeps(t *testing.T) {
	needSandbox(t)
	dir := folder(t)
	old, young := filepath.Join(dir, "probe-1"), filepath.Join(dir, "probe-2")
	for _, d := range []string{old, young} {
		if err := os.MkdirAll(filepath.Join(d, "i", "upper"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	before := time.Now().Add(-time.Hour)
	if err := os.Chtimes(old, before, before); err != nil {
		t.Fatal(err)
	}
	if err := Probe(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if exists(old) || !exists(young) {
		t.Errorf("old: %v, young: %v", exists(old), exists(young))
	}
}

func TestMachineStaysAsItWas(t *testing.T) {
	needSandbox(t)
	i := makeInstance(t, Config{Hostname: "i-1"})
	const name = "codedeploy-steps-sandbox-test"
	i.must(t, "for d in / /etc /srv /opt /usr/bin /var/log /tmp /run /root; do echo inside >$d/"+name+"; done; mkdir -p /new/folder; rm /etc/passwd; chmod 700 /usr")
	for _, dir := range []string{"/", "/etc", "/srv", "/opt", "/usr/bin", "/var/log", "/tmp", "/run", "/root"} {
		if exists(filepath.Join(dir, name)) {
			t.Errorf("%s/%s is on the machine", dir, name)
		}
	}
	if exists("/new/folder") || !exists("/etc/passwd") {
		t.Error("a folder was made or a file removed on the machine")
	}
	if got := i.must(t, "hostname; cat /srv/"+name+" /"+name); got != "i-1\ninside\ninside" {
		t.Errorf("a later command sees %q", got)
	}
	if host, _ := os.Hostname(); host == "i-1" {
		t.Error("the machine has the instance's name")
	}
}

func TestFirstProcessSeesOnlyItsEnvironmentAndArguments(t *testing.T) {
	needSandbox(t)
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	i := makeInstance(t, Config{Env: []string{"LANG=C.UTF-8"}, Args: []string{"one", "two words"}})
	// PATH is this test's, PWD and the like the shell's own.
	if env := i.must(t, "env | grep -v -e ^PATH= -e ^PWD= -e ^SHLVL= -e ^_="); env != "LANG=C.UTF-8" {
		t.Errorf("environment:\n%s", env)
	}
	if got := i.must(t, "tr '\\0' '|' </proc/$PPID/cmdline"); got != processName+"|one|two words|" {
		t.Errorf("command line %q", got)
	}
}

func TestTwoInstancesServeTheSamePort(t *testing.T) {
	needSandbox(t)
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("no python3 that could serve")
	}
	serve := func(name string) *Instance {
		i := makeInstance(t, Config{Hostname: name})
		i.must(t, "mkdir -p /srv/www && hostname >/srv/www/name && cd /srv/www && "+
			"(setsid /usr/bin/python3 -m http.server 18080 >/dev/null 2>&1 </dev/null &)")
		return i
	}
	a, b := serve("i-a"), serve("i-b")
	const get = `for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
		/usr/bin/python3 -c 'import urllib.request; print(urllib.request.urlopen("http://localhost:18080/name").read().decode())' 2>/dev/null && exit 0
		sleep 0.2
	done; exit 1`
	for i, want := range map[*Instance]string{a: "i-a", b: "i-b"} {
		if got := i.must(t, get); got != want {
			t.Errorf("port 18080 of %s answers %q", want, got)
		}
	}
	if c, err := net.Dial("tcp", "127.0.0.1:18080"); err == nil {
		c.Close()
		t.Error("port 18080 is open on the machine")
	}
}

func TestChanges(t *testing.T) {
	needSandbox(t)
	i := makeInstance(t, Config{})
	if fresh, err := Changes(i.Dir); err != nil || len(fresh) > 0 {
		t.Errorf("changes before anything was done: %v, %v", fresh, err)
	}
	i.must(t, `set -e
	mkdir -p /srv/app/lib && echo hello >/srv/app/lib/code && chmod 640 /srv/app/lib/code
	echo '# more' >>/etc/profile
	rm /etc/nsswitch.conf
	rm -rf /usr/local/share && mkdir /usr/local/share && echo new >/usr/local/share/file
	chmod 700 /media
	touch /etc/issue; chmod 644 /etc/issue
	mkdir /top && echo x >/top/file
	mkdir -p /opt/codedeploy-agent/deployment-root && echo noise >/opt/codedeploy-agent/noise; echo noise >/tmp/noise; echo noise >/run/noise
	mkdir -p /root/.ssh && echo mine >/root/.ssh/config`)
	got := map[string]Change{}
	changes, err := Changes(i.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		got[c.Path] = c
	}
	for _, want := range []Change{
		{"/srv/app", Added, true, 0, os.ModeDir | 0o755},
		{"/srv/app/lib", Added, true, 0, os.ModeDir | 0o755},
		{"/srv/app/lib/code", Added, false, 6, 0o640},
		{"/etc/nsswitch.conf", Removed, false, 0, 0},
		{"/usr/local/share/file", Added, false, 4, 0o644},
		{"/media", Changed, true, 0, os.ModeDir | 0o700},
		{"/top", Added, true, 0, os.ModeDir | 0o755},
		{"/top/file", Added, false, 2, 0o644},
		{"/root/.ssh", Added, true, 0, os.ModeDir | 0o755},
		{"/root/.ssh/config", Added, false, 5, 0o644},
	} {
		if got[want.Path] != want {
			t.Errorf("got %+v, want %+v", got[want.Path], want)
		}
		delete(got, want.Path)
	}
	if c := got["/etc/profile"]; c.Kind != Changed || c.Size == 0 {
		t.Errorf("/etc/profile: %+v", c)
	}
	delete(got, "/etc/profile")
	entries, _ := os.ReadDir("/usr/local/share")
	for _, e := range entries {
		path := filepath.Join("/usr/local/share", e.Name())
		if got[path].Kind != Removed {
			t.Errorf("%s: %+v", path, got[path])
		}
		delete(got, path)
	}
	for _, c := range got {
		t.Errorf("unexpected: %+v", c)
	}
	if err := i.Kill(); err != nil {
		t.Fatal(err)
	}
	if after, err := Changes(i.Dir); err != nil || !slices.Equal(after, changes) {
		t.Errorf("after the end: %v, %v", after, err)
	}
}

// makeAndHang makes an instance, says so, and waits to be killed.
func makeAndHang() {
	if _, err := Start(context.Background(), Config{Dir: os.Getenv("SANDBOX_TEST_DIR")}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("made")
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func TestOutlivesItsMaker(t *testing.T) {
	needSandbox(t)
	dir := filepath.Join(folder(t), "i")
	maker := act(t, "/proc/self/exe", "make an instance and hang", "SANDBOX_TEST_DIR="+dir)
	in, err := maker.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := maker.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := maker.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "made\n" {
		t.Fatalf("%s %v", line, err)
	}
	t.Cleanup(func() {
		if err := Remove(dir); err != nil {
			t.Error(err)
		}
	})
	i, state, err := Find(dir)
	if err != nil || state != Running {
		t.Fatal(state, err)
	}
	i.must(t, "mkfifo /tmp/question /tmp/answer; (setsid sh -c 'while read -r q </tmp/question; do echo $q $q >/tmp/answer; done' >/dev/null 2>&1 </dev/null &)")
	if err := maker.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = maker.Wait()
	if i, state, err = Find(dir); err != nil || state != Running {
		t.Fatalf("after its maker was killed: %v, %v", state, err)
	}
	if got := i.must(t, "echo ho >/tmp/question; cat /tmp/answer"); got != "ho ho" {
		t.Errorf("the daemon answers %q", got)
	}
	if _, err := Start(t.Context(), Config{Dir: dir}); err == nil {
		t.Error("it could be made a second time while it ran")
	}
}

// daemons are the machine's processes that have a word in their command lines.
func daemons(t *testing.T, word string) (found []string) {
	t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range processes {
		if b, _ := os.ReadFile(p); strings.Contains(string(b), word) {
			found = append(found, p)
		}
	}
	return found
}

func TestKillEndsAllAndStartGoesOn(t *testing.T) {
	needSandbox(t)
	i := makeInstance(t, Config{})
	word := fmt.Sprintf("1%09d", time.Now().UnixNano()%1e9)
	i.must(t, "(setsid sleep "+word+" >/dev/null 2>&1 </dev/null &); (setsid sh -c 'trap \"\" TERM HUP INT; sleep "+word+"; :' >/dev/null 2>&1 </dev/null &); echo kept >/srv/kept; echo lost >/tmp/lost")
	if len(daemons(t, word)) == 0 {
		t.Fatal("the daemons don't run")
	}
	if err := i.Kill(); err != nil {
		t.Fatal(err)
	}
	if left := daemons(t, word); len(left) > 0 {
		t.Errorf("still there: %v", left)
	}
	if err := i.Kill(); err != nil {
		t.Errorf("second Kill: %v", err)
	}
	if _, state, err := Find(i.Dir); state != Rebooted || err != nil {
		t.Fatalf("after Kill: %v, %v", state, err)
	}
	again, err := Start(t.Context(), Config{Dir: i.Dir})
	if err != nil {
		t.Fatal(err)
	}
	if got := again.must(t, "cat /srv/kept; ls /tmp"); got != "kept" {
		t.Errorf("after a reboot: %q", got)
	}
}

func TestARecycledNumberIsNotTheInstance(t *testing.T) {
	needSandbox(t)
	i := makeInstance(t, Config{})
	var id identity
	if err := readJSON(filepath.Join(i.Dir, identityName), &id); err != nil {
		t.Fatal(err)
	}
	sleep := exec.Command("sleep", "1000")
	if err := sleep.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sleep.Process.Kill(); _ = sleep.Wait() }()
	wrong := id
	wrong.PID = sleep.Process.Pid
	if err := writeJSON(filepath.Join(i.Dir, identityName), wrong); err != nil {
		t.Fatal(err)
	}
	if _, state, err := Find(i.Dir); state != Rebooted || err != nil {
		t.Errorf("found %v, %v", state, err)
	}
	if err := i.Kill(); err != nil {
		t.Error(err)
	}
	if _, err := identify(sleep.Process.Pid); err != nil {
		t.Error("another process was killed")
	}
	if err := writeJSON(filepath.Join(i.Dir, identityName), id); err != nil {
		t.Fatal(err)
	}
}

func TestEndsWithItsProgram(t *testing.T) {
	needSandbox(t)
	i := makeInstance(t, Config{})
	c, err := i.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintln(c, `{"Text":"kill -9 $PPID"}`)
	_, _ = io.ReadAll(c)
	for range 500 {
		if _, state, _ := Find(i.Dir); state == Rebooted {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("it is there without its program")
}

func TestSignalsDoNotEndIt(t *testing.T) {
	needSandbox(t)
	i := makeInstance(t, Config{})
	i.must(t, "for s in TERM INT HUP QUIT KILL USR1 ABRT SEGV; do kill -$s 1; done")
	if got := i.must(t, "echo there"); got != "there" {
		t.Error(got)
	}
}

func TestOrphansAreReaped(t *testing.T) {
	needSandbox(t)
	i := makeInstance(t, Config{})
	i.must(t, "for n in 1 2 3 4 5; do (setsid sh -c 'exit 3' &) ; done; (sleep 0.1 &); true")
	for range 500 {
		if i.must(t, "grep -l '^State:.*zombie' /proc/[0-9]*/status 2>/dev/null | wc -l") == "0" {
			return
		}
	}
	t.Error("zombies stay")
}

func TestRemove(t *testing.T) {
	needSandbox(t)
	dir := filepath.Join(folder(t), "i")
	i, err := Start(t.Context(), Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	i.must(t, "mkdir -p /srv/closed/in && echo x >/srv/closed/in/file && chmod 000 /srv/closed/in /srv/closed; ln -s /etc /srv/link")
	if err := Remove(dir); err != nil {
		t.Fatal(err)
	}
	if exists(dir) {
		t.Error("the folder is there")
	}
	if _, state, err := Find(dir); state != Gone || err != nil {
		t.Error(state, err)
	}
	if err := Remove(dir); err != nil {
		t.Errorf("second Remove: %v", err)
	}
	other := folder(t)
	if err := Remove(other); err == nil || !exists(other) {
		t.Error("a folder without an instance was removed")
	}
}

// A removal that is cut off half way, as by a kill, can be taken up again.
func TestRemoveAgain(t *testing.T) {
	needSandbox(t)
	dir := filepath.Join(folder(t), "i")
	if _, err := Start(t.Context(), Config{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	busy := filepath.Join(dir, "tmp", "busy")
	if err := os.MkdirAll(busy, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", busy, "tmpfs", 0, ""); err != nil {
		if err := Remove(dir); err != nil {
			t.Error(err)
		}
		t.Skip("nothing can be mounted: ", err)
	}
	if err := Remove(dir); err == nil {
		t.Error("a busy folder was removed")
	}
	if err := unix.Unmount(busy, 0); err != nil {
		t.Fatal(err)
	}
	if err := Remove(dir); err != nil || exists(dir) {
		t.Errorf("the second removal: %v", err)
	}
}

func TestHostNetwork(t *testing.T) {
	needSandbox(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	i := makeInstance(t, Config{Network: NetworkHost})
	port := l.Addr().(*net.TCPAddr).Port
	if r := i.run(t, fmt.Sprintf("grep -i ':%04X ' /proc/net/tcp", port)); r.Code != 0 {
		t.Error("the machine's port is not seen")
	}
	if !slices.ContainsFunc(i.Isolation, func(s string) bool { return strings.Contains(s, "network is the machine's") }) {
		t.Errorf("not said: %q", i.Isolation)
	}
}

func TestLongPath(t *testing.T) {
	needSandbox(t)
	dir := filepath.Join(folder(t), strings.Repeat("a,b:c d", 30), "i")
	i := makeInstance(t, Config{Dir: dir})
	if got := i.must(t, "echo fine"); got != "fine" {
		t.Error(got)
	}
}

func TestStartRefuses(t *testing.T) {
	for name, cfg := range map[string]Config{
		"relative folder": {Dir: "i"},
		"unknown network": {Dir: filepath.Join(folder(t), "i"), Network: "bridge"},
	} {
		if _, err := Start(t.Context(), cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestStartEndsWithItsContext(t *testing.T) {
	needSandbox(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := filepath.Join(folder(t), "i")
	if _, err := Start(ctx, Config{Dir: dir}); !errors.Is(err, context.Canceled) {
		// Fast enough to be made all the same.
		if err != nil {
			t.Error(err)
		}
		if err := Remove(dir); err != nil {
			t.Error(err)
		}
		return
	}
	if exists(dir) {
		t.Error("something was left")
	}
}

// An instance whose files are there is not lost by a start that fails, and can be removed after one.
func TestStartThatFailsLosesNothing(t *testing.T) {
	needSandbox(t)
	dir := filepath.Join(folder(t), "i")
	i, err := Start(t.Context(), Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	i.must(t, "echo deployed >/srv/it")
	if err := i.Kill(); err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Start(over, Config{Dir: dir}); err == nil && !i.Volatile {
		t.Log("it was fast enough to be made all the same")
	}
	if _, state, err := Find(dir); i.Volatile == (state == Rebooted) || err != nil {
		t.Error(state, err)
	}
	if i, err = Start(t.Context(), Config{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	if got := i.run(t, "cat /srv/it"); strings.TrimSpace(got.Out) != "deployed" && !i.Volatile {
		t.Errorf("/srv/it is %q", got.Out)
	}
	if err := Remove(dir); err != nil {
		t.Error(err)
	}

	// A folder that is there already and holds nothing, as after an instance in memory.
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	_, _ = Start(over, Config{Dir: dir})
	if err := Remove(dir); err != nil || exists(dir) {
		t.Errorf("remove: %v", err)
	}
}

func TestWhatHooksNeed(t *testing.T) {
	needSandbox(t)
	i := makeInstance(t, Config{Hostname: "i-1"})
	for need, text := range map[string]string{
		"own name":          "getent hosts i-1",
		"terminals":         "exec 3<>/dev/ptmx",
		"shared memory":     "echo x >/dev/shm/x",
		"nothing":           "echo x >/dev/null; head -c 3 /dev/zero; head -c 3 /dev/urandom",
		"descriptors":       "echo x >/dev/stdout; echo x | cat /dev/fd/0",
		"own processes":     "[ $(ls -d /proc/[0-9]* | wc -l) -lt 20 ]",
		"a home":            "cd /root && echo x >file",
		"temporary files":   "f=$(mktemp) && echo x >$f && [ $(stat -c %a /tmp) = 1777 ]",
		"locks and sockets": "echo x >/run/lock/x && echo x >/var/run/x.pid && cat /run/x.pid",
		"configuration":     "echo x >>/etc/hosts && sed -i s/x/y/ /etc/hosts && mkdir -p /etc/systemd/system && echo x >/etc/systemd/system/x.service",
		"programs":          "mkdir -p /usr/local/bin && printf '#!/bin/sh\\necho run' >/usr/local/bin/x && chmod +x /usr/local/bin/x && [ $(/usr/local/bin/x) = run ]",
		"logs and data":     "mkdir -p /var/log/x /var/lib/x /var/www/html /srv/x /opt/x && echo x >/var/log/x/x",
		"new places":        "mkdir -p /data/x && mv /data/x /data/y",
		"the agent's":       "echo x >/opt/codedeploy-agent/x",
	} {
		if r := i.run(t, text); r.Code != 0 {
			t.Errorf("%s: exit %d: %s", need, r.Code, r.Out)
		}
	}
}

func TestOtherUsers(t *testing.T) {
	needSandbox(t)
	i := makeInstance(t, Config{})
	if ownRights() == asSingle {
		if !strings.Contains(strings.Join(i.Isolation, "\n"), "chown") {
			t.Errorf("not said: %q", i.Isolation)
		}
		return
	}
	i.must(t, "mkdir /srv/app && chown nobody /srv/app")
	if got := i.must(t, "su nobody -s /bin/sh -c 'echo x >/srv/app/file && stat -c %U /srv/app/file'"); got != "nobody" {
		t.Errorf("written by %q", got)
	}
	if r := i.run(t, "su nobody -s /bin/sh -c 'echo x >/srv/file'"); r.Code == 0 {
		t.Error("nobody may write everywhere")
	}
}

func TestSecrets(t *testing.T) {
	home := folder(t)
	link := filepath.Join(folder(t), "link")
	if err := os.Symlink(home, link); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", link)
	t.Setenv("GITHUB_ENV", "/runner/_temp/set_env")
	t.Setenv("CI_PROJECT_DIR", "/builds/group/project")
	hide := secrets([]string{"/state", "relative", "/"}, "/state/i")
	for _, want := range []string{
		"/state", "/state/i", filepath.Join(link, ".aws"), filepath.Join(home, ".aws"), "/root/.ssh", "/runner/_temp/set_env",
		"/builds/group/project/.git", "/builds/group/project.tmp", "/var/lib/docker",
	} {
		if !slices.Contains(hide, want) {
			t.Errorf("%s is not hidden", want)
		}
	}
	if slices.Contains(hide, "/") || slices.Contains(hide, "relative") {
		t.Error("too much is hidden")
	}
}
