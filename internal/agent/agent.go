// Package agent carries out the lifecycle events of deployments on one
// instance, in the way the published CodeDeploy agent (1.8.1) does: it
// downloads and unpacks a revision, runs the hooks of its AppSpec file, copies
// its files and sets their permissions.
//
// It asks nobody for commands and reports to nobody: who calls it hands over
// one command at a time and gets the diagnostics back. Which event comes next,
// and what a failure means for the deployment, is the service's business.
//
// Its facts come from the CodeDeploy User Guide (codedeploy-agent.md,
// reference-appspec-file-structure-*.md) and from running the published agent
// beside it; where those two differ, it does what the agent does.
package agent

import (
	"context"
	"os"
	"sync"
	"time"
)

// Agent is the agent of one instance. Its fields are set before the first
// call and not changed afterwards; its methods may be called by several
// goroutines at once.
type Agent struct {
	// Root is the agent's own folder, absolute: revisions, logs, pointers. The
	// published agent calls it root_dir (/opt/codedeploy-agent/deployment-root).
	Root string
	// Machine is where files go and hooks run.
	Machine Machine
	// Fetch opens the bundle of a revision for reading and tells its ETag, ""
	// if that is not known. The agent closes the file.
	Fetch func(ctx context.Context, r Revision) (f *os.File, etag string, err error)
	// Output is told each line that a script writes, as it is written; may be
	// nil. It is called by one goroutine at a time for one command, and holds
	// up the script for as long as it takes.
	Output func(Line)
	// MaxRevisions is how many revisions of a deployment group are kept,
	// counting the current one; 0 is 5.
	MaxRevisions int
	// Grace is how long a script that was called off has between SIGTERM and
	// SIGKILL; 0 is two seconds.
	Grace time.Duration
	// Now tells the time; nil is time.Now.
	Now func() time.Time

	mu      sync.Mutex
	running map[string]*execution // by command ID
}

// Machine is what an agent works on.
type Machine struct {
	// Root is "" for this machine's own /. Else it is a folder that stands for
	// "/": destinations and objects of permissions lie below it, and no link
	// leads out of it.
	Root string
	// CheckHooks has hooks looked at (is the script there, may it be executed,
	// is there its interpreter) but not run.
	CheckHooks bool
	// Env is the environment that hooks start from, all of it: nothing of the
	// agent's own environment reaches them. The agent adds its variables.
	Env []string
	// Dir is the working directory of hooks, the agent's own for the published
	// agent, never that of the revision; "" is "/".
	Dir string
}

// Line is one line that a script wrote.
type Line struct {
	CommandID string `json:"commandId"`
	Number    int    `json:"number"` // counts the lines of a command from 1
	Event     string `json:"event"`
	Script    string `json:"script"` // its location in the AppSpec file
	Stream    string `json:"stream"` // stdout, stderr, or note for the agent's own words
	Text      string `json:"text"`
}

func (a *Agent) now() time.Time {
	if a.Now != nil {
		return a.Now()
	}
	return time.Now()
}

func (a *Agent) maxRevisions() int {
	if a.MaxRevisions > 0 {
		return a.MaxRevisions
	}
	return 5
}

func (a *Agent) grace() time.Duration {
	if a.Grace > 0 {
		return a.Grace
	}
	return 2 * time.Second
}
