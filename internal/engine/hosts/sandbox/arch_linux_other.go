//go:build linux && !amd64 && !arm64

package sandbox

// auditArch 0: no system call filter was made for this architecture.
const auditArch uint32 = 0
