package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// The test program is its own sandbox's first process. Its part inside runs shell scripts, one for each connection.
func TestMain(m *testing.M) {
	Main(runScripts)
	if act, ok := acts[os.Getenv(actVariable)]; ok {
		act()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

type script struct{ Text string }

type result struct {
	Out  string
	Code int
}

func runScripts(l *net.UnixListener) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			var s script
			if json.NewDecoder(c).Decode(&s) != nil {
				return
			}
			cmd := exec.Command("/bin/sh", "-c", s.Text)
			cmd.Env = append(os.Environ(), "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			err := cmd.Run()
			r := result{Out: out.String()}
			if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
				r.Code = exit.ExitCode()
			} else if err != nil {
				r = result{Out: r.Out + err.Error(), Code: -1}
			}
			_ = json.NewEncoder(c).Encode(r)
		}()
	}
}

func (i *Instance) run(t *testing.T, text string) result {
	t.Helper()
	c, err := i.Dial(t.Context())
	if err != nil {
		t.Fatalf("dial %s: %v", i.Socket, err)
	}
	defer c.Close()
	if err := json.NewEncoder(c).Encode(script{text}); err != nil {
		t.Fatal(err)
	}
	var r result
	if err := json.NewDecoder(c).Decode(&r); err != nil {
		t.Fatalf("script %q: %v", text, err)
	}
	return r
}

// must runs a script that has to succeed and answers what it wrote, without blanks around.
func (i *Instance) must(t *testing.T, text string) string {
	t.Helper()
	r := i.run(t, text)
	if r.Code != 0 {
		t.Fatalf("script %q: exit %d\n%s", text, r.Code, r.Out)
	}
	return strings.TrimSpace(r.Out)
}

var probed = sync.OnceValue(func() error { return Probe(context.Background(), os.TempDir()) })

// needSandbox skips where none is possible, with the reason.
func needSandbox(t *testing.T) {
	t.Helper()
	err := probed()
	if u := (*Unavailable)(nil); errors.As(err, &u) {
		t.Skip(u)
	} else if err != nil {
		t.Fatal(err)
	}
}

// folder is a temporary folder that is removed with whatever overlays left in it.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sandbox-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := removeTree(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// make starts an instance that ends with the test.
func makeInstance(t *testing.T, cfg Config) *Instance {
	t.Helper()
	if cfg.Dir == "" {
		cfg.Dir = filepath.Join(folder(t), "i")
	}
	i, err := Start(t.Context(), cfg)
	if err != nil {
		log, _ := os.ReadFile(filepath.Join(cfg.Dir, logName))
		t.Fatalf("%v\n%s", err, log)
	}
	t.Cleanup(func() {
		if err := Remove(cfg.Dir); err != nil {
			t.Error(err)
		}
	})
	return i
}

// actVariable makes the test program play another part than the test: it names one of acts.
const actVariable = "SANDBOX_TEST_ACT"

var acts = map[string]func(){
	"make an instance and hang": makeAndHang,
	"try every way out":         tryWaysOut,
	"lose rights":               loseRights,
	"probe":                     printProbe,
	"arrange mounts":            arrangeMounts,
}

// act is this program in another part. The program may be at another path than this one.
func act(t *testing.T, program, part string, env ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, os.Args[1:]...)
	cmd.Env = append(os.Environ(), append(env, actVariable+"="+part)...)
	cmd.Stderr = os.Stderr
	return cmd
}
