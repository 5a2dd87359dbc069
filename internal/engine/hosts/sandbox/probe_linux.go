package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	probeName = "probe-" // begins the names of the folders that probes make
	probeTime = 20 * time.Second
)

// Probe makes a sandbox in a folder below dir, lets a shell write in it, and removes it again. Its error is *Unavailable if
// this machine, user or file system is the reason.
func Probe(ctx context.Context, dir string) error {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	sweepProbes(dir)
	dir, err := os.MkdirTemp(dir, probeName+"*")
	if err != nil {
		return fmt.Errorf("probe the sandbox: %w", err)
	}
	defer func() { _ = removeTree(dir) }()
	_, err = start(ctx, Config{Dir: filepath.Join(dir, "i")}, true)
	var u *Unavailable
	switch {
	case errors.As(err, &u):
		return u
	case err != nil:
		return fmt.Errorf("probe the sandbox: %w", err)
	}
	return nil
}

// sweepProbes removes what probes that were killed left behind.
func sweepProbes(dir string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && e.IsDir() && strings.HasPrefix(e.Name(), probeName) && time.Since(info.ModTime()) > 2*probeTime {
			_ = removeTree(filepath.Join(dir, e.Name()))
		}
	}
}

// try does inside what a hook would do.
func try() error {
	const script = `set -e
f=/etc/codedeploy-steps-probe
echo written >$f
read -r line <$f
[ "$line" = written ]
rm $f
: >/dev/null
[ -r /proc/self/stat ]`
	sh := exec.Command("/bin/sh", "-c", script)
	out, err := sh.CombinedOutput()
	if err != nil {
		return doing("run a shell inside", fmt.Errorf("%w: %s", err, strings.TrimSpace(string(out))))
	}
	return tell(status{Ready: true})
}
