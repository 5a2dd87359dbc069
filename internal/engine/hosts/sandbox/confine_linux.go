package sandbox

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// keptCapabilities are a container runtime's defaults, without CAP_MKNOD: a container has a device cgroup against the
// nodes that it could make, an instance has not.
var keptCapabilities = []uintptr{
	unix.CAP_AUDIT_WRITE, unix.CAP_CHOWN, unix.CAP_DAC_OVERRIDE, unix.CAP_FOWNER, unix.CAP_FSETID, unix.CAP_KILL, unix.CAP_NET_BIND_SERVICE,
	unix.CAP_NET_RAW, unix.CAP_SETFCAP, unix.CAP_SETGID, unix.CAP_SETPCAP, unix.CAP_SETUID, unix.CAP_SYS_CHROOT,
}

// confine takes from the calling thread, and from what it executes, what an instance may not do.
func confine() error {
	// The session's keys stay outside.
	const unnamed = 0
	_, _, errno := unix.Syscall(unix.SYS_KEYCTL, unix.KEYCTL_JOIN_SESSION_KEYRING, unnamed, 0)
	if errno != 0 && errno != unix.ENOSYS && errno != unix.EPERM { // not in this kernel, or a container's filter did it already
		return doing("leave the session's keys", errno)
	}
	if err := filterCalls(); err != nil {
		return doing("filter system calls", err)
	}
	var kept uint64
	for _, c := range keptCapabilities {
		kept |= 1 << c
	}
	for c := range uintptr(64) {
		if kept&(1<<c) != 0 {
			continue
		}
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0); errors.Is(err, unix.EINVAL) {
			break // the kernel knows no more
		} else if err != nil {
			return doing(fmt.Sprintf("drop capability %d", c), err)
		}
	}
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil && !errors.Is(err, unix.EINVAL) {
		return doing("clear ambient capabilities", err)
	}
	kept &= ownCapabilities()
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	for i := range data {
		half := uint32(kept >> (32 * i))
		data[i] = unix.CapUserData{Effective: half, Permitted: half}
	}
	return doing("drop capabilities", unix.Capset(&header, &data[0]))
}

// refusedCalls are refused whatever the capabilities: keys, which namespaces don't divide; programs in the kernel;
// performance counters, which tell of other processes; and io_uring, by which calls are made that no filter sees. Most else
// that container runtimes refuse needs capabilities that an instance hasn't; user namespaces, which they refuse too, can be
// made, and their mounts are locked to the instance's.
var refusedCalls = []uint32{
	unix.SYS_ADD_KEY, unix.SYS_BPF, unix.SYS_IO_URING_SETUP, unix.SYS_KEYCTL, unix.SYS_KEXEC_LOAD, unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_PERF_EVENT_OPEN,
	unix.SYS_REQUEST_KEY, unix.SYS_USERFAULTFD,
}

// filterCalls refuses refusedCalls, sockets to the machine's hypervisor (AF_VSOCK, which network namespaces don't divide),
// and the system calls of other architectures, which would pass the filter under other numbers. Programs for 32-bit
// machines don't run in an instance therefore. See seccomp(2).
func filterCalls() error {
	const (
		offsetNumber, offsetArch, offsetFirst = 0, 4, 16
		x32                                   = 0x40000000
		refuse                                = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
	)
	if auditArch == 0 {
		return nil // an architecture that was never tried
	}
	load := func(offset uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
	}
	jump := func(test uint16, value uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | test | unix.BPF_K, K: value, Jt: yes, Jf: no}
	}
	answer := func(value uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: value}
	}
	filter := []unix.SockFilter{
		load(offsetArch), jump(unix.BPF_JEQ, auditArch, 1, 0), answer(unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)),
		load(offsetNumber),
	}
	if auditArch == unix.AUDIT_ARCH_X86_64 {
		filter = append(filter, jump(unix.BPF_JGE, x32, 0, 1), answer(unix.SECCOMP_RET_ERRNO|uint32(unix.ENOSYS)))
	}
	for _, call := range refusedCalls {
		filter = append(filter, jump(unix.BPF_JEQ, call, 0, 1), answer(refuse))
	}
	filter = append(filter,
		jump(unix.BPF_JEQ, unix.SYS_SOCKET, 0, 3), load(offsetFirst), jump(unix.BPF_JEQ, unix.AF_VSOCK, 0, 1), answer(refuse),
		answer(unix.SECCOMP_RET_ALLOW),
	)
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0)
	if errors.Is(err, unix.EINVAL) {
		return nil // a kernel without filters
	}
	return err
}
