package engine

import (
	"context"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/owner"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// Stop are the inputs of engine stop.
type Stop struct {
	step.Common
	Folder folder
	Delete bool `flag:"delete" file:"no" help:"Delete the state folder too: instances' disks, deployments, bundles."`
}

// Run ends the instances, and a serving engine with them.
func (in *Stop) Run(ctx context.Context, env *step.Env) error {
	if in.Delete { // registered first, so done last: when the folder is given up
		env.OnExit(func(context.Context) error { return remove(env.Path(in.Folder.State)) })
	}
	t, keys, ok, err := in.Folder.reach(ctx, env)
	if err != nil {
		return err
	}
	if !ok {
		env.Info("no engine was used in %s", in.Folder.State)
		return nil
	}
	out, err := owner.Call[owner.StopOutput](ctx, t, keys, "Stop", owner.StopInput{})
	if err != nil {
		return step.Errorf(step.Refused, "end the engine: %w", err)
	}
	ended := 0
	for _, i := range out.Instances {
		if i.PID != 0 {
			env.Info("%s (%s) was ended", i.ID, i.Hostname)
			ended++
		}
	}
	if ended == 0 {
		env.Info("no instance was running")
	}
	return nil
}

// remove deletes a state folder; overlays leave folders without rights in it.
func remove(dir string) error {
	if err := owner.Remove(dir); err != nil {
		return step.Errorf(step.Misused, "delete the state folder: %w", err)
	}
	return nil
}
