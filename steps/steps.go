// Package steps lists every step but those of the engine: only the program
// that links the engine has those.
package steps

import (
	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps/bundle"
	"github.com/codedeploy-steps/codedeploy-steps/steps/deploy"
	"github.com/codedeploy-steps/codedeploy-steps/steps/push"
	"github.com/codedeploy-steps/codedeploy-steps/steps/register"
	"github.com/codedeploy-steps/codedeploy-steps/steps/release"
	"github.com/codedeploy-steps/codedeploy-steps/steps/revisions"
	"github.com/codedeploy-steps/codedeploy-steps/steps/rollback"
	"github.com/codedeploy-steps/codedeploy-steps/steps/stop"
	"github.com/codedeploy-steps/codedeploy-steps/steps/validate"
	"github.com/codedeploy-steps/codedeploy-steps/steps/wait"
)

// All gives the steps, with the opener of --endpoint local that they use.
func All(open awsconf.Opener) []step.Step {
	all := []step.Step{
		release.Step(open),
		validate.Step(),
		bundle.Step(),
		push.Step(open),
		register.Step(open),
		deploy.Step(open),
		wait.Step(open),
		rollback.Step(open),
		stop.Step(open),
	}
	return append(append(all, bundle.Looks()...), revisions.Steps(open)...)
}
