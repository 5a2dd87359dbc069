package watch

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

// Await waits for the end of a deployment that is not the step's own. It calls
// GetDeployment alone and tells sentences, no events of a deployment: whoever
// hears those takes them for what the step has done.
//
// First is asked with what was found first, before anything is told. It is
// called again if its error may pass; any other one ends the waiting. With ctx
// Await gives up early and answers ctx's error along with what it knew last.
func (w *Watcher) Await(ctx context.Context, id string, first func(*types.DeploymentInfo) error) (*types.DeploymentInfo, error) {
	began := w.now()
	told, status, seen := began, types.DeploymentStatus(""), false
	return w.poll(ctx, id, func(info *types.DeploymentInfo) (bool, error) {
		if !seen {
			if err := first(info); err != nil {
				return false, err
			}
			seen, status = true, info.Status
		}
		if Ended(info.Status) {
			return true, nil
		}
		if now := w.now(); info.Status != status || now.Sub(told) >= quiet {
			told, status = now, info.Status
			w.Sink.Emit(event.Note{Level: event.Info, Text: fmt.Sprintf("still waiting for %s, %s so far: %s", id, now.Sub(began).Round(time.Second), State(info))})
		}
		return false, nil
	})
}

// State is a deployment's status with the count of its targets that are done.
func State(info *types.DeploymentInfo) string {
	o := overviewOf(info.DeploymentOverview)
	done := o.Succeeded + o.Failed + o.Skipped
	total := done + o.Pending + o.InProgress + o.Ready
	if Ended(info.Status) || total == 0 {
		return string(info.Status)
	}
	return fmt.Sprintf("%s, %d of %d done", info.Status, done, total)
}
