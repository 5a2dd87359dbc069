package engine

import (
	"slices"

	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/local"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps"
	"github.com/codedeploy-steps/codedeploy-steps/steps/policy"
)

// Program is codedeploy-steps: every step, and the engine behind --endpoint local.
func Program() *step.Program { return With(local.Open) }

// With is the program with another opener of --endpoint local.
func With(open awsconf.Opener) *step.Program {
	all := steps.All(open)
	return &step.Program{
		Name:    "codedeploy-steps",
		Version: step.Version(),
		Summary: "Steps for pipelines that deploy through AWS CodeDeploy, and an engine to try them without an account.",
		Steps:   slices.Concat(all, policy.Steps(all), Steps()),
	}
}
