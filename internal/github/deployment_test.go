package github

import (
	"context"
	"encoding/json"
	"runtime"
	"strings"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/github/githubtest"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

func TestADeploymentIsShownWithItsStatuses(t *testing.T) {
	w := newWorld(t)
	end := deployment("Succeeded")
	end.Overview = &event.Overview{Succeeded: 3}
	w.is("code", w.deploys("--github-deployment --github-environment-url https://web.example", deployment("Created"), deployment("InProgress"), end), step.OK)
	w.is("deployments", len(w.Deployments), 1)
	d := w.Deployments[0]
	w.is("ref", d.Ref, commit)
	w.is("environment", d.Environment, "prod")
	w.is("task", d.Task, "deploy")
	w.is("description", d.Description, "AWS CodeDeploy: web to prod")
	if d.AutoMerge == nil || *d.AutoMerge || d.Contexts == nil || len(d.Contexts) != 0 {
		t.Errorf("a merge is tried or checks are required: %v %v", d.AutoMerge, d.Contexts)
	}
	var p map[string]string
	if err := json.Unmarshal(d.Payload, &p); err != nil || p["revision"] != revisionText || p["application"] != "web" || p["deploymentGroup"] != "prod" {
		t.Errorf("payload %s", d.Payload)
	}
	w.is("states", states(d), "queued in_progress success")
	for _, s := range d.Statuses {
		if s.LogURL != "https://github.example/octo/app/actions/runs/42" || s.EnvironmentURL != "https://web.example" || s.AutoInactive == nil || !*s.AutoInactive {
			t.Errorf("%+v", s)
		}
	}
	w.is("words", d.Statuses[2].Description, "d-1 Succeeded: 3 succeeded")
	w.is("warnings", w.warnings(), 0)
}

func TestHowADeploymentEnds(t *testing.T) {
	back := event.Deployment{ID: "d-2", Rollback: true, Status: "InProgress"}
	backDone := event.Deployment{ID: "d-2", Rollback: true, Status: "Succeeded"}
	backFailed := event.Deployment{ID: "d-2", Rollback: true, Status: "Failed"}
	failed := deployment("Failed")
	failed.ErrorCode, failed.Message = "HEALTH_CONSTRAINTS", "too many failed"
	for _, test := range []struct {
		name   string
		events []event.Event
		states string
		words  string
	}{
		{"fails", []event.Event{deployment("InProgress"), failed}, "queued in_progress failure", "d-1 Failed: HEALTH_CONSTRAINTS, too many failed"},
		{"rolled back", []event.Event{deployment("InProgress"), failed, back, backDone}, "queued in_progress failure inactive", "rolled back by d-2"},
		{"not even rolled back", []event.Event{deployment("InProgress"), failed, back, backFailed}, "queued in_progress failure", "d-1 Failed: HEALTH_CONSTRAINTS, too many failed"},
		{"stopped", []event.Event{deployment("InProgress"), deployment("Stopped")}, "queued in_progress error", "d-1 Stopped"},
		{"nobody waits", nil, "queued in_progress", "d-1"},
		{"traffic shifts", []event.Event{deployment("Queued"), deployment("InProgress"), deployment("Baking"), deployment("Succeeded")}, "queued in_progress success", "d-1 Succeeded"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.deploys("--github-deployment --github-environment live", test.events...)
			w.is("deployments", len(w.Deployments), 1)
			w.is("environment", w.Deployments[0].Environment, "live")
			w.is("states", states(w.Deployments[0]), test.states)
			w.is("words", w.Deployments[0].Statuses[len(w.Deployments[0].Statuses)-1].Description, test.words)
		})
	}
}

func TestADeploymentThatIsRefusedIsAnError(t *testing.T) {
	w := newWorld(t)
	code := w.run("--github-deployment", func(_ context.Context, env *step.Env, _ *Inputs) error {
		return env.Stage("deploy", func() error {
			env.Output("application", "web")
			env.Output("deployment-group", "prod")
			env.Output("revision", revisionText)
			return step.Errorf(step.Refused, "could not create a deployment\nDeploymentLimitExceededException: one runs")
		})
	})
	w.is("code", code, step.Refused)
	w.is("states", states(w.Deployments[0]), "queued error")
	w.is("words", w.Deployments[0].Statuses[1].Description, "could not create a deployment")
}

func TestNothingIsShownBeforeADeployment(t *testing.T) {
	w := newWorld(t)
	code := w.run("--github-deployment", func(_ context.Context, env *step.Env, _ *Inputs) error {
		return env.Stage("validate", func() error { return step.Errorf(step.Failed, "1 error") })
	})
	w.is("code", code, step.Failed)
	w.is("calls", len(w.Calls()), 0)
	w.is("code", w.deploys("", deployment("Succeeded")), step.OK) // nobody asked
	w.is("calls", len(w.Calls()), 0)
}

