//go:build linux || darwin || freebsd

package bundle

import (
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// unixFolder opens files with one system call and looks at them with another; os.Root takes several more, which is a tenth of what many small
// files cost. The root itself finds the folder, so that none outside is reached.
type unixFolder struct{ *os.File }

func openFolderIn(root *os.Root, name string) (directory, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	return unixFolder{f}, nil
}

func (d unixFolder) names() ([]string, error) { return d.Readdirnames(-1) }

func (d unixFolder) look(name string) (fs.FileMode, Stamp, error) {
	var s unix.Stat_t
	_, err := retry(func() (int, error) { return 0, unix.Fstatat(int(d.Fd()), name, &s, unix.AT_SYMLINK_NOFOLLOW) })
	modified, changed := fileTimes(&s)
	return modeOf(uint32(s.Mode)), Stamp{Size: s.Size, Modified: modified.Nano(), Changed: changed.Nano(), Inode: uint64(s.Ino), Device: uint64(s.Dev)}, err
}

func (d unixFolder) readlink(name string) (string, error) {
	buf := make([]byte, maxName+2) // one more than is allowed, which is refused then
	n, err := retry(func() (int, error) { return unix.Readlinkat(int(d.Fd()), name, buf) })
	return string(buf[:max(n, 0)]), err
}

func (d unixFolder) open(name string) (*opened, error) {
	// Without waiting: what has the name may be a pipe by now.
	const flags = unix.O_RDONLY | unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_CLOEXEC
	n, err := retry(func() (int, error) { return unix.Openat(int(d.Fd()), name, flags, 0) })
	if err == unix.ELOOP || err == unix.EMLINK {
		return nil, errNoFile{fs.ModeSymlink}
	}
	if err == unix.ENXIO {
		return nil, errNoFile{fs.ModeSocket}
	}
	if err != nil {
		return nil, err
	}
	var s unix.Stat_t
	if _, err := retry(func() (int, error) { return 0, unix.Fstat(n, &s) }); err != nil {
		unix.Close(n)
		return nil, err
	}
	return &opened{descriptor(n), modeOf(uint32(s.Mode)), s.Size}, nil
}

// modeOf returns a mode's type and permissions.
func modeOf(mode uint32) fs.FileMode {
	perm := fs.FileMode(mode & 0o777)
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		return perm
	case unix.S_IFDIR:
		return perm | fs.ModeDir
	case unix.S_IFLNK:
		return perm | fs.ModeSymlink
	case unix.S_IFIFO:
		return perm | fs.ModeNamedPipe
	case unix.S_IFSOCK:
		return perm | fs.ModeSocket
	case unix.S_IFCHR, unix.S_IFBLK:
		return perm | fs.ModeDevice
	}
	return perm | fs.ModeIrregular
}

// descriptor is an open file, without what package os adds to it for files that one waits for.
type descriptor int

// ReadAt implements io.ReaderAt.
func (d descriptor) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		got, err := retry(func() (int, error) { return unix.Pread(int(d), p[n:], off+int64(n)) })
		if err != nil {
			return n, err
		}
		if got == 0 {
			return n, io.EOF
		}
		n += got
	}
	return n, nil
}

// Close implements io.Closer.
func (d descriptor) Close() error { return unix.Close(int(d)) }

// retry calls again what a signal interrupted.
func retry(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if err != unix.EINTR {
			return n, err
		}
	}
}
