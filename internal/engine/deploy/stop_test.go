package deploy

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

func (f *fleet) askStop(id string) (*codedeploy.StopDeploymentOutput, error) {
	return f.StopDeployment(f.ctx, &codedeploy.StopDeploymentInput{DeploymentId: &id})
}

// TestStop: the event that runs is finished, nothing else begins
// (deployments-stop.md, deployment-steps-server.md).
func TestStop(t *testing.T) {
	log := &memoryLog{}
	simulate(t, log, func(t *testing.T, f *fleet) {
		f.add(3)
		f.prepare()
		f.use(slow(10 * time.Second))
		id := f.begin("v2", with(oneByOne))
		f.during(id, name(1), "Install")
		for range 2 { // asking twice does no harm
			if out := must(f.askStop(id))(t); out.Status != types.StopStatusPending {
				t.Errorf("the stop is %s while an event runs", out.Status)
			}
		}
		if !f.Stopping(id) {
			t.Error("the service does not know of the stop")
		}
		if info := f.info(id); info.Status != types.DeploymentStatusInProgress {
			t.Errorf("is %s while an event runs", info.Status)
		}
		f.settle()
		info := f.info(id)
		if info.Status != stopped || code(info) != types.ErrorCodeManualStop {
			t.Errorf("is %s", overview(info))
		}
		var got []types.LifecycleEventStatus
		first := f.target(id, name(1))
		for _, e := range first.LifecycleEvents {
			got = append(got, e.Status)
		}
		if want := "[Succeeded Succeeded Succeeded Succeeded Skipped Skipped Skipped]"; fmt.Sprint(got) != want || first.Status != types.TargetStatusFailed {
			t.Errorf("the target is %s with %v, want %s", first.Status, got, want)
		}
		if s := f.target(id, name(2)).Status; s != types.TargetStatusSkipped {
			t.Errorf("one that was not begun is %s", s)
		}
		// "subsequent calls to stop the deployment return a status of succeeded"
		if out := must(f.askStop(id))(t); out.Status != types.StopStatusSucceeded {
			t.Errorf("a stop of what was stopped is %s", out.Status)
		}
		audit(t, log.all())
		f.wantWhole()

		// The next deployment repairs the one that was left in between, first.
		f.use(well)
		next := f.deploy("v2", with(oneByOne))
		if begun := audit(t, log.all())[*next.DeploymentId].begun; next.Status != succeeded || begun[0] != name(1) {
			t.Errorf("%s in the order %v", overview(next), begun)
		}
	})
}

// TestStopBetween: nothing runs, so the deployment has stopped at once.
func TestStopBetween(t *testing.T) {
	simulateHeld(t, &memoryLog{}, func(t *testing.T, f *fleet) { // not run: created, and nothing begun
		id := f.begin("v1")
		if s := f.info(id).Status; s != types.DeploymentStatusCreated {
			t.Fatalf("is %s before anything is decided", s)
		}
		if out := must(f.askStop(id))(t); out.Status != types.StopStatusPending {
			t.Errorf("the stop is %s before anything is decided", out.Status)
		}
		f.run()
		f.settle()
		if info := f.info(id); info.Status != stopped {
			t.Errorf("is %s", overview(info))
		}
	})
	// The one command was not begun by its instance yet: it is called back.
	log := &memoryLog{}
	simulate(t, log, func(t *testing.T, f *fleet) {
		f.add(1)
		f.prepare()
		if err := f.AddInstance(InstanceAdded{ID: name(2), Tags: map[string]string{"Name": "local"}}); err != nil {
			t.Fatal(err)
		}
		id := f.begin("v2", with(oneByOne)) // to 2 first, which does not poll
		must(f.askStop(id))(t)
		c := must(f.Poll(f.ctx, name(2)))(t)
		if f.Acknowledge(c.ID) {
			t.Error("a command of a stopped deployment is still wanted")
		}
		f.poll(name(2))
		f.Release(c.ID) // its poller takes it up, and says that it was called back
		f.settle()
		if info := f.info(id); info.Status != stopped || info.DeploymentOverview.Skipped != 1 || info.DeploymentOverview.Failed != 1 {
			t.Errorf("is %s", overview(info))
		}
	})
}

// TestStopLastEvent: what has finished when the stop comes to pass is not undone.
func TestStopLastEvent(t *testing.T) {
	simulate(t, &memoryLog{}, func(t *testing.T, f *fleet) {
		f.add(1)
		f.use(slow(10 * time.Second))
		id := f.begin("v1")
		f.during(id, name(1), "ValidateService")
		must(f.askStop(id))(t)
		f.settle()
		if info, target := f.info(id), f.target(id, name(1)); info.Status != stopped || target.Status != types.TargetStatusSucceeded {
			t.Errorf("is %s, its target %s", overview(info), target.Status)
		}
	})
}

func TestStopAfterTheEnd(t *testing.T) {
	simulate(t, &memoryLog{}, func(t *testing.T, f *fleet) {
		f.add(1)
		good := f.deploy("v1")
		_, err := f.askStop(*good.DeploymentId)
		wantError[*types.DeploymentAlreadyCompletedException](t, err, "Deployment "+*good.DeploymentId+" is already in a terminal state: Succeeded.")
		f.use(failing("Install", name(1)))
		bad := f.deploy("v1")
		_, err = f.askStop(*bad.DeploymentId)
		wantError[*types.DeploymentAlreadyCompletedException](t, err, "Deployment "+*bad.DeploymentId+" is already in a terminal state: Failed.")
		_, err = f.askStop("d-ABCDEFGHI")
		wantError[*types.DeploymentDoesNotExistException](t, err, "")
		_, err = f.askStop("d-1")
		wantError[*types.InvalidDeploymentIdException](t, err, "")
		_, err = f.StopDeployment(f.ctx, &codedeploy.StopDeploymentInput{})
		wantError[*types.DeploymentIdRequiredException](t, err, "")
	})
}

// TestOneDeploymentAtATime: clients parse the words.
func TestOneDeploymentAtATime(t *testing.T) {
	simulate(t, &memoryLog{}, func(t *testing.T, f *fleet) {
		f.add(1)
		must(f.CreateDeploymentGroup(f.ctx, group0("other")))(t)
		id := f.begin("v1")
		again := &codedeploy.CreateDeploymentInput{ApplicationName: ptr("app"), DeploymentGroupName: ptr("group"), Revision: revisionOf("v2")}
		_, err := f.CreateDeployment(f.ctx, again)
		wantError[*types.DeploymentLimitExceededException](t, err, "The Deployment Group 'group' already has an active Deployment '"+id+"'")
		// Another group is another matter, though the instance is the same one.
		other := f.begin("v2", func(in *codedeploy.CreateDeploymentInput) { in.DeploymentGroupName = ptr("other") })
		f.settle()
		if f.info(id).Status != succeeded || f.info(other).Status != succeeded {
			t.Errorf("%s; %s", overview(f.info(id)), overview(f.info(other)))
		}
		must(f.CreateDeployment(f.ctx, again))(t)
		f.settle()
	})
}
