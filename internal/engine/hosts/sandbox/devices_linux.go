package sandbox

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// The instance's /dev holds what a container's does. The nodes are the machine's, bound read-only: that keeps their modes
// and owners from being changed, which would change the machine, and does not keep them from being written to.
var devices = []string{"full", "null", "random", "tty", "urandom", "zero"}

func (w *walls) mountDevices() error {
	dev := w.within("dev")
	if err := unix.Mount("tmpfs", dev, "tmpfs", unix.MS_NOSUID|unix.MS_NOEXEC, "mode=0755,size=65536k"); err != nil {
		return doing("mount /dev", err)
	}
	for _, name := range devices {
		to := filepath.Join(dev, name)
		if err := os.WriteFile(to, nil, 0o666); err != nil {
			return doing("make /dev/"+name, err)
		}
		if err := unix.Mount("/dev/"+name, to, "", unix.MS_BIND, ""); err != nil {
			return doing("bind /dev/"+name, err)
		}
		if err := restrict(to, unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NOEXEC); err != nil {
			return doing("restrict /dev/"+name, err)
		}
	}
	for name, target := range map[string]string{
		"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2",
		"ptmx": "pts/ptmx",
	} {
		if err := os.Symlink(target, filepath.Join(dev, name)); err != nil {
			return doing("make /dev/"+name, err)
		}
	}
	terminals := "newinstance,ptmxmode=0666,mode=0620"
	if w.Rights != asSingle {
		terminals += ",gid=5" // tty, the same number everywhere; in a namespace with one group it doesn't exist
	}
	for _, m := range []struct {
		name, kind, options string
		flags               uintptr
	}{
		{"pts", "devpts", terminals, unix.MS_NOSUID | unix.MS_NOEXEC},
		{"shm", "tmpfs", "mode=1777", unix.MS_NOSUID | unix.MS_NODEV},
		{"mqueue", "mqueue", "", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC},
	} {
		if err := os.Mkdir(filepath.Join(dev, m.name), 0o755); err != nil {
			return doing("make /dev/"+m.name, err)
		}
		err := unix.Mount(m.kind, filepath.Join(dev, m.name), m.kind, m.flags, m.options)
		if err != nil && m.kind != "mqueue" { // not in every kernel
			return doing("mount /dev/"+m.name, err)
		}
	}
	return nil
}

// Parts of /proc and /sys that tell of the machine or act on it: the lists of the OCI runtimes.
var (
	maskedKernel = []string{
		"proc/acpi", "proc/asound", "proc/interrupts", "proc/kcore", "proc/keys", "proc/kmsg", "proc/latency_stats", "proc/sched_debug",
		"proc/scsi", "proc/timer_list", "proc/timer_stats", "proc/vmallocinfo", "sys/devices/virtual/powercap", "sys/firmware",
	}
	fixedKernel = []string{"proc/bus", "proc/fs", "proc/irq", "proc/mtrr", "proc/sys", "proc/sysrq-trigger"}
)

func (w *walls) mountKernel() error {
	const flags = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
	if err := unix.Mount("proc", w.within("proc"), "proc", flags, ""); err != nil {
		return &failure{step{Doing: "mount /proc", Proc: true}, err}
	}
	// A sysfs shows the network of who mounts it; a user namespace gets none with the machine's network.
	err := unix.Mount("sysfs", w.within("sys"), "sysfs", flags|unix.MS_RDONLY, "")
	if err != nil && !w.Rights.userNamespace() {
		return doing("mount /sys", err)
	} else if err != nil {
		w.lack("/sys is empty in the instance.")
	}
	for _, name := range fixedKernel {
		path := w.within(name)
		if err := unix.Mount(path, path, "", unix.MS_BIND|unix.MS_REC, ""); errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return doing("protect /"+name, err)
		}
		const fixed = unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV | unix.MOUNT_ATTR_NOEXEC
		if err := restrict(path, fixed); err != nil {
			return doing("protect /"+name, err)
		}
	}
	for _, name := range maskedKernel {
		path := w.within(name)
		fi, err := os.Stat(path)
		if err != nil {
			continue
		}
		if fi.IsDir() {
			err = unix.Mount("tmpfs", path, "tmpfs", flags|unix.MS_RDONLY, "size=0,mode=0555")
		} else {
			err = unix.Mount(w.within("dev/null"), path, "", unix.MS_BIND, "")
		}
		if err != nil {
			return doing("mask /"+name, err)
		}
	}
	return nil
}

// mountFresh gives the instance its own /run and /tmp. Both are empty after a reboot, as on most machines; /tmp is on disk,
// as builds fill it.
func (w *walls) mountFresh() error {
	if err := unix.Mount("tmpfs", w.within("run"), "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=0755"); err != nil {
		return doing("mount /run", err)
	}
	if err := os.Mkdir(w.within("run/lock"), 0o777); err == nil {
		_ = os.Chmod(w.within("run/lock"), fs.ModeSticky|0o777)
	}
	tmp := filepath.Join(w.base, "tmp")
	if err := removeTree(tmp); err != nil {
		return doing("clear /tmp", err)
	}
	if err := os.Mkdir(tmp, 0o700); err != nil {
		return doing("make /tmp", err)
	}
	if err := os.Chmod(tmp, fs.ModeSticky|0o777); err != nil {
		return doing("make /tmp", err)
	}
	if err := unix.Mount(tmp, w.within("tmp"), "", unix.MS_BIND, ""); err != nil {
		return doing("bind /tmp", err)
	}
	if err := restrict(w.within("tmp"), unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV); err != nil {
		return doing("restrict /tmp", err)
	}
	return w.keepResolver()
}

// keepResolver copies the file that /etc/resolv.conf leads to, if that is in /run.
func (w *walls) keepResolver() error {
	real, err := filepath.EvalSymlinks("/etc/resolv.conf")
	if err != nil {
		return nil
	}
	rel, ok := below("/run", real)
	if !ok {
		return nil
	}
	content, err := os.ReadFile(real)
	if err != nil {
		return nil
	}
	if err := w.root.MkdirAll(filepath.Dir("run/"+rel), 0o755); err != nil {
		return doing("make /run", err)
	}
	return doing("write "+real, w.root.WriteFile("run/"+rel, content, 0o644))
}

// startLoopback brings up lo in a new network namespace, where it is down.
func (w *walls) startLoopback() error {
	if w.HostNetwork {
		return nil
	}
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return doing("open a socket", err)
	}
	defer unix.Close(s)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return doing("name the loopback", err)
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return doing("bring the loopback up", unix.IoctlIfreq(s, unix.SIOCSIFFLAGS, lo))
}

// restrict adds restrictions to a mount; those that it has stay.
func restrict(path string, attributes uint64) error {
	err := unix.MountSetattr(unix.AT_FDCWD, path, 0, &unix.MountAttr{Attr_set: attributes})
	if !errors.Is(err, unix.ENOSYS) && !errors.Is(err, unix.EPERM) {
		return err
	}
	// Before Linux 5.12, and under filters that don't know the call: MOUNT_ATTR_* and MS_* have the same bits for these.
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return err
	}
	const same = unix.MS_RDONLY | unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
	return unix.Mount("", path, "", unix.MS_REMOUNT|unix.MS_BIND|uintptr(attributes)|uintptr(st.Flags)&same, "")
}
