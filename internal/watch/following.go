package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/smithy-go"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

// following is what was told of one deployment already.
type following struct {
	*Watcher
	id       string
	status   types.DeploymentStatus
	overview event.Overview
	targets  []string
	seen     map[string]types.LifecycleEventStatus // by target and event
	done     map[string]bool                       // targets of which all was told
	running  map[string]time.Time                  // since when, by target and event
	sign     time.Time                             // when something was told last
	blind    bool                                  // details of targets are refused
	complete bool                                  // all was told of all targets
}

// update tells what is new in a deployment.
func (f *following) update(ctx context.Context, info *types.DeploymentInfo) error {
	overview := overviewOf(info.DeploymentOverview)
	changed := overview != f.overview
	ended := Ended(info.Status)
	// The end is told after the details that led to it; but a deployment is told
	// of before its details, so one that had ended before is told at once.
	if info.Status != f.status && (!ended || f.status == "") {
		f.tell(info, overview)
	}
	if !f.blind && (info.DeploymentOverview != nil || ended) {
		switch err := f.details(ctx, overview, changed, ended); {
		case err == nil:
		case later(err) || ctx.Err() != nil:
			return err
		default:
			// The deployment can be followed all the same.
			f.blind = true
			f.Sink.Emit(event.Note{Level: event.Warning, Text: "what happens on each target can't be told: " + refusal(err)})
		}
	}
	f.overview = overview
	if ended {
		f.complete = true
		if f.status != info.Status {
			f.tell(info, overview)
		}
	}
	return nil
}

// refusal is the service's own words for a call that it refused.
func refusal(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode() + ": " + api.ErrorMessage()
	}
	return err.Error()
}

// giveUp tells how a deployment ended of which the details could not be had.
func (f *following) giveUp(info *types.DeploymentInfo) {
	if info != nil && Ended(info.Status) && f.status != info.Status {
		f.tell(info, overviewOf(info.DeploymentOverview))
	}
}

func (f *following) tell(info *types.DeploymentInfo, overview event.Overview) {
	f.status = info.Status
	e := event.Deployment{
		ID: f.id, Application: aws.ToString(info.ApplicationName), Group: aws.ToString(info.DeploymentGroupName),
		Config: aws.ToString(info.DeploymentConfigName), Status: string(info.Status),
		Rollback: IsRollback(info), Overview: &overview,
		Description: aws.ToString(info.Description), Created: aws.ToTime(info.CreateTime), Ended: aws.ToTime(info.CompleteTime),
	}
	if f.Place != nil {
		e.Revision = f.Place(info.Revision)
	}
	if e.Rollback && info.RollbackInfo != nil {
		e.RollbackOf = aws.ToString(info.RollbackInfo.RollbackTriggeringDeploymentId)
	}
	if info.ErrorInformation != nil {
		e.ErrorCode, e.Message = string(info.ErrorInformation.Code), aws.ToString(info.ErrorInformation.Message)
	}
	f.Sink.Emit(e)
}

// details asks for the targets that may have changed and tells what is new.
func (f *following) details(ctx context.Context, o event.Overview, changed, ended bool) error {
	total := o.Pending + o.InProgress + o.Succeeded + o.Failed + o.Skipped + o.Ready
	if total == 0 && !ended {
		return nil
	}
	if len(f.targets) == 0 || int64(len(f.targets)) < total && (changed || ended) {
		ids, err := f.list(ctx, "")
		if err != nil {
			return err
		}
		f.targets = ids
	}
	ids := f.targets
	if len(ids) > detailed && !ended {
		if !changed || o.Failed == f.overview.Failed {
			return nil
		}
		failed, err := f.list(ctx, string(types.TargetStatusFailed))
		if err != nil {
			return err
		}
		ids = failed
	}
	var open []string
	for _, id := range ids {
		if !f.done[id] {
			open = append(open, id)
		}
	}
	for len(open) > 0 {
		n := min(len(open), detailed)
		out, err := f.API.BatchGetDeploymentTargets(ctx, &codedeploy.BatchGetDeploymentTargetsInput{DeploymentId: &f.id, TargetIds: open[:n]})
		if err != nil {
			return err
		}
		for i := range out.DeploymentTargets {
			f.target(&out.DeploymentTargets[i])
		}
		open = open[n:]
	}
	return nil
}

