package engine

import (
	"context"
	"net/http"
	"os"

	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/engine"
	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/local"
	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/owner"
	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// folder is the input by which an engine that is there already is found.
type folder struct {
	_     struct{} `group:"Engine"`
	State string   `flag:"state" default:".codedeploy-steps" file:"no" help:"Folder of the engine's state."`
}

// reach gives the way to the engine of the folder: its owner's socket, or the
// engine opened here. There is none where nothing was ever made.
func (f folder) reach(ctx context.Context, env *step.Env) (http.RoundTripper, owner.Credentials, bool, error) {
	dir := env.Path(f.State)
	state, made, err := owner.Look(dir)
	if err != nil || !made {
		return nil, owner.Credentials{}, false, err
	}
	keys, err := state.Credentials()
	if err != nil {
		return nil, keys, false, err
	}
	e, err := engine.Open(dir, local.Hidden(env))
	if engine.Owned(err) {
		t := state.Transport()
		env.OnExit(func(context.Context) error { t.CloseIdleConnections(); return nil })
		return t, keys, true, nil
	}
	if err != nil {
		return nil, keys, false, err
	}
	env.OnExit(e.Close)
	return local.InProcess(e), keys, true, nil
}

// Status are the inputs of engine status.
type Status struct {
	step.Common
	Folder  folder
	Changes bool `flag:"changes" default:"true" help:"List the files that deployments added, changed and removed on each instance."`
}

// Run shows the engine.
func (in *Status) Run(ctx context.Context, env *step.Env) error {
	t, keys, ok, err := in.Folder.reach(ctx, env)
	if err != nil {
		return err
	}
	if !ok {
		env.Info("no engine was used in %s", in.Folder.State)
		return nil
	}
	out, err := owner.Call[owner.StatusOutput](ctx, t, keys, "Status", owner.StatusInput{Changes: in.Changes})
	if err != nil {
		return step.Errorf(step.Refused, "the engine: %w", err)
	}
	switch {
	case out.Listen != "":
		env.Info("process %d serves the engine at %s", out.PID, out.Listen)
	case out.PID != os.Getpid():
		env.Info("process %d owns the engine", out.PID)
	}
	for _, id := range out.Active {
		env.Info("deployment %s has not ended; carry it on with: %s", id, awsconf.AtState("wait --deployment-id "+id+" --endpoint local", in.Folder.State))
	}
	for _, i := range out.Instances {
		e := event.Instance{ID: i.ID, Hostname: i.Hostname, Type: i.Kind, State: i.State, PID: i.PID, Folder: i.Folder}
		for _, c := range i.Changes {
			e.Changes = append(e.Changes, event.Change(c))
		}
		env.Events.Emit(e)
	}
	return nil
}
