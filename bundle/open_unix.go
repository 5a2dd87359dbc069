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
type unixFolder struct{ fd int }

func openFolderIn(root *os.Root, name string) (directory, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	return unixFolder{fd}, err
}

func (d unixFolder) Close() error { return unix.Close(d.fd) }

func (d unixFolder) names(l *lister) ([]string, error) {
	l.names = l.names[:0]
	for {
		n, err := retry(func() (int, error) { return unix.ReadDirent(d.fd, l.buf[:]) })
		if err != nil || n <= 0 {
			return l.names, err
		}
		_, _, l.names = unix.ParseDirent(l.buf[:n], -1, l.names)
	}
}

func (d unixFolder) look(name string) (fs.FileMode, Stamp, error) {
	var s unix.Stat_t
	_, err := retry(func() (int, error) { return 0, unix.Fstatat(d.fd, name, &s, unix.AT_SYMLINK_NOFOLLOW) })
	modified, changed := fileTimes(&s)
	return modeOf(uint32(s.Mode)), Stamp{Size: s.Size, Modified: modified.Nano(), Changed: changed.Nano(), Inode: uint64(s.Ino), Device: uint64(s.Dev)}, err
}

func (d unixFolder) readlink(name string) (string, error) {
	buf := make([]byte, maxName+2) // one more than is allowed, which is refused then
	n, err := retry(func() (int, error) { return unix.Readlinkat(d.fd, name, buf) })
	return string(buf[:max(n, 0)]), err
}

func (d unixFolder) open(name string) (diskFile, error) {
	// Without waiting: what has the name may be a pipe by now.
	const flags = unix.O_RDONLY | unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_CLOEXEC
	n, err := retry(func() (int, error) { return unix.Openat(d.fd, name, flags, 0) })
	switch err {
	case nil:
		return descriptor(n), nil
	case unix.ELOOP, unix.EMLINK:
		err = errNoFile{fs.ModeSymlink}
	case unix.ENXIO:
		err = errNoFile{fs.ModeSocket}
	}
	return nil, err
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
func (d descriptor) ReadAt(p []byte, off int64) (n int, err error) { return d.readSome(p, off, len(p)) }

func (d descriptor) readSome(p []byte, off int64, least int) (n int, err error) {
	for n < least {
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

func (d descriptor) stat() (fs.FileMode, int64, error) {
	var s unix.Stat_t
	_, err := retry(func() (int, error) { return 0, unix.Fstat(int(d), &s) })
	return modeOf(uint32(s.Mode)), s.Size, err
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