// signOfLife says what still runs when nothing was told for a while.
func (f *following) signOfLife() {
	if len(f.running) == 0 || f.now().Sub(f.sign) < quiet {
		return
	}
	f.sign = f.now()
	var what []string
	for key, since := range f.running {
		target, name, _ := strings.Cut(key, " ")
		what = append(what, fmt.Sprintf("%s on %s for %s", name, target, f.sign.Sub(since).Round(time.Second)))
	}
	slices.Sort(what)
	more := ""
	if len(what) > 3 {
		what, more = what[:3], fmt.Sprintf(" and %d more", len(what)-3)
	}
	f.Sink.Emit(event.Note{Level: event.Info, Text: "still running: " + strings.Join(what, ", ") + more})
}

func (f *following) list(ctx context.Context, status string) ([]string, error) {
	in := &codedeploy.ListDeploymentTargetsInput{DeploymentId: &f.id}
	if status != "" {
		in.TargetFilters = map[string][]string{string(types.TargetFilterNameTargetStatus): {status}}
	}
	var ids []string
	for {
		out, err := f.API.ListDeploymentTargets(ctx, in)
		var notStarted *types.DeploymentNotStartedException
		if errors.As(err, &notStarted) {
			return ids, nil
		}
		if err != nil {
			return nil, err
		}
		ids = append(ids, out.TargetIds...)
		if in.NextToken = out.NextToken; aws.ToString(in.NextToken) == "" {
			return ids, nil
		}
	}
}

// target tells what is new on one target.
func (f *following) target(t *types.DeploymentTarget) {
	id, status, events := parts(t)
	if id == "" {
		return
	}
	for _, l := range events {
		name := aws.ToString(l.LifecycleEventName)
		key := id + "\x00" + name
		if l.Status == f.seen[key] || f.seen[key] == "" && l.Status == types.LifecycleEventStatusPending {
			continue
		}
		f.seen[key] = l.Status
		f.sign = f.now()
		if l.Status == types.LifecycleEventStatusInProgress {
			f.running[id+" "+name] = f.now()
		} else {
			delete(f.running, id+" "+name)
		}
		e := event.Lifecycle{Deployment: f.id, Target: id, Name: name, Status: string(l.Status)}
		e.Began = aws.ToTime(l.StartTime)
		if l.StartTime != nil && l.EndTime != nil {
			e.Took = event.Duration(l.EndTime.Sub(*l.StartTime))
		}
		if l.Status == types.LifecycleEventStatusSucceeded && l.Diagnostics != nil {
			e.Log = aws.ToString(l.Diagnostics.LogTail)
		}
		if l.Status == types.LifecycleEventStatusFailed {
			e.Failure = failure(name, l.Diagnostics)
		}
		f.Sink.Emit(e)
	}
	switch status {
	case types.TargetStatusSucceeded, types.TargetStatusFailed, types.TargetStatusSkipped:
		if !f.done[id] {
			f.done[id] = true
			f.Sink.Emit(event.Target{Deployment: f.id, ID: id, Status: string(status)})
		}
	}
}

// parts takes what the kinds of targets have in common.
func parts(t *types.DeploymentTarget) (string, types.TargetStatus, []types.LifecycleEvent) {
	switch {
	case t.InstanceTarget != nil:
		return aws.ToString(t.InstanceTarget.TargetId), t.InstanceTarget.Status, t.InstanceTarget.LifecycleEvents
	case t.LambdaTarget != nil:
		return aws.ToString(t.LambdaTarget.TargetId), t.LambdaTarget.Status, t.LambdaTarget.LifecycleEvents
	case t.EcsTarget != nil:
		return aws.ToString(t.EcsTarget.TargetId), t.EcsTarget.Status, t.EcsTarget.LifecycleEvents
	case t.CloudFormationTarget != nil:
		return aws.ToString(t.CloudFormationTarget.TargetId), t.CloudFormationTarget.Status, t.CloudFormationTarget.LifecycleEvents
	}
	return "", "", nil
}

func overviewOf(o *types.DeploymentOverview) event.Overview {
	if o == nil {
		return event.Overview{}
	}
	return event.Overview{Pending: o.Pending, InProgress: o.InProgress, Succeeded: o.Succeeded, Failed: o.Failed, Skipped: o.Skipped, Ready: o.Ready}
}
