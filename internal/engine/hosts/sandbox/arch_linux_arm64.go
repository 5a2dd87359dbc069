package sandbox

import "golang.org/x/sys/unix"

// auditArch is how the kernel names this architecture to a system call filter.
const auditArch uint32 = unix.AUDIT_ARCH_AARCH64
