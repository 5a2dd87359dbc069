package agent

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// removeOldDeployments keeps as many revisions of a group as MaxRevisions says,
// counting the one that is about to come: the oldest others go, but never the
// one whose Install was the last to end.
func (a *Agent) removeOldDeployments(s Specification) error {
	type old struct {
		dir     string
		changed time.Time
	}
	entries, err := os.ReadDir(a.groupDir(s.DeploymentGroupID))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var others []old
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.IsDir() || e.Name() == s.DeploymentID {
			continue
		}
		others = append(others, old{filepath.Join(a.groupDir(s.DeploymentGroupID), e.Name()), info.ModTime()})
	}
	surplus := len(others) - a.maxRevisions() + 1
	if surplus <= 0 {
		return nil
	}
	kept, err := a.readPointer(a.lastSuccessful(s.DeploymentGroupID), s.DeploymentGroupID)
	if err != nil {
		return err
	}
	others = slices.DeleteFunc(others, func(o old) bool { return o.dir == kept })
	slices.SortFunc(others, func(x, y old) int {
		return cmp.Or(x.changed.Compare(y.changed), cmp.Compare(x.dir, y.dir))
	})
	for _, o := range others[:min(surplus, len(others))] {
		if err := RemoveTree(o.dir); err != nil {
			return err
		}
	}
	return nil
}
