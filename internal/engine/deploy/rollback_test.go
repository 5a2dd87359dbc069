package deploy

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/codedeploy-steps/codedeploy-steps/internal/agent"
)

const (
	onFailure = types.AutoRollbackEventDeploymentFailure
	onStop    = types.AutoRollbackEventDeploymentStopOnRequest
	onAlarm   = types.AutoRollbackEventDeploymentStopOnAlarm
)

func override(enabled bool, events ...types.AutoRollbackEvent) func(*codedeploy.CreateDeploymentInput) {
	return func(in *codedeploy.CreateDeploymentInput) {
		in.AutoRollbackConfiguration = &types.AutoRollbackConfiguration{Enabled: enabled, Events: events}
	}
}

// TestRollback: a new deployment of the revision of the last one that succeeded
// (deployments-rollback-and-redeploy.md).
func TestRollback(t *testing.T) {
	log := &memoryLog{}
	simulate(t, log, func(t *testing.T, f *fleet) {
		f.add(3)
		f.rollbackOn(onFailure)
		keep := func(in *codedeploy.CreateDeploymentInput) { in.FileExistsBehavior = types.FileExistsBehaviorRetain }
		good := f.deploy("v1", with(all), keep)
		// v2 fails without a rollback: the last good one stays v1.
		f.use(failing("Install", upTo(3)...))
		if info := f.deploy("v2", with(all), override(false)); info.Status != failed || info.RollbackInfo != nil {
			t.Fatalf("%s, rollback %+v", overview(info), info.RollbackInfo)
		}
		f.use(func(instance string, c agent.Command) (time.Duration, agent.Result) {
			if c.Spec.Revision.Key == "v3" {
				return failing("ApplicationStart", names(1, 2)...)(instance, c)
			}
			return well(instance, c)
		})
		overwrite := func(in *codedeploy.CreateDeploymentInput) { in.FileExistsBehavior = types.FileExistsBehaviorOverwrite }
		info := f.deploy("v3", with(oneByOne), overwrite)
		id := *info.DeploymentId
		if info.Status != failed || info.RollbackInfo == nil || info.RollbackInfo.RollbackDeploymentId == nil {
			t.Fatalf("%s, rollback %+v", overview(info), info.RollbackInfo)
		}
		back := f.info(*info.RollbackInfo.RollbackDeploymentId)
		if back.Status != succeeded || back.Creator != types.DeploymentCreatorCodeDeployRollback || back.Creator == info.Creator {
			t.Errorf("rollback is %s by %s", overview(back), back.Creator)
		}
		if r := back.RollbackInfo; r == nil || r.RollbackTriggeringDeploymentId == nil || *r.RollbackTriggeringDeploymentId != id || r.RollbackDeploymentId != nil {
			t.Errorf("the rollback's links are %+v", r)
		}
		if r := info.RollbackInfo; r.RollbackTriggeringDeploymentId != nil || r.RollbackMessage != nil {
			t.Errorf("the failed one's links are %+v", r)
		}
		if *back.Revision.S3Location.Key != "v1" || *back.PreviousRevision.S3Location.Key != "v3" {
			t.Errorf("rolled back from %s to %s", *back.PreviousRevision.S3Location.Key, *back.Revision.S3Location.Key)
		}
		if back.FileExistsBehavior != good.FileExistsBehavior || *back.DeploymentConfigName != oneByOne {
			t.Errorf("rollback with %s and %s", back.FileExistsBehavior, *back.DeploymentConfigName)
		}
		if !strings.Contains(*back.Description, id) || !strings.Contains(*back.Description, *good.DeploymentId) {
			t.Errorf("description is %q", *back.Description)
		}
		group := must(f.GetDeploymentGroup(f.ctx, &codedeploy.GetDeploymentGroupInput{ApplicationName: ptr("app"), DeploymentGroupName: ptr("group")}))(t).DeploymentGroupInfo
		if *group.LastAttemptedDeployment.DeploymentId != *back.DeploymentId || *group.LastSuccessfulDeployment.DeploymentId != *back.DeploymentId || *group.TargetRevision.S3Location.Key != "v1" {
			t.Errorf("the group knows %+v", group)
		}
		audit(t, log.all())
		f.wantWhole()
	})
}

