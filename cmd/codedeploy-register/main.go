// Command codedeploy-register is the step register alone, without the engine.
package main

import (
	"os"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/owner"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps/register"
)

func main() { os.Exit(step.Alone(register.Step(owner.Connect)).Main()) }
