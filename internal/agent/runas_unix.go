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

// withoutSu tells whether a script that asks for a user can be run as it is,
// because the agent is that user and su would refuse all the same; or why it
// cannot be run at all. The published agent always runs as root and lets su
// find out. Without root, su would ask for a password and fail without saying
// why; without the right to set groups it fails for everybody.
func withoutSu(s script) (plain bool, home string, err error) {
	if s.runAs == nil || s.sudo {
		return false, "", nil
	}
	name := *s.runAs
	if name == "" {
		name = "root" // as su has it
	}
	me := os.Geteuid()
	limited := me != 0 || groupsDenied()
	if !limited {
		return false, "", nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		return false, "", fmt.Errorf("runas: there is no user %s", name)
	}
	uid, err := strconv.Atoi(u.Uid)
	switch {
	case err == nil && uid == me:
		return true, u.HomeDir, nil
	case me != 0:
		return false, "", fmt.Errorf("runas: %s needs root, and this instance runs as user id %d; leave runas out or deploy as root", name, me)
	case !idMapped(uid):
		return false, "", fmt.Errorf("runas: %s is user id %d, which the user namespace of this instance does not have; leave runas out or deploy as root", name, uid)
	}
	return false, "", fmt.Errorf("runas: the user namespace of this instance may not set groups, so nobody can become %s; leave runas out or deploy as root", name)
}

// groupsDenied is true in a user namespace that an ordinary user made.
func groupsDenied() bool {
	text, err := os.ReadFile("/proc/self/setgroups") // Linux has it
	return err == nil && strings.TrimSpace(string(text)) == "deny"
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
