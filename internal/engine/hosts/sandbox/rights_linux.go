package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// rights is how this process can make walls.
type rights string

const (
	asRoot   rights = "root"   // CAP_SYS_ADMIN on the machine: no user namespace, ids are the machine's own
	asMapped rights = "mapped" // a user namespace with all ids that there are: a container's root that may set ids
	asSingle rights = "single" // a user namespace in which the caller's own id is root's, and no other exists
)

func ownRights() rights {
	caps := ownCapabilities()
	ids := idExtents("/proc/self/uid_map")
	const allIDs, enoughIDs = 1<<32 - 1, 1000
	has := func(c int) bool { return caps&(1<<c) != 0 }
	switch {
	case has(unix.CAP_SYS_ADMIN) && covered(ids) == allIDs:
		return asRoot
	case os.Geteuid() == 0 && has(unix.CAP_SETUID) && has(unix.CAP_SETGID) && covered(ids) > enoughIDs && covered(idExtents("/proc/self/gid_map")) > enoughIDs:
		return asMapped
	}
	return asSingle
}

// idExtents are the ids that exist where this process is, each mapped to itself: a mapping that hands all of them on.
func idExtents(path string) (same []syscall.SysProcIDMap) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(b)) {
		var inside, outside, size int
		if n, _ := fmt.Sscan(line, &inside, &outside, &size); n == 3 {
			same = append(same, syscall.SysProcIDMap{ContainerID: inside, HostID: inside, Size: size})
		}
	}
	return same
}

func covered(extents []syscall.SysProcIDMap) (ids int64) {
	for _, e := range extents {
		ids += int64(e.Size)
	}
	return ids
}

func ownCapabilities() uint64 {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if unix.Capget(&header, &data[0]) != nil {
		return 0
	}
	return uint64(data[1].Effective)<<32 | uint64(data[0].Effective)
}

func (r rights) userNamespace() bool { return r != asRoot }

func (r rights) words() string {
	switch r {
	case asRoot:
		return "as root"
	case asMapped:
		return "in a user namespace as root"
	}
	return "in a user namespace as an ordinary user"
}

func (r rights) attributes(hostNetwork bool) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{
		Setsid:     true,
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC,
	}
	if !hostNetwork {
		a.Cloneflags |= syscall.CLONE_NEWNET
	}
	if exists("/proc/self/ns/cgroup") {
		a.Cloneflags |= syscall.CLONE_NEWCGROUP
	}
	switch r {
	case asMapped:
		a.Cloneflags |= syscall.CLONE_NEWUSER
		a.UidMappings = idExtents("/proc/self/uid_map")
		a.GidMappings = idExtents("/proc/self/gid_map")
		a.GidMappingsEnableSetgroups = true
	case asSingle:
		a.Cloneflags |= syscall.CLONE_NEWUSER
		a.UidMappings = []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}}
		a.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}}
	}
	return a
}

// shortcomings are the differences from a real machine that come with the rights.
func (r rights) shortcomings() []string {
	switch r {
	case asRoot:
		return nil
	case asMapped:
		return []string{"The instance is in a user namespace: its root may not do everything that a machine's root may."}
	}
	return []string{
		"Only one user id exists in the instance: chown, su, runas and sudo to other users fail, and package managers mostly do.",
		"Files that belong to others on the machine and are outside /etc can be replaced in the instance, but not written in place.",
	}
}

// refused words the system's refusal of a step as why no sandbox is possible, with its remedy.
func (r rights) refused(s step, err error) error {
	u := &Unavailable{Reason: s.Doing + " was refused", Err: err}
	sysctl := func(path string) string {
		b, _ := os.ReadFile("/proc/sys/" + path)
		return string(bytes.TrimSpace(b))
	}
	denied := errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES)
	switch {
	case s.Layer:
		u.Reason = s.Doing + " failed: overlays work neither in the instance's folder nor in memory"
		u.Remedy = "Put the state folder on a local disk file system such as ext4 or xfs (kernel 5.11 or newer for ordinary users), or run as root."
	case errors.Is(err, unix.ENOSPC) || sysctl("user/max_user_namespaces") == "0" && r.userNamespace():
		u.Reason = "user namespaces are used up or switched off (user.max_user_namespaces is " + sysctl("user/max_user_namespaces") + ")"
		u.Remedy = "Run as root, or: sudo sysctl -w user.max_user_namespaces=15000"
	case !denied:
		u.Reason = s.Doing + " failed"
	case r == asSingle && sysctl("kernel/unprivileged_userns_clone") == "0":
		u.Reason = "user namespaces are forbidden to ordinary users (kernel.unprivileged_userns_clone is 0)"
		u.Remedy = "Run as root, or: sudo sysctl -w kernel.unprivileged_userns_clone=1"
	case r == asSingle && sysctl("kernel/apparmor_restrict_unprivileged_userns") == "1":
		u.Reason = "AppArmor takes the rights of user namespaces away (kernel.apparmor_restrict_unprivileged_userns is 1, Ubuntu's default since 24.04)"
		u.Remedy = "Run as root, or: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
	case s.Proc && r.userNamespace():
		u.Reason = "this is a container whose /proc is partly masked, so that a user namespace gets no /proc of its own"
		u.Remedy = "Run the container with --privileged, or with --security-opt systempaths=unconfined."
	case inContainer():
		u.Reason = "this is a container whose rights include neither namespaces nor mounts (Docker's default): " + s.Doing + " was refused"
		u.Remedy = "Run the container with --privileged, or with --cap-add SYS_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined."
	case r.userNamespace():
		u.Reason = "this user is not root, and user namespaces are refused: " + s.Doing
		u.Remedy = "Run as root."
	}
	return u
}

// inContainer tells whether a container runtime left its mark.
func inContainer() bool {
	if exists("/.dockerenv") || exists("/run/.containerenv") {
		return true
	}
	b, _ := os.ReadFile("/proc/1/environ")
	return strings.Contains("\x00"+string(b), "\x00container=") || os.Getenv("KUBERNETES_SERVICE_HOST") != ""
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