func TestWaitGoesOnWithTheDeploymentOfDeploy(t *testing.T) {
	w := newWorld(t)
	w.deploys("--github-deployment")
	w.run("--github-deployment", func(_ context.Context, env *step.Env, _ *Inputs) error {
		return say(env, "wait", deployment("InProgress"), deployment("Succeeded"))
	})
	w.is("deployments", len(w.Deployments), 1)
	w.is("states", states(w.Deployments[0]), "queued in_progress in_progress success")
	// One of another group is not taken for ours.
	w.run("--github-deployment --github-environment prod", func(_ context.Context, env *step.Env, _ *Inputs) error {
		other := deployment("Succeeded")
		other.Group = "staging"
		return say(env, "wait", other)
	})
	w.is("deployments", len(w.Deployments), 2)
}

func TestRollbackGoesBackOnGitHubToo(t *testing.T) {
	bad := `{"by":"codedeploy-steps","application":"web","deploymentGroup":"prod","revision":"s3://releases/bad.zip"}`
	good := `{"by":"codedeploy-steps","application":"web","deploymentGroup":"prod","revision":"` + revisionText + `"}`
	text, _ := json.Marshal(good) // GitHub may answer it as text
	run := func(w *world) {
		w.run("--github-deployment --application web --deployment-group prod", func(_ context.Context, env *step.Env, _ *Inputs) error {
			return say(env, "rollback", deployment("InProgress"), deployment("Succeeded"))
		})
	}
	w := newWorld(t)
	w.Deployments = []*githubtest.Deployment{
		{ID: 1, SHA: older, Environment: "prod", Payload: text, Statuses: []githubtest.Status{{State: "success"}, {State: "inactive"}}},
		{ID: 2, SHA: commit, Environment: "prod", Payload: []byte(bad), Statuses: []githubtest.Status{{State: "success"}}},
		{ID: 3, SHA: commit, Environment: "prod", Payload: []byte(`{"by":"others"}`), Statuses: []githubtest.Status{{State: "success"}}},
	}
	run(w)
	w.is("deployments", len(w.Deployments), 4)
	w.is("others'", states(w.Deployments[2]), "success")
	w.is("active before", states(w.Deployments[1]), "success inactive")
	w.is("long inactive", states(w.Deployments[0]), "success inactive")
	w.is("commit", w.Deployments[3].SHA, older)
	w.is("task", w.Deployments[3].Task, "rollback")
	w.is("states", states(w.Deployments[3]), "queued in_progress success")

	// The commit of what is gone back to is not known: no other one stands for it.
	w = newWorld(t)
	w.Deployments = []*githubtest.Deployment{{ID: 2, SHA: commit, Environment: "prod", Payload: []byte(bad), Statuses: []githubtest.Status{{State: "success"}}}}
	run(w)
	w.is("deployments", len(w.Deployments), 1)
	w.is("active before", states(w.Deployments[0]), "success inactive")
	w.is("warnings", w.warnings(), 0)
}

func TestWhichCommitIsDeployed(t *testing.T) {
	w := newWorld(t)
	w.pullRequest(7)
	w.env["GITHUB_SHA"] = older // the merge that GitHub tries
	w.deploys("--github-deployment", deployment("Succeeded"))
	w.is("head of the pull request", w.Deployments[0].Ref, commit)

	w = newWorld(t)
	w.run("--github-deployment", func(_ context.Context, env *step.Env, _ *Inputs) error {
		return env.Stage("deploy", func() error {
			env.Output("deployment-group", "prod")
			return env.Output("revision", "github://octo/app@"+older)
		})
	})
	w.is("commit of the revision", w.Deployments[0].Ref, older)

	w = newWorld(t)
	delete(w.env, "GITHUB_SHA")
	w.is("code", w.deploys("--github-deployment", deployment("Succeeded")), step.OK)
	w.says("the commit is not known (GITHUB_SHA)")
	w.is("warnings", w.warnings(), 1)
}

func TestACancelTellsTheEnd(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	w.ctx = ctx
	code := w.run("--github-deployment --github-comment", func(ctx context.Context, env *step.Env, _ *Inputs) error {
		if err := say(env, "deploy", deployment("InProgress")); err != nil {
			return err
		}
		for len(w.Calls()) < 3 { // the deployment and its statuses are there
			runtime.Gosched()
		}
		cancel(step.Signal{Signal: interrupt{}})
		env.Events.Emit(deployment("Stopped"))
		return step.Errorf(step.Cancelled, "cancelled: deployment d-1 is Stopped")
	})
	w.is("code", code, step.Cancelled)
	all := strings.Fields(states(w.Deployments[0]))
	w.is("last state", all[len(all)-1], "error")
	w.is("waits", len(w.waited), 0)
}

type interrupt struct{}

func (interrupt) String() string { return "interrupt" }
func (interrupt) Signal()        {}
