//go:build unix

package agent

import (
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// shell runs what is not a program of its own.
const shell = "/bin/sh"

const errTextBusy = syscall.ETXTBSY

func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func terminate(leader *os.Process) { _ = syscall.Kill(-leader.Pid, syscall.SIGTERM) }
func kill(leader *os.Process)      { _ = syscall.Kill(-leader.Pid, syscall.SIGKILL) }

// executable is true if the agent's user may execute a file; for root any
// execute bit will do.
func executable(file string, _ os.FileInfo) bool { return unix.Access(file, unix.X_OK) == nil }

// errnoName is the name of an error as the agent shows it.
func errnoName(number syscall.Errno) string {
	name := unix.ErrnoName(number)
	if name == "" {
		name = "NOERROR"
	}
	return "Errno::" + name
}

// errnoText is the C library's text for an error; Go's differs in the first
// letter.
func errnoText(number syscall.Errno) string {
	text := number.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}
