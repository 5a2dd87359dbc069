package bundle

import (
	"os"

	"golang.org/x/sys/unix"
)

// openBeneath opens the root for openat2(2), which is newer than the oldest Linux that Go runs on, and which some containers forbid.
func openBeneath(root *os.Root) *os.File {
	f, err := root.Open(".")
	if err != nil {
		return nil
	}
	if n, err := beneath(f, ".", unix.O_DIRECTORY); err == nil {
		unix.Close(n)
		return f
	}
	f.Close()
	return nil
}

func folderBeneath(root *os.File, name string) (directory, bool) {
	n, err := beneath(root, name, unix.O_DIRECTORY)
	if err != nil {
		return nil, false // who asked finds out why, in the common way
	}
	return unixFolder{n}, true
}

func fileBeneath(root *os.File, name string) (diskFile, bool) {
	n, err := beneath(root, name, unix.O_NONBLOCK)
	return descriptor(n), err == nil
}

func beneath(root *os.File, name string, flags uint64) (int, error) {
	how := unix.OpenHow{
		Flags:   unix.O_RDONLY | unix.O_CLOEXEC | flags,
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS,
	}
	return retry(func() (int, error) { return unix.Openat2(int(root.Fd()), name, &how) })
}
