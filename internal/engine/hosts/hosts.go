// Package hosts has the engine's built-in instances: the machine's own file
// system in a sandbox, a folder, or the machine itself. Each polls the service
// for commands, has an agent carry them out, and reports the results, as a
// published agent would over the network. Which deployment goes where is not
// decided here.
package hosts

import (
	"context"
	"os"

	"github.com/codedeploy-steps/codedeploy-steps/internal/agent"
)

// Kind is what a built-in instance is made of.
type Kind string

const (
	Auto      Kind = "auto"      // the best that works here
	Sandbox   Kind = "sandbox"   // the machine's file system under overlays, with its own processes and network
	Container Kind = "container" // a container of an image that the user names
	Directory Kind = "directory" // a folder that stands for /; hooks are checked, not run
	Host      Kind = "host"      // the machine itself
)

// Service is what instances poll (package deploy).
type Service interface {
	Poll(ctx context.Context, instance string) (agent.Command, error)
	Acknowledge(command string) bool
	Complete(command string, r agent.Result) error
	Release(command string)
	Stopping(deployment string) bool
	ReplaceInstance(id string) error
}

// Bundles opens the bundle of a revision and tells its ETag.
type Bundles func(agent.Revision) (f *os.File, etag string, err error)

// machine is one instance of whatever kind.
type machine interface {
	// check looks at what is left of the instance from earlier processes: lost
	// says that its disk is gone.
	check() (lost bool, err error)
	// start has the instance run and says what is not isolated on it, each in a sentence.
	start(ctx context.Context, b Bundles) (isolation []string, err error)
	// execute carries a command out. It starts the instance if it does not run.
	execute(ctx context.Context, c agent.Command, b Bundles) agent.Result
	// detached says that what it runs goes on without this process.
	detached() bool
	// state tells whether it runs, and as which process.
	state() (words string, pid int)
	// changes lists what deployments changed on it; folder is where its files lie
	// if they can be looked at there.
	changes() (list []Change, folder string, err error)
	// stop ends its processes; its disk stays.
	stop() error
	// remove ends it and deletes its disk.
	remove() error
}

// Change is a file that deployments added, changed or removed.
type Change struct{ Kind, Path string }