func TestRollbackIsAskedFor(t *testing.T) {
	tests := []struct {
		name     string
		group    []types.AutoRollbackEvent
		override func(*codedeploy.CreateDeploymentInput)
		stop     *codedeploy.StopDeploymentInput // else the deployment fails
		want     bool
	}{
		{name: "nobody asks"},
		{name: "the group, on failure", group: []types.AutoRollbackEvent{onFailure}, want: true},
		{name: "the group, on stop only", group: []types.AutoRollbackEvent{onStop}},
		{name: "the group, on alarm only", group: []types.AutoRollbackEvent{onAlarm}},
		{name: "the deployment", override: override(true, onFailure), want: true},
		{name: "the deployment says no", group: []types.AutoRollbackEvent{onFailure}, override: override(false)},
		{name: "the deployment disables what it names", group: []types.AutoRollbackEvent{onFailure}, override: override(false, onFailure)},
		{name: "the deployment, on stop only", group: []types.AutoRollbackEvent{onFailure}, override: override(true, onStop)},

		{name: "stopped", stop: &codedeploy.StopDeploymentInput{}},
		{name: "stopped, group on failure only", group: []types.AutoRollbackEvent{onFailure}, stop: &codedeploy.StopDeploymentInput{}},
		{name: "stopped, group on stop", group: []types.AutoRollbackEvent{onFailure, onStop}, stop: &codedeploy.StopDeploymentInput{}, want: true},
		{name: "stopped, the deployment on stop", override: override(true, onStop), stop: &codedeploy.StopDeploymentInput{}, want: true},
		{name: "stopped with rollback", stop: &codedeploy.StopDeploymentInput{AutoRollbackEnabled: ptr(true)}, want: true},
		{name: "stopped with rollback, the deployment says no", override: override(false), stop: &codedeploy.StopDeploymentInput{AutoRollbackEnabled: ptr(true)}, want: true},
		{name: "stopped without rollback, group on stop", group: []types.AutoRollbackEvent{onStop}, stop: &codedeploy.StopDeploymentInput{AutoRollbackEnabled: ptr(false)}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			simulate(t, &memoryLog{}, func(t *testing.T, f *fleet) {
				f.add(2)
				f.rollbackOn(test.group...)
				f.prepare()
				f.use(failing("Install", upTo(2)...))
				change := func(*codedeploy.CreateDeploymentInput) {}
				if test.override != nil {
					change = test.override
				}
				id := f.begin("v2", with(all), change)
				if test.stop != nil {
					f.during(id, name(1), "BeforeInstall")
					test.stop.DeploymentId = &id
					must(f.StopDeployment(f.ctx, test.stop))(t)
				}
				f.settle()
				info := f.info(id)
				if got := info.RollbackInfo != nil && info.RollbackInfo.RollbackDeploymentId != nil; got != test.want {
					t.Errorf("rolled back: %v, want %v (%+v)", got, test.want, info.RollbackInfo)
				}
			})
		})
	}
}

// TestNoRollback says why none follows.
func TestNoRollback(t *testing.T) {
	simulate(t, &memoryLog{}, func(t *testing.T, f *fleet) {
		f.add(2)
		f.rollbackOn(onFailure)
		f.use(failing("Install", upTo(2)...))
		message := func(info *types.DeploymentInfo) string {
			if info.RollbackInfo == nil || info.RollbackInfo.RollbackMessage == nil || info.RollbackInfo.RollbackDeploymentId != nil {
				t.Fatalf("%s, rollback %+v", overview(info), info.RollbackInfo)
			}
			return *info.RollbackInfo.RollbackMessage
		}
		if got, want := message(f.deploy("v1", with(all))), "No rollback: the deployment group has no revision yet that was deployed with success."; got != want {
			t.Errorf("message is %q, want %q", got, want)
		}
		f.prepare()
		f.rollbackOn(onFailure, onStop)
		// What goes back to v1 fails as well: it is the end.
		f.use(failing("Install", upTo(2)...))
		info := f.deploy("v2", with(all))
		back := f.info(*info.RollbackInfo.RollbackDeploymentId)
		if back.Status != failed {
			t.Fatal(overview(back))
		}
		if got, want := message(back), "A rollback that fails is not rolled back."; got != want {
			t.Errorf("message is %q, want %q", got, want)
		}
		all := must(f.ListDeployments(f.ctx, &codedeploy.ListDeploymentsInput{}))(t).Deployments
		if len(all) != 4 {
			t.Errorf("there are %d deployments", len(all))
		}
	})
}
