package deploy

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/codedeploy-steps/codedeploy-steps/internal/agent"
)

// fate decides by revision, instance and event alone, so that a deployment goes
// the same way before a crash and after it.
func fate(instance string, c agent.Command) (time.Duration, agent.Result) {
	if c.Spec.Revision.Key == "v2" && instance == name(2) && c.Event == "AfterInstall" {
		return time.Second, agent.Result{Code: agent.ScriptFailed}
	}
	return time.Second, agent.Result{}
}

// TestCrash cuts the log of a whole story after every record: a service that
// reads what is left comes to the same end.
func TestCrash(t *testing.T) {
	whole := &memoryLog{}
	simulate(t, whole, func(t *testing.T, f *fleet) {
		f.add(3)
		f.rollbackOn(onFailure, onStop)
		f.use(fate)
		f.deploy("v1", with(all))
		if info := f.deploy("v2", with(oneByOne)); info.Status != failed || info.RollbackInfo == nil {
			t.Fatal(overview(info))
		}
		id := f.begin("v3", with(half))
		f.during(id, name(1), "Install")
		must(f.askStop(id))(t)
		f.settle()
		f.wantWhole()
	})
	original := audit(t, whole.all())
	if len(original) != 5 {
		t.Fatalf("the story has %d deployments", len(original))
	}
	for cut := range whole.records {
		t.Run(fmt.Sprint(cut), func(t *testing.T) {
			log := &memoryLog{records: slices.Clone(whole.records[:cut])}
			resume(t, log)
			resumed := audit(t, log.all())
			atomic := slices.Contains(whole.batches, cut)
			for id, s := range resumed {
				switch first, ok := original[id]; {
				case s.status == "":
					t.Errorf("%s never ended", id)
				case ok && s.created.Creator == types.DeploymentCreatorUser && !s.stopping && first.stopping:
					if s.status != succeeded { // killed before anybody asked for the stop
						t.Errorf("%s is %s", id, s.status)
					}
				case ok && s.status != first.status:
					t.Errorf("%s is %s, was %s", id, s.status, first.status)
				case ok && !first.stopping && !maps.Equal(s.outcome, first.outcome):
					t.Errorf("%s has %v, had %v", id, s.outcome, first.outcome)
				case s.status != succeeded && atomic && !rolledBack(resumed, id):
					t.Errorf("%s is %s and was not rolled back", id, s.status)
				}
			}
		})
	}
}

func rolledBack(stories map[string]*story, id string) bool {
	for _, s := range stories {
		if s.created.RollbackOf == id {
			return s.status == succeeded && s.created.Revision.S3Location != nil && *s.created.Revision.S3Location.Key == "v1"
		}
	}
	return false
}

// resume opens a log that was cut, with instances that poll before anything is
// decided, as they do when an engine is opened again.
func resume(t *testing.T, log *memoryLog) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		for _, text := range log.all() { // the clock of a bubble begins anew
			var e Event
			if err := json.Unmarshal(text, &e); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Until(e.At))
		}
		f := open(t, log)
		defer f.close()
		f.use(fate)
		for _, i := range f.Instances() {
			f.poll(i.ID)
		}
		synctest.Wait()
		if given := f.commands(); len(given) > 0 {
			t.Fatalf("commands %v are given before the service runs", given)
		}
		running := running(t, log.all())
		f.run()
		synctest.Wait()
		given := f.commands()
		for _, id := range running {
			if !slices.Contains(given, id) {
				t.Errorf("%s was running, and is not given again: %v", id, given)
			}
		}
		began := time.Now()
		f.settle()
		if took := time.Since(began); took > 10*time.Minute {
			t.Errorf("took %v: something was waited for in vain", took)
		}
		f.wantWhole()
	})
}

// running lists the ids of the commands that the log leaves running.
func running(t *testing.T, records [][]byte) []string {
	t.Helper()
	open := map[string]bool{}
	for _, text := range records {
		var e Event
		if err := json.Unmarshal(text, &e); err != nil {
			t.Fatal(err)
		}
		if s := e.EventStarted; s != nil {
			open[strings.Join([]string{s.Deployment, s.Target, s.Name}, "/")] = true
		}
		if s := e.EventEnded; s != nil {
			delete(open, strings.Join([]string{s.Deployment, s.Target, s.Name}, "/"))
		}
	}
	return slices.Sorted(maps.Keys(open))
}

