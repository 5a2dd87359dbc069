package hosts

import (
	"os"
	"time"
)

// grace is what a script that is called off has between SIGTERM and SIGKILL:
// short, since a runner that cancels a job grants a few seconds in all.
const grace = time.Second

// agentFolder is the published agent's own folder, the working directory of hooks.
const agentFolder = "/opt/codedeploy-agent"

// Environment is what hooks start from: nothing of the caller's own, whose
// variables hold credentials and the runner's files.
func Environment() []string {
	home := "/root"
	if os.Getuid() != 0 {
		if h, err := os.UserHomeDir(); err == nil {
			home = h
		}
	}
	return []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=" + home,
		"LANG=C.UTF-8",
	}
}
