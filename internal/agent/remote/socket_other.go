//go:build !linux

package remote

import "fmt"

// reachable refuses a path that is too long for a socket's name.
func reachable(path string) (name string, release func(), err error) {
	if len(path) > shortPath {
		return "", nil, fmt.Errorf("the path of the socket %s has %d bytes; this system allows %d: use a shorter state folder", path, len(path), shortPath)
	}
	return path, func() {}, nil
}
