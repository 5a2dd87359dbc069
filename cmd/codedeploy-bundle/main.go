// Command codedeploy-bundle is the step bundle alone, without the engine.
package main

import (
	"os"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps/bundle"
)

func main() { os.Exit(step.Alone(bundle.Step()).Main()) }
