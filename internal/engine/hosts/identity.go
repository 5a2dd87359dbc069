package hosts

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/internal/agent"
)

// identity tells the machine or container that this process is in from others:
// the same text for as long as its files live, through reboots and restarts.
// It is a digest, since an id of a machine is not for everybody's eyes.
func identity() string {
	mounts, _ := os.ReadFile("/proc/self/mountinfo")
	id, _ := os.ReadFile("/etc/machine-id")
	return identityOf(string(mounts), string(id))
}

// identityOf takes what names a container in its table of mounts: where its
// /etc/hostname comes from (Docker, podman and Kubernetes mount one of its own
// whatever its network and host name are) and the upper layer of its root. A
// machine's own table has neither, and a machine has an id; a container's
// machine-id does not count, for it is the image's, and a hook that installs
// D-Bus makes one. Elsewhere than on Linux there is nothing, and one machine.
func identityOf(mounts, machineID string) string {
	var marks []string
	for line := range strings.Lines(mounts) {
		f := strings.Fields(line) // proc(5): id, parent, device, root, mount point, options, …, "-", type, source, options of the file system
		dash := slices.Index(f, "-")
		if dash < 0 || len(f) < dash+4 {
			continue
		}
		switch f[4] {
		case "/etc/hostname":
			marks = append(marks, f[3])
		case "/":
			for option := range strings.SplitSeq(f[dash+3], ",") {
				if strings.HasPrefix(option, "upperdir=") {
					marks = append(marks, option)
				}
			}
		}
	}
	if len(marks) == 0 {
		marks = append(marks, strings.TrimSpace(machineID))
	}
	sum := sha256.Sum256([]byte(strings.Join(marks, "\n")))
	return hex.EncodeToString(sum[:])
}

// recognize has a host's instance know the machine it is on. If that is another
// one than when it was last used, whatever was installed and started is gone, and
// its agent must not know of it: it would run the ApplicationStop of a revision
// that is not there. A folder without a record is taken for this machine's.
func (m *inProcess) recognize() error {
	file, here := filepath.Join(m.dir, "machine"), m.identity()
	there, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	if string(there) == here {
		return nil
	}
	if entries, _ := os.ReadDir(m.agentRoot()); err == nil && len(entries) > 0 {
		// In this order: a kill in between has all of it done again.
		if err := m.replaced(); err != nil {
			return err
		}
		if err := agent.RemoveTree(filepath.Join(m.dir, "agent")); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(m.dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(here), 0o600)
}
