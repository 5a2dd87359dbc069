// Command codedeploy-steps is every step in one program, with the engine.
package main

import (
	"os"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/hosts"
	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/local"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps/bundle"
	"github.com/codedeploy-steps/codedeploy-steps/steps/deploy"
	"github.com/codedeploy-steps/codedeploy-steps/steps/engine"
	"github.com/codedeploy-steps/codedeploy-steps/steps/push"
	"github.com/codedeploy-steps/codedeploy-steps/steps/register"
	"github.com/codedeploy-steps/codedeploy-steps/steps/release"
	"github.com/codedeploy-steps/codedeploy-steps/steps/rollback"
	"github.com/codedeploy-steps/codedeploy-steps/steps/stop"
	"github.com/codedeploy-steps/codedeploy-steps/steps/validate"
	"github.com/codedeploy-steps/codedeploy-steps/steps/wait"
)

func main() {
	hosts.Init() // in the first process of a sandbox this does not return
	os.Exit(program().Main())
}

func program() *step.Program {
	return &step.Program{
		Name:    "codedeploy-steps",
		Version: step.Version(),
		Summary: "Steps for pipelines that deploy through AWS CodeDeploy, and an engine to try them without an account.",
		Steps: append([]step.Step{
			release.Step(local.Open),
			validate.Step(),
			bundle.Step(),
			push.Step(local.Open),
			register.Step(local.Open),
			deploy.Step(local.Open),
			wait.Step(local.Open),
			rollback.Step(local.Open),
			stop.Step(local.Open),
		}, engine.Steps()...),
	}
}
