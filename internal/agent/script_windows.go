package agent

import (
	"fmt"
	"os"
	"syscall"
)

const shell = "cmd.exe"

// errTextBusy is what Windows says of a file that another process writes.
const errTextBusy = syscall.Errno(32) // ERROR_SHARING_VIOLATION

func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// terminate ends the one process, as the agent does on Windows.
func terminate(leader *os.Process) { _ = leader.Kill() }
func kill(leader *os.Process)      { _ = leader.Kill() }

// executable is always true: Windows goes by the name.
func executable(string, os.FileInfo) bool { return true }

func errnoName(number syscall.Errno) string {
	switch number {
	case syscall.ERROR_FILE_NOT_FOUND, syscall.ERROR_PATH_NOT_FOUND:
		return "Errno::ENOENT"
	case syscall.ERROR_ACCESS_DENIED:
		return "Errno::EACCES"
	case syscall.Errno(193): // ERROR_BAD_EXE_FORMAT
		return "Errno::ENOEXEC"
	}
	return fmt.Sprintf("Errno %d", uint(number))
}

func errnoText(number syscall.Errno) string { return number.Error() }
