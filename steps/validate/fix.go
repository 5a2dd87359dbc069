package validate

import (
	"slices"

	"github.com/codedeploy-steps/codedeploy-steps/appspec"
	"github.com/codedeploy-steps/codedeploy-steps/internal/revision"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// Fix is what is mended before the check, which tells what remains.
type Fix struct {
	Fix    string `flag:"fix" enum:"safe,unsafe" bare:"safe" file:"no" help:"Mend what can be mended mechanically, in place, and show what was changed; with =unsafe also what makes the deployment do something else, such as a section in the wrong case."`
	DryRun bool   `flag:"dry-run" help:"With --fix: show what would be changed, and change nothing."`
}

// fix mends the revisions as far as is asked for.
func (in Fix) fix(env *step.Env, roots []revision.Inputs, terms revision.Terms) error {
	if in.Fix == "" {
		return nil
	}
	repair := appspec.Repair{
		Options: terms.Options, Unsafe: in.Fix == "unsafe",
		Wanted: func(d appspec.Diagnostic) bool { return !slices.Contains(terms.Ignore, d.Rule) },
	}
	for _, root := range roots {
		r, err := revision.Open(env, root)
		if err == nil {
			err = r.Mend(env, repair, in.DryRun)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
