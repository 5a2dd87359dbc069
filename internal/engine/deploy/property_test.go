package deploy

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/codedeploy-steps/codedeploy-steps/internal/agent"
)

// chance is a number below 1000 that belongs to these words alone, so that a
// deployment goes the same way however the goroutines are scheduled.
func chance(seed int, words ...string) int {
	h := fnv.New64a()
	fmt.Fprint(h, seed, words)
	return int(h.Sum64() % 1000)
}

// TestRandomFleets asserts the rules that audit knows, and that every
// deployment ends, over fleets, failures and configurations of all sorts.
func TestRandomFleets(t *testing.T) {
	for seed := range 200 {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			log := &memoryLog{}
			simulate(t, log, func(t *testing.T, f *fleet) { randomFleet(f, seed) })
			for id, s := range audit(t, log.all()) {
				if s.status == "" {
					t.Errorf("deployment %s never ended", id)
				}
			}
		})
	}
}

func randomFleet(f *fleet, seed int) {
	r := rand.New(rand.NewPCG(uint64(seed), 9))
	n := 1 + r.IntN(9)
	f.add(n)
	configs := []string{oneByOne, half, all, f.config(count, r.IntN(n+2)), f.config(percnt, r.IntN(100))}
	odds := []int{0, 10, 50, 150, 500, 1000}[r.IntN(6)] // of a failing instance, in 1000
	f.use(func(instance string, c agent.Command) (time.Duration, agent.Result) {
		fate := chance(seed, c.Spec.Revision.Key, instance)
		takes := time.Duration(1+chance(seed, instance, c.ID)) * time.Second / 10
		if fate < odds && inPlaceEvents[fate%len(inPlaceEvents)] == c.Event {
			if fate%5 == 0 {
				return 2 * time.Hour, agent.Result{} // too late
			}
			return takes, agent.Result{Code: agent.Code(1 + fate%5)}
		}
		return takes, agent.Result{}
	})
	var rollback []types.AutoRollbackEvent
	if r.IntN(2) == 0 {
		rollback = append(rollback, types.AutoRollbackEventDeploymentFailure)
	}
	if r.IntN(2) == 0 {
		rollback = append(rollback, types.AutoRollbackEventDeploymentStopOnRequest)
	}
	f.rollbackOn(rollback...)
	for range 4 {
		revision := fmt.Sprintf("v%d", r.IntN(3))
		id := f.begin(revision, with(configs[r.IntN(len(configs))]), func(in *codedeploy.CreateDeploymentInput) {
			in.IgnoreApplicationStopFailures, in.UpdateOutdatedInstancesOnly = r.IntN(3) == 0, r.IntN(4) == 0
		})
		if r.IntN(4) == 0 {
			time.Sleep(time.Duration(r.IntN(600)) * time.Second)
			f.StopDeployment(f.ctx, &codedeploy.StopDeploymentInput{DeploymentId: &id})
		}
		if r.IntN(6) == 0 {
			time.Sleep(time.Duration(r.IntN(300)) * time.Second)
			if err := f.ReplaceInstance(name(1 + r.IntN(n))); err != nil {
				f.Fatal(err)
			}
		}
		f.settle()
		f.wantWhole()
	}
}

// wantWhole asserts what the answers say of all deployments that have ended.
func (f *fleet) wantWhole() {
	f.Helper()
	ids := must(f.ListDeployments(f.ctx, &codedeploy.ListDeploymentsInput{}))(f).Deployments
	for _, id := range ids {
		info := f.info(id)
		if info.CompleteTime == nil || info.CompleteTime.Before(*info.CreateTime) || info.CompleteTime.Sub(*info.CreateTime) > 10*time.Hour {
			f.Errorf("%s: created %v, completed %v", id, info.CreateTime, info.CompleteTime)
		}
		if (info.Status == succeeded) != (info.ErrorInformation == nil) {
			f.Errorf("%s: %s with error %v", id, info.Status, info.ErrorInformation)
		}
		targets := must(f.ListDeploymentTargets(context.Background(), &codedeploy.ListDeploymentTargetsInput{DeploymentId: &id}))(f).TargetIds
		for _, instance := range targets {
			f.wantWholeTarget(id, f.target(id, instance))
		}
	}
}

func (f *fleet) wantWholeTarget(id string, target *types.InstanceTarget) {
	f.Helper()
	var statuses []types.LifecycleEventStatus
	for _, e := range target.LifecycleEvents {
		statuses = append(statuses, e.Status)
		if ran := e.Status == types.LifecycleEventStatusSucceeded || e.Status == types.LifecycleEventStatusFailed; ran != (e.StartTime != nil) || ran != (e.EndTime != nil) {
			f.Errorf("%s %s: %s is %s from %v to %v", id, *target.TargetId, *e.LifecycleEventName, e.Status, e.StartTime, e.EndTime)
		}
	}
	only := func(allowed ...types.LifecycleEventStatus) bool {
		return !slices.ContainsFunc(statuses, func(s types.LifecycleEventStatus) bool { return !slices.Contains(allowed, s) })
	}
	right := false
	switch target.Status {
	case types.TargetStatusSkipped:
		right = only(types.LifecycleEventStatusSkipped)
	case types.TargetStatusSucceeded: // but for an ApplicationStop that may fail
		right = statuses[0] != types.LifecycleEventStatusSkipped && !slices.ContainsFunc(statuses[1:], func(s types.LifecycleEventStatus) bool { return s != types.LifecycleEventStatusSucceeded })
	case types.TargetStatusFailed:
		right = only(types.LifecycleEventStatusSucceeded, types.LifecycleEventStatusFailed, types.LifecycleEventStatusSkipped) && !only(types.LifecycleEventStatusSucceeded)
	}
	if !right || len(statuses) != len(inPlaceEvents) {
		f.Errorf("%s %s is %s with events %v", id, *target.TargetId, target.Status, statuses)
	}
}
