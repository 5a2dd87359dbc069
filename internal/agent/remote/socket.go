package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
)

// shortPath is how long a socket's path may be on every system; the limits lie
// a little above (104 and 108 bytes).
const shortPath = 100

func dial(ctx context.Context, path string) (*net.UnixConn, error) {
	name, release, err := reachable(path)
	if err != nil {
		return nil, err
	}
	defer release()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", name)
	if err != nil {
		var op *net.OpError
		if errors.As(err, &op) {
			err = op.Err // its address may be the substitute
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return conn.(*net.UnixConn), nil
}

// Listen makes the socket of an agent, for its owner only. A socket that nobody
// listens on any more is replaced; one that is in use is an error.
func Listen(path string) (*net.UnixListener, error) {
	if conn, err := dial(context.Background(), path); err == nil {
		conn.Close()
		return nil, fmt.Errorf("listen on %s: an agent is there already", path)
	}
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSocket != 0 {
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	name, release, err := reachable(path)
	if err != nil {
		return nil, err
	}
	defer release()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: name, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	l.SetUnlinkOnClose(false) // the substitute name is gone by then
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}
