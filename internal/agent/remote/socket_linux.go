package remote

import (
	"fmt"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// reachable gives a name for a socket that is short enough for the system: a
// long path is named through a descriptor of its folder.
func reachable(path string) (name string, release func(), err error) {
	if len(path) <= shortPath {
		return path, func() {}, nil
	}
	dir, err := unix.Open(filepath.Dir(path), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", nil, fmt.Errorf("open the folder of the socket %s: %w", path, err)
	}
	name = fmt.Sprintf("/proc/self/fd/%d/%s", dir, filepath.Base(path))
	return name, func() { _ = unix.Close(dir) }, nil
}
