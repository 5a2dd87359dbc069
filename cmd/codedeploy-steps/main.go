// Command codedeploy-steps is every step in one program, with the engine.
package main

import (
	"os"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/hosts"
	"github.com/codedeploy-steps/codedeploy-steps/steps/engine"
)

func main() {
	hosts.Init() // in the first process of a sandbox this does not return
	os.Exit(engine.Program().Main())
}
