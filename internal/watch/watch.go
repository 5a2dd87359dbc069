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
	"time"

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
	Place func(*types.RevisionLocation) string       // writes where a revision lies; nil: it is not told

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
	info, err := w.poll(ctx, id, func(info *types.DeploymentInfo) (bool, error) {
		if err := f.update(ctx, info); err != nil || f.complete {
			return err == nil, err
		}
		f.signOfLife()
		return false, nil
	})
	if err != nil && ctx.Err() == nil {
		f.giveUp(info)
	}
	return info, err
}

// poll gets a deployment again and again until found says that this was enough.
// An error that may pass, found's own too, only makes it ask once more.
func (w *Watcher) poll(ctx context.Context, id string, found func(*types.DeploymentInfo) (enough bool, err error)) (*types.DeploymentInfo, error) {
	began := w.now()
	lastGood, silent := began, false
	var info *types.DeploymentInfo
	for {
		enough := false
		out, err := w.API.GetDeployment(ctx, &codedeploy.GetDeploymentInput{DeploymentId: &id})
		if err == nil {
			info = out.DeploymentInfo
			enough, err = found(info)
		}
		switch {
		case err == nil:
			lastGood, silent = w.now(), false
			if enough {
				return info, nil
			}
		case ctx.Err() != nil:
			return info, ctx.Err()
		case throttled(err):
			lastGood = w.now() // it is there
		case !later(err), w.now().Sub(lastGood) > patience:
			return info, err
		case !silent:
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
