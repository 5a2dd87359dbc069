package owner

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// URL is the address under which the engine answers inside a state folder. It
// is never resolved: the transport knows the way.
const URL = "http://engine.codedeploy-steps.local"

// maxSocketPath is what every system takes as a Unix socket's path.
const maxSocketPath = 100

// Listen makes the folder's socket. Where its path is too long for one, the
// socket lies in a folder of its own that a file names.
func (f Folder) Listen() (net.Listener, error) {
	path := f.path("engine.sock")
	os.Remove(path)
	f.removeApart()
	apart := ""
	if len(path) > maxSocketPath {
		dir, err := os.MkdirTemp("", apartName+"*") // 0700
		if err != nil {
			return nil, err
		}
		apart, path = dir, filepath.Join(dir, "engine.sock")
	}
	unix, err := net.Listen("unix", path)
	if err != nil {
		os.Remove(apart)
		return nil, err
	}
	l := &listener{unix, apart}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, err
	}
	if err := os.WriteFile(f.path("engine.address"), []byte(path+"\n"), 0o600); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// apartName begins the name of a folder that is made for a socket.
const apartName = "cds-"

// removeApart takes away what an owner that was killed left in the temporary
// folder: its socket, and the folder that was made for it.
func (f Folder) removeApart() {
	text, err := os.ReadFile(f.path("engine.address"))
	path := strings.TrimSpace(string(text))
	dir := filepath.Dir(path)
	if err != nil || filepath.Base(path) != "engine.sock" || !strings.HasPrefix(filepath.Base(dir), apartName) {
		return
	}
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSocket != 0 {
		os.Remove(path)
		os.Remove(dir)
	}
}

// listener removes the folder that was made for its socket, if one was.
type listener struct {
	net.Listener
	apart string
}

func (l *listener) Close() error {
	err := l.Listener.Close()
	if l.apart != "" {
		os.Remove(l.apart)
	}
	return err
}

// Dial connects to the process that owns the folder.
func (f Folder) Dial(ctx context.Context) (net.Conn, error) {
	text, err := os.ReadFile(f.path("engine.address"))
	if err != nil {
		return nil, err
	}
	path := strings.TrimSpace(string(text))
	if info, err := os.Lstat(path); err != nil || info.Mode()&os.ModeSocket == 0 {
		return nil, errors.Join(err, errors.New("nobody owns the state folder"))
	}
	var d net.Dialer
	return d.DialContext(ctx, "unix", path)
}

// Transport carries requests to the process that owns the folder.
func (f Folder) Transport() *http.Transport {
	return &http.Transport{
		DialContext:        func(ctx context.Context, _, _ string) (net.Conn, error) { return f.Dial(ctx) },
		DisableCompression: true,
	}
}
