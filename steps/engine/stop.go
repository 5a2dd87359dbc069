package engine

import (
	"context"
	"os"

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
	used := false
	if in.Delete { // registered first, so done last: when the folder is given up
		env.OnExit(func(context.Context) error {
			if used {
				return nil
			}
			return remove(env.Path(in.Folder.State))
		})
	}
	t, keys, ok, err := in.Folder.reach(ctx, env)
	if err != nil {
		return err
	}
	if !ok {
		env.Info("no engine was used in %s", in.Folder.State)
		return nil
	}
	if in.Delete {
		now, err := owner.Call[owner.StatusOutput](ctx, t, keys, "Status", owner.StatusInput{})
		if err != nil {
			return step.Errorf(step.Refused, "the engine: %w", err)
		}
		if used = now.PID != os.Getpid() && now.Listen == ""; used {
			return step.Errorf(step.Refused, "process %d is at work in the state folder %s", now.PID, in.Folder.State).
				Do("Wait for it, or cancel it; then delete the folder.")
		}
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
