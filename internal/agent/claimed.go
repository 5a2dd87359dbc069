package agent

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// occupied is a plan's conflict with a file that is on the instance.
type occupied struct {
	error
	path  string
	group string // that installed the file; "" if none did
}

// claimant is the id of the deployment group whose last installation put a file
// there, by the clean-up files that groups leave; "" if none did.
func (a *Agent) claimant(path string) string {
	dir := filepath.Dir(a.cleanupFile(""))
	entries, _ := os.ReadDir(dir) // without one the answer is less helpful, not wrong
	for _, e := range entries {
		group, is := strings.CutSuffix(e.Name(), "-cleanup")
		if !is {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err == nil && slices.Contains(strings.Split(string(text), "\n"), path) {
			return group
		}
	}
	return ""
}
