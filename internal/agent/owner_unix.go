//go:build unix

package agent

import (
	"os"
	"syscall"
)

func ownerOf(info os.FileInfo) (uid, gid int, known bool) {
	if stat, is := info.Sys().(*syscall.Stat_t); is {
		return int(stat.Uid), int(stat.Gid), true
	}
	return 0, 0, false
}
