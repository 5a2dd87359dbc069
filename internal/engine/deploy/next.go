package deploy

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// Limits of the service (limits.md).
const (
	eventLimit      = time.Hour
	deploymentLimit = 8 * time.Hour // in place
)

// inPlaceEvents are the lifecycle events of an in-place deployment without a
// load balancer (reference-appspec-file-structure-hooks.md).
var inPlaceEvents = []string{
	"ApplicationStop", "DownloadBundle", "BeforeInstall", "Install", "AfterInstall", "ApplicationStart", "ValidateService",
}

// next decides what happens now in a deployment that has not ended. It is a
// function of the state and the time alone; the caller appends what it answers
// and asks again, until it answers nothing.
func (w *world) next(d *deployment, now time.Time) []Event {
	if d.ended() {
		return nil
	}
	if d.started.IsZero() {
		return w.start(d)
	}
	var out []Event
	for _, t := range d.targets {
		if t.status == types.TargetStatusInProgress {
			out = append(out, d.advance(t, now)...)
		}
	}
	if len(out) > 0 {
		return out // what follows depends on what has just ended
	}
	if d.failing == nil && !d.stopping && now.Sub(d.started) >= deploymentLimit {
		return []Event{{DeploymentFailing: &DeploymentFailing{ID: d.ID, Error: types.ErrorInformation{
			Code: types.ErrorCodeTimeout, Message: ptr("The deployment took longer than the 8 hours that an in-place deployment may take."),
		}}}}
	}
	waiting, inProgress := d.pending(), d.count(types.TargetStatusInProgress)
	if d.stopping || d.failing != nil {
		for _, t := range waiting {
			out = append(out, Event{TargetEnded: &TargetEnded{Deployment: d.ID, Target: t.id, Status: types.TargetStatusSkipped}})
		}
		if len(waiting) == 0 && inProgress == 0 {
			out = append(out, w.end(d)...)
		}
		return out
	}
	if len(waiting) == 0 {
		if inProgress == 0 {
			return w.end(d)
		}
		return nil
	}
	return w.begin(d, waiting)
}

// start fixes the targets, or ends a deployment that has none to begin with.
func (w *world) start(d *deployment) []Event {
	if d.stopping {
		return w.end(d)
	}
	g := w.group(d)
	var targets []string
	for id, i := range w.instances {
		if selects(&g.info, i) && !(d.OnlyOutdated && g.health[id].healthy && g.health[id].revision == revisionKey(&d.Revision)) {
			targets = append(targets, id)
		}
	}
	if len(targets) == 0 {
		if d.OnlyOutdated {
			return []Event{{DeploymentEnded: &DeploymentEnded{ID: d.ID, Status: types.DeploymentStatusSucceeded}}}
		}
		message := ""
		if w.wantsRollback(d, g, types.DeploymentStatusFailed) {
			message = "No rollback: nothing was deployed."
		}
		return []Event{{DeploymentEnded: &DeploymentEnded{ID: d.ID, Status: types.DeploymentStatusFailed, RollbackMessage: message, Error: &types.ErrorInformation{
			Code: types.ErrorCodeNoInstances,
			Message: ptr("The deployment failed because no instances were found for the deployment group. " +
				"Check that the group's tag filters select the instances that you want to deploy to."),
		}}}}
	}
	current := "" // the revision of the group's last successful deployment, whatever is deployed now
	if n := len(g.good); n > 0 {
		current = revisionKey(&g.good[n-1].Revision)
	}
	rank := func(id string) int { // unhealthy first; then revision unknown, old, current
		h := g.health[id]
		switch {
		case !h.healthy:
			return 0
		case h.revision == "":
			return 1
		case h.revision != current:
			return 2
		}
		return 3
	}
	slices.SortFunc(targets, func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b)) })
	return []Event{{DeploymentStarted: &DeploymentStarted{
		ID: d.ID, Targets: targets, Events: inPlaceEvents, Minimum: w.minimum(d.Config, len(targets)),
	}}}
}

// minimum is the number of instances that have to stay healthy, of n.
func (w *world) minimum(name string, n int) int {
	switch name {
	case "CodeDeployDefault.AllAtOnce":
		return 0
	case "CodeDeployDefault.OneAtATime":
		return n - 1 // 99 % of fewer than 100, rounded up, would be all of them
	case "CodeDeployDefault.HalfAtATime":
		return percent(n, 50)
	}
	c := w.configs[name]
	if c == nil {
		return n - 1
	}
	if c.minimum.Type == types.MinimumHealthyHostsTypeFleetPercent {
		return percent(n, int(c.minimum.Value))
	}
	return int(c.minimum.Value)
}

// percent rounds up, as the service does.
func percent(n, p int) int { return (n*p + 99) / 100 }

