// Command codedeploy-push is the step push alone, without the engine.
package main

import (
	"os"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/owner"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps/push"
)

func main() { os.Exit(step.Alone(push.Step(owner.Connect)).Main()) }
