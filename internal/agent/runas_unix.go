//go:build unix

package agent

import (
	"bufio"
	"fmt"
	"os"
	"os/user"
	"runtime"
	"strconv"
	"strings"
)

// mayRunAs says why a script cannot be run as the user that it asks for. The
// agent itself always runs as root and lets su find out; without root, su would
// ask for a password and fail without saying why.
func mayRunAs(s script) error {
	if s.runAs == nil || s.sudo {
		return nil
	}
	if uid := os.Geteuid(); uid != 0 {
		return fmt.Errorf("runas: %s needs root, and this instance runs as user id %d; leave runas out or deploy as root", *s.runAs, uid)
	}
	u, err := user.Lookup(*s.runAs)
	if err != nil {
		return nil // su has its own words for that
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil || idMapped(uid) {
		return nil
	}
	return fmt.Errorf("runas: %s is user id %d, which the user namespace of this instance does not have; leave runas out or deploy as root", *s.runAs, uid)
}

// idMapped is false for a user id that the process's user namespace cannot
// express, so that nobody in it can become that user.
func idMapped(uid int) bool {
	if runtime.GOOS != "linux" {
		return true
	}
	f, err := os.Open("/proc/self/uid_map")
	if err != nil {
		return true
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) != 3 {
			return true
		}
		first, err1 := strconv.Atoi(fields[0])
		count, err2 := strconv.Atoi(fields[2])
		if err1 != nil || err2 != nil || uid >= first && uid-first < count {
			return true
		}
	}
	return false
}
