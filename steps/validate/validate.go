// Package validate is the step that checks a revision's AppSpec and the files
// around it, before anything is pushed. It talks to nobody.
package validate

import (
	"context"

	"github.com/codedeploy-steps/codedeploy-steps/appspec"
	"github.com/codedeploy-steps/codedeploy-steps/internal/revision"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// Inputs of the step.
type Inputs struct {
	step.Common
	revision.Inputs
}

// Step declares the step.
func Step() step.Step {
	return step.Step{
		Name:    "validate",
		Summary: "Check the AppSpec and the revision around it.",
		First:   true,
		New:     func() step.Inputs { return &Inputs{} },
	}
}

// Run checks the revision; what it finds is reported at its place in the file.
func (in *Inputs) Run(_ context.Context, env *step.Env) error {
	return env.Stage("validate", func() error {
		r, err := revision.Open(env, in.Inputs)
		if err != nil {
			return err
		}
		spec, err := r.Check(env)
		if err != nil {
			return err
		}
		hooks := 0
		for _, h := range spec.Hooks {
			hooks += len(h.Scripts)
		}
		if spec.Platform == appspec.ECS || spec.Platform == appspec.Lambda {
			env.Done("%s: %s", r.Place(env), joined(spec.Platform.Name(), revision.Count(len(spec.Validations), "hook")))
			return nil
		}
		env.Done("%s: %s", r.Place(env), words(spec.OS.Value, revision.Count(len(spec.Files), "file rule", len(spec.Permissions), "permission rule", hooks, "hook script")))
		return nil
	})
}

func joined(platform, rest string) string {
	if rest == "" {
		return platform
	}
	return platform + ", " + rest
}

func words(os, rest string) string {
	if rest == "" {
		rest = "does nothing"
	}
	return joined(os, rest)
}