// TestReplayedAnswers: a service that reads the log answers as the one that
// wrote it.
func TestReplayedAnswers(t *testing.T) {
	log := &memoryLog{}
	answers := func(f *fleet) string {
		f.Helper()
		var out []any
		ids := must(f.ListDeployments(f.ctx, &codedeploy.ListDeploymentsInput{}))(f).Deployments
		for _, id := range ids {
			out = append(out, f.info(id))
			for _, target := range must(f.ListDeploymentTargets(f.ctx, &codedeploy.ListDeploymentTargetsInput{DeploymentId: &id}))(f).TargetIds {
				out = append(out, f.target(id, target))
			}
		}
		out = append(out, f.Instances(), f.Active(),
			must(f.GetApplication(f.ctx, &codedeploy.GetApplicationInput{ApplicationName: ptr("app")}))(f).Application,
			must(f.GetDeploymentGroup(f.ctx, &codedeploy.GetDeploymentGroupInput{ApplicationName: ptr("app"), DeploymentGroupName: ptr("group")}))(f).DeploymentGroupInfo,
			must(f.GetDeploymentConfig(f.ctx, &codedeploy.GetDeploymentConfigInput{DeploymentConfigName: ptr("HOST_COUNT.2")}))(f).DeploymentConfigInfo,
			must(f.GetApplicationRevision(f.ctx, &codedeploy.GetApplicationRevisionInput{ApplicationName: ptr("app"), Revision: revisionOf("v1")}))(f).RevisionInfo)
		text, err := json.MarshalIndent(out, "", " ")
		if err != nil {
			f.Fatal(err)
		}
		return string(text)
	}
	var before string
	simulate(t, log, func(t *testing.T, f *fleet) {
		f.add(3)
		f.config(count, 2)
		f.rollbackOn(onFailure)
		must(f.RegisterApplicationRevision(f.ctx, &codedeploy.RegisterApplicationRevisionInput{ApplicationName: ptr("app"), Revision: revisionOf("v1"), Description: ptr("the first")}))(t)
		f.use(fate)
		f.deploy("v1", with(all), override(true, onFailure), func(in *codedeploy.CreateDeploymentInput) {
			in.Description, in.FileExistsBehavior = ptr("über alles"), types.FileExistsBehaviorOverwrite
		})
		f.deploy("v2", with("HOST_COUNT.2"))
		before = answers(f)
	})
	simulateHeld(t, log, func(t *testing.T, f *fleet) {
		if after := answers(f); after != before {
			t.Errorf("before\n%s\nafter\n%s", before, after)
		}
	})
}

// TestPoll: a command is given once, then again to a new process under the same
// id, and to nobody who does not poll any more.
func TestPoll(t *testing.T) {
	log := &memoryLog{}
	var id string
	simulate(t, log, func(t *testing.T, f *fleet) {
		if err := f.AddInstance(InstanceAdded{ID: name(1), Tags: map[string]string{"Name": "local"}}); err != nil {
			t.Fatal(err)
		}
		d := f.begin("v1", func(in *codedeploy.CreateDeploymentInput) { in.FileExistsBehavior = types.FileExistsBehaviorRetain })
		gone, cancel := context.WithCancel(f.ctx)
		cancel()
		if c, err := f.Poll(gone, name(1)); err == nil {
			t.Errorf("one who gave up got %s", c.ID)
		}
		c := must(f.Poll(f.ctx, name(1)))(t)
		id = c.ID
		group := must(f.GetDeploymentGroup(f.ctx, &codedeploy.GetDeploymentGroupInput{ApplicationName: ptr("app"), DeploymentGroupName: ptr("group")}))(t)
		want := agent.Command{ID: d + "/i-001/ApplicationStop", Event: "ApplicationStop", Spec: agent.Specification{
			DeploymentID: d, DeploymentGroupID: *group.DeploymentGroupInfo.DeploymentGroupId, DeploymentGroupName: "group", ApplicationName: "app",
			DeploymentCreator: "user", DeploymentType: "IN_PLACE", FileExistsBehavior: "RETAIN",
			Revision: agent.Revision{Bucket: "releases", Key: "v1", BundleType: "zip", ETag: "0123"},
		}}
		if c != want {
			t.Errorf("command is %+v, want %+v", c, want)
		}
		short, done := context.WithTimeout(f.ctx, time.Minute)
		defer done()
		if c, err := f.Poll(short, name(1)); err == nil {
			t.Errorf("%s is given twice", c.ID)
		}
		f.Release(id)
		if c := must(f.Poll(f.ctx, name(1)))(t); c.ID != id {
			t.Errorf("after a release %s is given, want %s", c.ID, id)
		}
	})
	simulate(t, log, func(t *testing.T, f *fleet) {
		c := must(f.Poll(f.ctx, name(1)))(t)
		if c.ID != id || !f.Acknowledge(id) {
			t.Errorf("after a restart %s is given, want %s", c.ID, id)
		}
		for _, wrong := range []string{"", "a/b", "a/b/c", id + "/x", strings.Replace(id, "ApplicationStop", "Install", 1), strings.Replace(id, "i-001", "i-002", 1)} {
			before := len(log.all())
			if f.Acknowledge(wrong) {
				t.Errorf("%q is wanted", wrong)
			}
			if err := f.Complete(wrong, agent.Result{}); err != nil || len(log.all()) != before {
				t.Errorf("%q is taken: %v", wrong, err)
			}
		}
	})
}

