// Command codedeploy-rollback is the step rollback alone, without the engine.
package main

import (
	"os"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/owner"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps/rollback"
)

func main() { os.Exit(step.Alone(rollback.Step(owner.Connect)).Main()) }
