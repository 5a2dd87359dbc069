//go:build unix

package e2e

import "syscall"

// peak is the most memory that an ended process had, in MiB.
func (p *process) peak() int64 { return p.ProcessState.SysUsage().(*syscall.Rusage).Maxrss >> 10 }