// TestStopAcrossRestart: what may be running on an instance since before a
// restart is joined and finished, though a stop was asked for; nothing follows.
func TestStopAcrossRestart(t *testing.T) {
	log := &memoryLog{}
	var id string
	simulate(t, log, func(t *testing.T, f *fleet) {
		f.add(1)
		f.use(slow(time.Minute))
		id = f.begin("v1")
		f.during(id, name(1), "BeforeInstall")
	})
	simulateHeld(t, log, func(t *testing.T, f *fleet) {
		must(f.askStop(id))(t)
		f.poll(name(1))
		f.run()
		f.settle()
		events := f.target(id, name(1)).LifecycleEvents
		if info := f.info(id); info.Status != stopped || events[2].Status != types.LifecycleEventStatusSucceeded || events[3].Status != types.LifecycleEventStatusSkipped {
			t.Errorf("%s; %s then %s", overview(info), events[2].Status, events[3].Status)
		}
	})
}

// TestBrokenLog: what can't be written is not done, and said.
func TestBrokenLog(t *testing.T) {
	log := &memoryLog{}
	simulate(t, log, func(t *testing.T, f *fleet) {
		f.add(1)
		f.use(slow(time.Minute))
		f.begin("v1")
		f.log.mu.Lock()
		f.log.broken = true
		f.log.mu.Unlock()
		_, err := f.CreateApplication(f.ctx, &codedeploy.CreateApplicationInput{ApplicationName: ptr("second")})
		if err == nil || !strings.Contains(err.Error(), "no space left on device") {
			t.Errorf("error is %v", err)
		}
		// The deployment does not go on: who follows it is told, and its instance is not given the same command again and again.
		id := f.Active()[0]
		if _, err := f.GetDeployment(f.ctx, &codedeploy.GetDeploymentInput{DeploymentId: &id}); err == nil || !strings.Contains(err.Error(), "no space left on device") {
			t.Errorf("who follows the deployment is told %v", err)
		}
		if err := f.Complete(commandID(id, name(1), "ApplicationStop"), agent.Result{}); err == nil || !strings.Contains(err.Error(), "no space left on device") {
			t.Errorf("a result that can't be kept: %v", err)
		}
		f.Service.mu.Lock()
		c, again := f.command(name(1))
		f.Service.mu.Unlock()
		if again {
			t.Errorf("%s is given again", c.ID)
		}
		_, err = f.GetApplication(f.ctx, &codedeploy.GetApplicationInput{ApplicationName: ptr("second")})
		wantError[*types.ApplicationDoesNotExistException](t, err, "No application found for name: second")
		f.log.mu.Lock()
		f.log.broken = false
		f.log.mu.Unlock()
		// One record may be missing: nothing may be written after it.
		if _, err = f.CreateApplication(f.ctx, &codedeploy.CreateApplicationInput{ApplicationName: ptr("third")}); err == nil {
			t.Error("the log goes on after a record that could not be written")
		}
	})
	if _, err := New(&memoryLog{records: [][]byte{[]byte("{")}}, Wall{}, "", ""); err == nil {
		t.Error("a log that is no JSON is taken")
	}
}
