//go:build unix

package owner

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// ownedAlone says why a folder is not its user's alone. That of the workspace
// that a container works in may be the workspace's owner's: an earlier step
// gave it away, and who owns the workspace owns what is run from it.
func ownedAlone(dir string, info fs.FileInfo) error {
	if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) != os.Geteuid() && !step.OwnersFolder(dir) {
		return errors.New("belongs to another user")
	}
	if info.Mode().Perm()&0o022 != 0 {
		return errors.New("can be written by other users")
	}
	return nil
}
