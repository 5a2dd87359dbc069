package owner

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// made makes a folder whose path is as long as is asked for.
func made(t *testing.T, long bool) Folder {
	t.Helper()
	dir := t.TempDir()
	if long {
		dir = filepath.Join(dir, strings.Repeat("long", 30))
	} else {
		var err error // test folders' names are long of themselves
		if dir, err = os.MkdirTemp("", "cds"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
		dir = filepath.Join(dir, "s")
	}
	f, err := Make(dir)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestSocket(t *testing.T) {
	for name, long := range map[string]bool{"short": false, "longer than a socket's path may be": true} {
		t.Run(name, func(t *testing.T) {
			temp, err := os.MkdirTemp("", "cds")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.RemoveAll(temp) })
			t.Setenv("TMPDIR", temp)
			f := made(t, long)
			l, err := f.Listen()
			if err != nil {
				t.Fatal(err)
			}
			address := socketOf(t, f)
			if inside := strings.HasPrefix(address, f.Dir); inside == long {
				t.Errorf("the socket is %s", address)
			}
			for _, path := range []string{address, filepath.Dir(address)} {
				if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
					t.Errorf("%s: %v, %v", path, info.Mode(), err)
				}
			}
			server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello "+r.Host) })}
			done := make(chan error, 1)
			go func() { done <- server.Serve(l) }()
			transport := f.Transport()
			client := &http.Client{Transport: transport}
			answer, err := client.Get(URL)
			if err != nil {
				t.Fatal(err)
			}
			text, _ := io.ReadAll(answer.Body)
			answer.Body.Close()
			if string(text) != "hello engine.codedeploy-steps.local" {
				t.Errorf("answer is %q", text)
			}
			transport.CloseIdleConnections()
			if err := server.Close(); err != nil {
				t.Error(err)
			}
			<-done
			if _, err := f.Dial(t.Context()); err == nil {
				t.Error("somebody answers after the end")
			}
			if long {
				if _, err := os.Stat(filepath.Dir(address)); err == nil {
					t.Errorf("%s is left behind", filepath.Dir(address))
				}
			}
		})
	}
}

// A killed owner's socket in a folder of its own is taken away by the next one,
// or with the state folder. Nothing else that the address may name is.
func TestListenAfterAKilledOwner(t *testing.T) {
	f := made(t, true)
	temp, err := os.MkdirTemp("", "cds")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(temp) })
	t.Setenv("TMPDIR", temp)
	l, err := f.Listen()
	if err != nil {
		t.Fatal(err)
	}
	dead := socketOf(t, f)
	kill := func(l net.Listener) { // as the kernel does it
		l.(*listener).Listener.(*net.UnixListener).SetUnlinkOnClose(false)
		l.(*listener).Listener.Close()
	}
	kill(l)
	next, err := f.Listen()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(filepath.Dir(dead)); err == nil {
		t.Errorf("%s is left behind", dead)
	}
	dead = socketOf(t, f)
	kill(next)
	if err := Remove(f.Dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(filepath.Dir(dead)); err == nil {
		t.Errorf("%s outlives its state folder", dead)
	}
	if f, err = Make(f.Dir); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(temp, "cds-file", "engine.sock")
	elsewhere := filepath.Join(temp, "other", "engine.sock")
	for _, path := range []string{file, elsewhere} {
		if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write(t, file, "no socket")
	other, err := net.Listen("unix", elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for _, path := range []string{file, elsewhere} {
		write(t, f.path("engine.address"), path+"\n")
		if next, err = f.Listen(); err != nil {
			t.Fatal(err)
		}
		next.Close()
		if _, err := os.Lstat(path); err != nil {
			t.Errorf("%s was removed", path)
		}
	}
}

// socketOf reads where a folder's socket is.
func socketOf(t *testing.T, f Folder) string {
	t.Helper()
	text, err := os.ReadFile(f.path("engine.address"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// TestDialNobody: an error at once, whatever a dead owner has left.
func TestDialNobody(t *testing.T) {
	dial := func(f Folder) error {
		conn, err := f.Dial(t.Context())
		if err == nil {
			conn.Close()
		}
		return err
	}
	f := made(t, false)
	if dial(f) == nil {
		t.Error("nobody ever listened, and somebody answers")
	}
	// A killed owner leaves its socket.
	l, err := net.Listen("unix", f.path("engine.sock"))
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	l.Close()
	write(t, f.path("engine.address"), f.path("engine.sock")+"\n")
	if dial(f) == nil {
		t.Error("the owner is dead, and somebody answers")
	}
	// Its successor takes the place over.
	next, err := f.Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	if err := dial(f); err != nil {
		t.Errorf("the next owner does not answer: %v", err)
	}
	for name, address := range map[string]string{"empty": "", "a file": f.path("state.json"), "a folder": f.Dir, "gone": f.path("none")} {
		write(t, f.path("engine.address"), address+"\n")
		if dial(f) == nil {
			t.Errorf("%s: somebody answers", name)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	write(t, f.path("engine.address"), f.path("engine.sock")+"\n")
	if conn, err := f.Dial(ctx); err == nil {
		conn.Close()
		t.Error("a call that was given up is answered")
	}
}
