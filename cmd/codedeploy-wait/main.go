// Command codedeploy-wait is the step wait alone, without the engine.
package main

import (
	"os"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/owner"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps/wait"
)

func main() { os.Exit(step.Alone(wait.Step(owner.Connect)).Main()) }
