package deploy

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// rollback makes the deployment that follows one that failed or was stopped, if
// its settings ask for one: a new deployment of the group's last good revision
// (deployments-rollback-and-redeploy.md). The message says why none follows
// although it was asked for.
func (w *world) rollback(d *deployment, status types.DeploymentStatus) (*Event, string) {
	g := w.group(d)
	if g == nil || !w.wantsRollback(d, g, status) {
		return nil, ""
	}
	if d.Creator == types.DeploymentCreatorCodeDeployRollback {
		return nil, "A rollback that fails is not rolled back."
	}
	if len(g.good) == 0 {
		return nil, "No rollback: the deployment group has no revision yet that was deployed with success."
	}
	last := g.good[len(g.good)-1]
	return &Event{DeploymentCreated: &DeploymentCreated{
		ID: newDeploymentID(), Application: d.Application, Group: d.Group, Config: d.Config,
		Revision: last.Revision, Previous: &d.Revision, Creator: types.DeploymentCreatorCodeDeployRollback,
		Description: fmt.Sprintf("Automatic rollback of deployment %s to the revision of deployment %s", d.ID, last.ID),
		FileExists:  last.FileExists, AutoRollback: d.AutoRollback, IgnoreStopFailures: d.IgnoreStopFailures, RollbackOf: d.ID,
	}}, ""
}

func (w *world) wantsRollback(d *deployment, g *group, status types.DeploymentStatus) bool {
	settings := d.AutoRollback
	if settings == nil {
		settings = g.info.AutoRollbackConfiguration
	}
	on := func(event types.AutoRollbackEvent) bool {
		return settings != nil && settings.Enabled && slices.Contains(settings.Events, event)
	}
	switch status {
	case types.DeploymentStatusFailed:
		return on(types.AutoRollbackEventDeploymentFailure)
	case types.DeploymentStatusStopped:
		if d.stop != nil && d.stop.Rollback != nil {
			return aws.ToBool(d.stop.Rollback)
		}
		return on(types.AutoRollbackEventDeploymentStopOnRequest)
	}
	return false
}