// advance moves a target that has begun to its next event, or ends it.
func (d *deployment) advance(t *target, now time.Time) []Event {
	if l := t.running(); l != nil {
		if now.Sub(l.start) < eventLimit {
			return nil
		}
		return []Event{{EventEnded: &EventEnded{
			Deployment: d.ID, Target: t.id, Name: l.name, Status: types.LifecycleEventStatusFailed,
			Diagnostics: &types.Diagnostics{ErrorCode: types.LifecycleErrorCodeScriptTimedOut, ScriptName: ptr(""), LogTail: ptr(""),
				Message: ptr(fmt.Sprintf("The lifecycle event %s did not end within %d seconds.", l.name, int(eventLimit.Seconds())))},
		}}}
	}
	end := func(s types.TargetStatus) []Event {
		return []Event{{TargetEnded: &TargetEnded{Deployment: d.ID, Target: t.id, Status: s}}}
	}
	for _, l := range t.events {
		switch l.status {
		case types.LifecycleEventStatusFailed, types.LifecycleEventStatusUnknown:
			if l.name == "ApplicationStop" && d.IgnoreStopFailures && !d.stopping {
				continue
			}
			return end(types.TargetStatusFailed)
		case types.LifecycleEventStatusPending:
			if d.stopping || d.failing != nil && d.failing.Code == types.ErrorCodeTimeout {
				return end(types.TargetStatusFailed) // left in between
			}
			return []Event{{EventStarted: &EventStarted{Deployment: d.ID, Target: t.id, Name: l.name}}}
		}
	}
	return end(types.TargetStatusSucceeded)
}

// begin starts as many of the waiting targets as the minimum of healthy ones
// allows, or gives the deployment up (instances-health.md).
func (w *world) begin(d *deployment, waiting []*target) []Event {
	g := w.group(d)
	n := len(d.targets)
	healthy, unhealthyBusy, healthyBusy := 0, 0, 0
	for _, t := range d.targets {
		switch ok, busy := g.health[t.id].healthy, t.status == types.TargetStatusInProgress; {
		case ok && busy:
			healthy, healthyBusy = healthy+1, healthyBusy+1
		case ok:
			healthy++
		case busy:
			unhealthyBusy++
		}
	}
	var sick, well []*target
	for _, t := range waiting {
		if g.health[t.id].healthy {
			well = append(well, t)
		} else {
			sick = append(sick, t)
		}
	}
	// More than the text says, with the same outcome sooner: once too many have
	// failed for the minimum ever to be reached, no further one is touched.
	if healthy+unhealthyBusy+len(sick) < d.minimum {
		return d.giveUp()
	}
	room := 0
	var from []*target
	switch {
	case len(sick) > 0:
		room, from = max(1, n-d.minimum)-unhealthyBusy, sick
	case unhealthyBusy > 0:
		return nil // they decide how many healthy ones may be touched
	case healthy <= d.minimum:
		return d.giveUp()
	default:
		room, from = healthy-d.minimum-healthyBusy, well
	}
	var out []Event
	for _, t := range from[:max(0, min(room, len(from)))] {
		out = append(out, Event{EventStarted: &EventStarted{Deployment: d.ID, Target: t.id, Name: t.events[0].name}})
	}
	return out
}

// giveUp fails a deployment whose minimum of healthy instances cannot be kept.
func (d *deployment) giveUp() []Event {
	info := types.ErrorInformation{
		Code: types.ErrorCodeHealthConstraints,
		Message: ptr(fmt.Sprintf("The overall deployment failed because too many individual instances failed deployment, or too few healthy instances "+
			"are available for deployment: at least %d of %d have to stay healthy.", d.minimum, len(d.targets))),
	}
	if d.minimum == 0 {
		info.Message = ptr("The overall deployment failed because the deployment succeeded on no instance.")
	}
	if d.count(types.TargetStatusPending) == len(d.targets) {
		info.Code = types.ErrorCodeHealthConstraintsInvalid
		info.Message = ptr(fmt.Sprintf("The deployment can't start because fewer than %d healthy instances, the minimum and one to spare, "+
			"are there among the %d of the deployment group.", d.minimum+1, len(d.targets)))
	}
	return []Event{{DeploymentFailing: &DeploymentFailing{ID: d.ID, Error: info}}}
}

// end settles a deployment of which no target waits or runs.
func (w *world) end(d *deployment) []Event {
	ended := &DeploymentEnded{ID: d.ID, Status: types.DeploymentStatusSucceeded}
	healthy := 0
	if g := w.group(d); g != nil {
		for _, t := range d.targets {
			if g.health[t.id].healthy {
				healthy++
			}
		}
	}
	switch {
	case d.stopping:
		ended.Status = types.DeploymentStatusStopped
		ended.Error = &types.ErrorInformation{Code: types.ErrorCodeManualStop, Message: ptr("The deployment was stopped by a user.")}
	case d.failing != nil:
		ended.Status, ended.Error = types.DeploymentStatusFailed, d.failing
	case healthy < d.minimum || d.count(types.TargetStatusSucceeded) == 0:
		ended.Status, ended.Error = types.DeploymentStatusFailed, &d.giveUp()[0].DeploymentFailing.Error
	}
	out := []Event{{DeploymentEnded: ended}}
	if event, message := w.rollback(d, ended.Status); event != nil {
		out = append(out, *event)
	} else {
		ended.RollbackMessage = message
	}
	return out
}

func (d *deployment) pending() []*target {
	var out []*target
	for _, t := range d.targets {
		if t.status == types.TargetStatusPending {
			out = append(out, t)
		}
	}
	return out
}

func (d *deployment) count(s types.TargetStatus) int {
	n := 0
	for _, t := range d.targets {
		if t.status == s {
			n++
		}
	}
	return n
}

func ptr[T any](v T) *T { return &v }
