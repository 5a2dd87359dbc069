//go:build unix

package step

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// ownerOf gives who owns a file.
func ownerOf(info fs.FileInfo) (uid, gid int) {
	st := info.Sys().(*syscall.Stat_t)
	return int(st.Uid), int(st.Gid)
}

// access says why this process may not write a file, or into a folder; on a file
// system that is read-only nobody may.
func access(path string) error { return syscall.Access(path, 2) } // W_OK

// giveToFolder gives a file of root's to the owner of the folder that it lies
// in. Through the open file: the folder's owner may have put another one in
// its place. Where that cannot be, it stays root's.
func giveToFolder(f *os.File) {
	if os.Geteuid() != 0 {
		return
	}
	folder, err := os.Stat(filepath.Dir(f.Name()))
	if err != nil {
		return
	}
	if uid, gid := ownerOf(folder); uid != 0 {
		f.Chown(uid, gid)
	}
}

// GiveTree gives all of a folder that is root's to the owner of the folder
// above it, in a container (elsewhere root's files stay root's).
func GiveTree(dir string) {
	above, err := os.Stat(filepath.Dir(dir))
	if err != nil || os.Geteuid() != 0 || !inContainer() {
		return
	}
	uid, gid := ownerOf(above)
	if uid == 0 {
		return
	}
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		if info, err := d.Info(); err == nil {
			if owner, _ := ownerOf(info); owner == 0 {
				os.Lchown(path, uid, gid)
			}
		}
		return nil
	})
}

// inContainer says that this process is in a container of Docker or Podman.
func inContainer() bool {
	for _, file := range []string{"/.dockerenv", "/run/.containerenv"} {
		if _, err := os.Stat(file); err == nil {
			return true
		}
	}
	return false
}

// OwnersFolder says that a folder which is not this process's user's is fit to
// be used all the same: that of a workspace in a container, see GiveTree.
func OwnersFolder(dir string) bool {
	folder, err := os.Lstat(dir)
	if err != nil || os.Geteuid() != 0 || !inContainer() {
		return false
	}
	above, err := os.Stat(filepath.Dir(dir))
	if err != nil {
		return false
	}
	uid, _ := ownerOf(folder)
	owner, _ := ownerOf(above)
	return uid == owner
}
