// Package report turns events into what a person or a program reads: lines in
// a log, a live view in a terminal, JSON lines, Markdown. It knows no CI system
// (package ci wraps its reporters) and asks nobody anything: it only writes.
//
// All foreign text (hook output, file names, the service's words) passes
// through Clean before it is written.
package report

import "github.com/codedeploy-steps/codedeploy-steps/internal/event"

// Reporter shows the events of one step as they come.
type Reporter interface {
	event.Sink
	// Fail shows the error that the step ends with.
	Fail(step string, f Failure)
	// Close shows what was kept for the end.
	Close() error
}

// Failure is the error that a step ends with.
type Failure struct {
	Text   string
	Remedy string // what to do next, if known
	Code   int    // exit code
	Shown  bool   // diagnostics or a story have told it already
}
