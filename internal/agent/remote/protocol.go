// Package remote drives an agent that lives in another process, such as the
// first process of a sandbox, over a Unix socket: the agent and what it started
// outlive who drives it, and who comes next can ask for what it missed.
//
// It does not start that process, and it trusts whoever may connect: the socket
// is for its owner only. A connection is for one request. Both sides write
// objects of JSON, one a line; for DownloadBundle the bundle's file descriptor
// travels with the request (SCM_RIGHTS, so not on Windows).
//
// Client.Execute means what agent.Agent.Execute means, with one difference that
// only it can have: the connection may be lost. Then the command goes on, and
// asking again with the same ID joins it or gives its result.
package remote

import (
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/agent"
)

const (
	opPing     = "ping"
	opNoop     = "noop"
	opExecute  = "execute"
	opCancel   = "cancel" // second line of an execute: call the command off
	opShutdown = "shutdown"
)

type request struct {
	Op      string         `json:"op"`
	Command *agent.Command `json:"command,omitempty"`
	// ETag is that of the bundle whose descriptor came with the request;
	// BundleError is why there is none.
	ETag        string `json:"etag,omitempty"`
	BundleError string `json:"bundleError,omitempty"`
}

// reply is one line of an answer. Each has one member; the last line of an
// answer is anything but a line.
type reply struct {
	Line   *agent.Line   `json:"line,omitempty"`
	Result *agent.Result `json:"result,omitempty"`
	Noop   *bool         `json:"noop,omitempty"`
	Info   *Info         `json:"info,omitempty"`
	Error  string        `json:"error,omitempty"`
}

// Info is what a served agent tells of its process.
type Info struct {
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
	BootID  string    `json:"bootId"` // the machine's; "" where the system has none
}

// longestRequest bounds what a client may send as one line.
const longestRequest = 1 << 20
