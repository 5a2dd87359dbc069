package e2e

import "syscall"

// asUser is not needed here: the tests that do are of Linux.
func asUser(uid, gid int) *syscall.SysProcAttr { return nil }
