// Command codedeploy-stop is the step stop alone, without the engine.
package main

import (
	"os"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/owner"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps/stop"
)

func main() { os.Exit(step.Alone(stop.Step(owner.Connect)).Main()) }
