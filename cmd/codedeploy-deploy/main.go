// Command codedeploy-deploy is the step deploy alone, without the engine.
package main

import (
	"os"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/owner"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps/deploy"
)

func main() { os.Exit(step.Alone(deploy.Step(owner.Connect)).Main()) }
