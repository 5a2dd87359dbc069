// Package validate is the step that checks a revision's AppSpec and the files
// around it, before anything is pushed. It talks to nobody.
package validate

import (
	"context"

	"github.com/codedeploy-steps/codedeploy-steps/appspec"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
	"github.com/codedeploy-steps/codedeploy-steps/internal/revision"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// Inputs are those of a release, which checks the one revision that it deploys. What can't be packed it finds where it packs.
type Inputs struct {
	step.Common
	revision.Inputs
}

// Step declares the step.
func Step() step.Step {
	return step.Step{
		Name:    "validate",
		Summary: "Check the AppSpec and the revision around it.",
		Details: "Several folders, archives and AppSpec files may be given. A folder without an AppSpec at its root is\n" +
			"searched for those below it. A comment `# codedeploy-steps: ignore RULE reason` lets a finding pass on\n" +
			"its line or the next, and in the file's head also a finding without a line.\n" +
			"In .codedeploy-steps.yml `validate: {ignore: [RULE]}` lets a rule pass everywhere: docs/reference/findings.md.",
		First:     true,
		Documents: report.Formats(),
		New:       func() step.Inputs { return &command{} },
	}
}

// Run checks the revision; what it finds is reported at its place in the file.
func (in *Inputs) Run(ctx context.Context, env *step.Env) error {
	return env.Stage("validate", func() error { return one(ctx, env, in.Inputs, revision.Terms{}) })
}

// one checks one revision.
func one(ctx context.Context, env *step.Env, in revision.Inputs, terms revision.Terms) error {
	r, err := revision.Open(env, in)
	if err != nil {
		return err
	}
	spec, err := r.CheckOn(ctx, env, terms)
	if err != nil {
		return err
	}
	env.Done("%s: %s", r.Place(env), passed(spec, r.Counts()))
	return nil
}

// passed says in a few words what a file does, and what was let pass.
func passed(spec *appspec.File, counts revision.Counts) string {
	text := "not read"
	if spec != nil {
		text = spec.Platform.Name()
		if spec.OS.Value != "" {
			text = spec.OS.Value
		}
		hooks := 0
		for _, h := range spec.Hooks {
			hooks += len(h.Scripts)
		}
		does := revision.Count(len(spec.Files), "file rule", len(spec.Permissions), "permission rule", hooks, "hook script", len(spec.Validations), "hook")
		switch {
		case does != "":
			text += ", " + does
		case spec.Platform == appspec.Server:
			text += ", does nothing"
		}
	}
	if counts.Warnings+counts.Ignored > 0 {
		text += "; " + counts.String()
	}
	return text
}
