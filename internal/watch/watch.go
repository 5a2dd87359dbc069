// Package watch follows a deployment to its end and tells what happens as
// events, with as few calls as can be: one GetDeployment a poll, and details of
// targets only where something may have changed. It stops nothing and decides
// nothing; that is the steps' affair.
//
// How often it asks grows with the time that has passed, so that a short
// deployment is not kept waiting and a long one does not draw on the account's
// rate of calls. A call that is throttled is made later and is never a failure.
package watch

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/smithy-go"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

// API are the operations that watching needs.
type API interface {
	GetDeployment(context.Context, *codedeploy.GetDeploymentInput, ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentOutput, error)
	ListDeploymentTargets(context.Context, *codedeploy.ListDeploymentTargetsInput, ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentTargetsOutput, error)
	BatchGetDeploymentTargets(context.Context, *codedeploy.BatchGetDeploymentTargetsInput, ...func(*codedeploy.Options)) (*codedeploy.BatchGetDeploymentTargetsOutput, error)
}

// Watcher follows deployments.
type Watcher struct {
	API   API
	Sink  event.Sink
	Sleep func(context.Context, time.Duration) error // nil: the real time
	Now   func() time.Time                           // nil: the real time

	following map[string]*following
}

const (
	shortest = 200 * time.Millisecond
	longest  = 15 * time.Second
	// patience is how long the service may be out of reach before the watcher
	// gives up; the deployment goes on without it.
	patience = 2 * time.Minute
	// quiet is how long nothing happens before it is said what still runs.
	quiet = time.Minute
	// detailed is the number of targets up to which each event is shown as it happens.
	detailed = 25 // what one BatchGetDeploymentTargets takes
)

// Follow tells what happens to a deployment until it has ended and answers what
// became of it. With ctx it gives up early and answers ctx's error along with
// what it knew last.
func (w *Watcher) Follow(ctx context.Context, id string) (*types.DeploymentInfo, error) {
	f := w.following[id] // followed before: what was told is not told again
	if f == nil {
		f = &following{Watcher: w, id: id, seen: map[string]types.LifecycleEventStatus{}, done: map[string]bool{}, running: map[string]time.Time{}}
		if w.following == nil {
			w.following = map[string]*following{}
		}
		w.following[id] = f
	}
	began := w.now()
	lastGood, silent := began, false
	var info *types.DeploymentInfo
	for {
		out, err := w.API.GetDeployment(ctx, &codedeploy.GetDeploymentInput{DeploymentId: &id})
		if err == nil {
			info = out.DeploymentInfo
			err = f.update(ctx, info)
		}
		switch {
		case err == nil:
			lastGood, silent = w.now(), false
			if f.complete {
				return info, nil
			}
			f.signOfLife()
		case ctx.Err() != nil:
			return info, ctx.Err()
		case !later(err), w.now().Sub(lastGood) > patience && !throttled(err):
			f.giveUp(info)
			return info, err
		case !silent && !throttled(err):
			silent = true
			w.Sink.Emit(event.Note{Level: event.Info, Text: fmt.Sprintf("the service does not answer; it is asked again for up to %.0f minutes", patience.Minutes())})
		}
		pause := min(max(w.now().Sub(began)/6, shortest), longest)
		pause += time.Duration(rand.Int64N(int64(pause)/5 + 1))
		if err := w.sleep(ctx, pause); err != nil {
			return info, err
		}
	}
}

// Ended says if a deployment of this status changes no more.
func Ended(s types.DeploymentStatus) bool {
	return s == types.DeploymentStatusSucceeded || s == types.DeploymentStatusFailed || s == types.DeploymentStatusStopped
}

// later says that an error may pass: throttling, the network, the service's own faults.
func later(err error) bool {
	var answer interface{ HTTPStatusCode() int }
	if errors.As(err, &answer) && answer.HTTPStatusCode() >= 500 {
		return true
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		return throttled(err) || api.ErrorFault() == smithy.FaultServer || api.ErrorCode() == "InternalFailure" || api.ErrorCode() == "ServiceUnavailable"
	}
	return !errors.Is(err, context.Canceled)
}

func throttled(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	_, ok := retry.DefaultThrottleErrorCodes[api.ErrorCode()]
	return ok
}

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
	if info.DeploymentOverview != nil || ended {
		if err := f.details(ctx, overview, changed, ended); err != nil {
			return err
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
		Rollback: info.Creator == types.DeploymentCreatorCodeDeployRollback, Overview: &overview,
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

func (w *Watcher) now() time.Time {
	if w.Now != nil {
		return w.Now()
	}
	return time.Now()
}

func (w *Watcher) sleep(ctx context.Context, d time.Duration) error {
	if w.Sleep != nil {
		return w.Sleep(ctx, d)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Words says in one line how a deployment ended.
func Words(info *types.DeploymentInfo) string {
	s := fmt.Sprintf("%s %s", aws.ToString(info.DeploymentId), info.Status)
	if e := info.ErrorInformation; e != nil && info.Status != types.DeploymentStatusStopped {
		s += fmt.Sprintf(" (%s)", e.Code)
	}
	return s
}
