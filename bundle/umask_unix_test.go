//go:build unix

package bundle

import "syscall"

// setUmask sets the process's umask and returns what sets it back.
func setUmask(mask int) func() {
	old := syscall.Umask(mask)
	return func() { syscall.Umask(old) }
}
