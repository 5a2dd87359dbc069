//go:build unix

package owner

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// ownedAlone says why a folder is not its user's alone.
func ownedAlone(info fs.FileInfo) error {
	if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) != os.Geteuid() {
		return errors.New("belongs to another user")
	}
	if info.Mode().Perm()&0o022 != 0 {
		return errors.New("can be written by other users")
	}
	return nil
}
