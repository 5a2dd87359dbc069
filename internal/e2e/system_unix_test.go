//go:build unix

package e2e

import "syscall"

// peak is the most memory that an ended process had, in MiB.
func (p *process) peak() int64 { return p.ProcessState.SysUsage().(*syscall.Rusage).Maxrss >> 10 }

// asUser has a process run as another user.
func asUser(uid, gid int) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}
