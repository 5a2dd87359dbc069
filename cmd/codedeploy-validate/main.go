// Command codedeploy-validate is the step validate alone, without the engine.
package main

import (
	"os"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps/validate"
)

func main() { os.Exit(step.Alone(validate.Step()).Main()) }
