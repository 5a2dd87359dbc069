package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// Kill ends the instance with all its processes, and returns when they are gone. Its files stay, unless Volatile. Killing
// what doesn't run is no error.
func (i *Instance) Kill() error {
	id, err := readIdentity(i.Dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	} else if err != nil {
		return fmt.Errorf("kill %s: %w", i.Dir, err)
	}
	if err := id.kill(); err != nil {
		return fmt.Errorf("kill %s: %w", i.Dir, err)
	}
	i.PID = 0
	return nil
}

// kill ends the first process, and with it, by the rules of pid_namespaces(7), all others before itself. It ignores
// SIGTERM, as init does.
func (id identity) kill() error {
	if id.PID == 0 {
		return nil
	}
	fd, err := unix.PidfdOpen(id.PID, 0)
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) {
		return id.killByNumber()
	} else if errors.Is(err, unix.ESRCH) {
		return nil
	} else if err != nil {
		return err
	}
	defer unix.Close(fd)
	// The descriptor holds on to whatever has the number now. Only when that is the right process, it is signalled.
	if !id.alive() {
		id.reap()
		return nil
	}
	if err := unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0); err != nil && !errors.Is(err, unix.ESRCH) {
		return err
	}
	const patience = 30 * time.Second // a process in uninterruptible sleep, say on a dead NFS server, can't be ended
	for end := time.Now().Add(patience); ; {
		left := time.Until(end)
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(max(left, 0).Milliseconds()))
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return err
		case n == 0:
			return fmt.Errorf("process %d is still there %s after SIGKILL", id.PID, patience)
		}
		id.reap()
		return nil
	}
}

// killByNumber is for kernels before 5.3 and for filters that refuse pidfd_open.
func (id identity) killByNumber() error {
	for tries := 0; id.alive(); tries++ {
		if tries > 3000 {
			return fmt.Errorf("process %d is still there after SIGKILL", id.PID)
		}
		if err := unix.Kill(id.PID, unix.SIGKILL); err != nil && !errors.Is(err, unix.ESRCH) {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
	id.reap()
	return nil
}

// reap takes the exit status, if this process made the instance; else it is another's to take.
func (id identity) reap() {
	if started, state, err := processStart(id.PID); err == nil && started == id.Started && state == 'Z' {
		_, _ = unix.Wait4(id.PID, nil, unix.WNOHANG, nil)
	}
}

// Remove kills the instance and deletes its folder. It refuses folders that no instance was made in; one that isn't there
// is no error.
func Remove(dir string) error {
	real, err := filepath.EvalSymlinks(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	} else if err != nil {
		return fmt.Errorf("remove instance: %w", err)
	}
	if !exists(filepath.Join(real, identityName)) && !exists(filepath.Join(real, factsName)) {
		return fmt.Errorf("remove instance: %s is not an instance's folder", dir)
	}
	if err := (&Instance{Dir: real}).Kill(); err != nil {
		return err
	}
	// What makes it an instance's folder goes last: a removal that is cut off can be taken up again.
	entries, err := os.ReadDir(real)
	if err != nil {
		return fmt.Errorf("remove instance: %w", err)
	}
	for _, e := range entries {
		if e.Name() == identityName || e.Name() == factsName {
			continue
		}
		if err := removeTree(filepath.Join(real, e.Name())); err != nil {
			return fmt.Errorf("remove instance: %w", err)
		}
	}
	if err := removeTree(real); err != nil {
		return fmt.Errorf("remove instance: %w", err)
	}
	return nil
}

// removeTree deletes what an overlay leaves: its work folder has mode 000, and hooks may have left folders that their
// owner can't enter either.
func removeTree(path string) error {
	err := os.RemoveAll(path)
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	_ = filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		// The first visit to a folder is before it is read, a second one tells that reading failed.
		if d != nil && d.IsDir() && err == nil {
			_ = os.Chmod(p, 0o700)
		}
		return nil
	})
	return os.RemoveAll(path)
}
