package deploy

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/codedeploy-steps/codedeploy-steps/internal/agent"
)

// TestOrder: unhealthy instances come first, then those with an old revision,
// then those with the group's current one (instances-health.md).
func TestOrder(t *testing.T) {
	for _, revision := range []string{"v2", "v3", "v4"} { // current is what the group has, not what is deployed now
		t.Run(revision, func(t *testing.T) {
			log := &memoryLog{}
			simulate(t, log, func(t *testing.T, f *fleet) {
				f.add(5)
				f.prepare()
				if info := f.deploy("v2", with(all)); info.Status != succeeded {
					t.Fatal(overview(info))
				}
				// v3 gets onto 1 and fails on 2: 1 is healthy with a revision that is
				// not the group's, 2 unhealthy, 3 to 5 are current.
				f.use(failing("Install", name(2)))
				if info := f.deploy("v3", with(oneByOne)); info.Status != failed || info.DeploymentOverview.Succeeded != 1 {
					t.Fatal(overview(info))
				}
				f.use(well)
				// An instance that lost its disk has nothing.
				if err := f.ReplaceInstance(name(4)); err != nil {
					t.Fatal(err)
				}
				info := f.deploy(revision, with(all))
				if got, want := audit(t, log.all())[*info.DeploymentId].targets, names(2, 4, 1, 3, 5); !slices.Equal(got, want) {
					t.Errorf("order is %v, want %v", got, want)
				}
			})
		})
	}
}

func TestUpdateOutdatedInstancesOnly(t *testing.T) {
	log := &memoryLog{}
	simulate(t, log, func(t *testing.T, f *fleet) {
		outdated := func(in *codedeploy.CreateDeploymentInput) { in.UpdateOutdatedInstancesOnly = true }
		f.add(4)
		f.prepare(2)
		if err := f.ReplaceInstance(name(4)); err != nil {
			t.Fatal(err)
		}
		info := f.deploy("v1", with(all), outdated)
		if got := audit(t, log.all())[*info.DeploymentId].targets; !slices.Equal(got, names(2, 4)) || info.Status != succeeded {
			t.Errorf("%s on %v, want the two without v1", overview(info), got)
		}
		if !info.UpdateOutdatedInstancesOnly {
			t.Error("the deployment does not say that it is of outdated instances only")
		}
		// Without a revision it is the group's; and there is nothing left to do.
		info = f.deploy("", outdated, func(in *codedeploy.CreateDeploymentInput) { in.Revision = nil })
		if info.Status != succeeded || *info.Revision.S3Location.Key != "v1" || info.DeploymentOverview != nil {
			t.Errorf("with nothing to update: %s", overview(info))
		}
		info = f.deploy("v2", with(all), outdated)
		if info.Status != succeeded || info.DeploymentOverview.Succeeded != 4 {
			t.Errorf("all are outdated: %s", overview(info))
		}
		wantError[*types.RevisionRequiredException](t, func() error {
			_, err := f.CreateDeployment(f.ctx, &codedeploy.CreateDeploymentInput{ApplicationName: ptr("app"), DeploymentGroupName: ptr("group")})
			return err
		}(), "A revision is required.")
	})
}

func TestNoInstances(t *testing.T) {
	simulate(t, &memoryLog{}, func(t *testing.T, f *fleet) {
		info := f.deploy("v1")
		if info.Status != failed || code(info) != types.ErrorCodeNoInstances || info.CompleteTime == nil {
			t.Errorf("is %s, want NO_INSTANCES", overview(info))
		}
	})
}

func TestIgnoreApplicationStopFailures(t *testing.T) {
	for _, ignore := range []bool{false, true} {
		simulate(t, &memoryLog{}, func(t *testing.T, f *fleet) {
			f.add(2)
			f.use(failing("ApplicationStop", name(1)))
			info := f.deploy("v1", with(all), func(in *codedeploy.CreateDeploymentInput) { in.IgnoreApplicationStopFailures = ignore })
			first := f.target(*info.DeploymentId, name(1))
			want := types.TargetStatusFailed
			if ignore {
				want = types.TargetStatusSucceeded
			}
			stop := first.LifecycleEvents[0]
			if first.Status != want || stop.Status != types.LifecycleEventStatusFailed || info.IgnoreApplicationStopFailures != ignore {
				t.Errorf("ignore=%v: %s, %s", ignore, first.Status, stop.Status)
			}
			d := stop.Diagnostics
			if d == nil || d.ErrorCode != types.LifecycleErrorCodeScriptFailed || *d.ScriptName != "hook.sh" || *d.Message != "exit 1" || *d.LogTail != "boom" {
				t.Errorf("diagnostics are %+v", d)
			}
			// Other events are not forgiven.
			f.use(failing("BeforeInstall", name(1)))
			info = f.deploy("v1", with(all), func(in *codedeploy.CreateDeploymentInput) { in.IgnoreApplicationStopFailures = ignore })
			if s := f.target(*info.DeploymentId, name(1)).Status; s != types.TargetStatusFailed {
				t.Errorf("ignore=%v: BeforeInstall fails, the target is %s", ignore, s)
			}
		})
	}
}

// TestEventLimit: an event that does not end within an hour fails, and its late
// result changes nothing (limits.md).
func TestEventLimit(t *testing.T) {
	log := &memoryLog{}
	simulate(t, log, func(t *testing.T, f *fleet) {
		if err := f.AddInstance(InstanceAdded{ID: name(1), Tags: map[string]string{"Name": "local"}}); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		id := f.begin("v1")
		c := must(f.Poll(f.ctx, name(1)))(t)
		time.Sleep(time.Hour - time.Second)
		if s := f.info(id).Status; s != types.DeploymentStatusInProgress {
			t.Fatalf("is %s before the hour is over", s)
		}
		f.settle()
		if took := time.Since(began); took < time.Hour || took > time.Hour+10*time.Second {
			t.Errorf("ended after %v", took)
		}
		d := f.target(id, name(1)).LifecycleEvents[0].Diagnostics
		if d == nil || d.ErrorCode != types.LifecycleErrorCodeScriptTimedOut {
			t.Errorf("diagnostics are %+v", d)
		}
		if f.Acknowledge(c.ID) {
			t.Error("the command is still wanted after its event has ended")
		}
		before := len(log.all())
		if err := f.Complete(c.ID, agent.Result{}); err != nil || len(log.all()) != before {
			t.Errorf("a late result is taken: %v", err)
		}
	})
}

// TestDeploymentLimit: an in-place deployment takes at most eight hours.
func TestDeploymentLimit(t *testing.T) {
	simulate(t, &memoryLog{}, func(t *testing.T, f *fleet) {
		f.add(4)
		f.use(slow(50 * time.Minute))
		info := f.deploy("v1", with(oneByOne)) // seven events of 50 minutes on each of four
		if info.Status != failed || code(info) != types.ErrorCodeTimeout {
			t.Errorf("is %s, want TIMEOUT", overview(info))
		}
		// The event that runs is waited for; no further one begins.
		if took := info.CompleteTime.Sub(*info.CreateTime); took < 8*time.Hour || took > 9*time.Hour {
			t.Errorf("took %v", took)
		}
	})
}
