// Package ci knows the CI systems: one file for each tells how the system is
// recognised and how it takes outputs, annotations, groups, masks and
// summaries. What is said, and in which words, is package report's affair.
package ci

import (
	"io"

	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
)

// System is one CI system, or the plain shell.
type System interface {
	// IsCI says that output goes to a log, even where it looks like a terminal.
	IsCI() bool
	// Workspace is the folder of the checkout; "" if the system names none.
	Workspace() string
	// Build tells of the run at hand.
	Build() Build
	// SetOutput hands an output to the jobs and steps that follow.
	SetOutput(name, value string) error
	// Mask has the system's log hide a secret.
	Mask(w io.Writer, secret string)
	// Wrap adds what the system can show to a reporter.
	Wrap(r report.Reporter, s Streams) report.Reporter
}

// Streams is what a system's reporter writes to.
type Streams struct {
	Stdout io.Writer
	JSON   bool // Stdout carries JSON lines or a document: nothing else may be written to it
	// Relative makes a path relative to the workspace; nil leaves it.
	Relative func(string) string
}

// Detect finds the CI system by its documented variables.
func Detect(getenv func(string) string) System {
	if getenv("GITHUB_ACTIONS") == "true" {
		return &GitHub{getenv: getenv}
	}
	return &Shell{ci: getenv("CI") != "" && getenv("CI") != "false"}
}

// Shell is a plain shell, or a CI system that is not known: outputs go to the
// file that --outputs names, and nowhere else.
type Shell struct{ ci bool }

func (s *Shell) IsCI() bool                                        { return s.ci }
func (s *Shell) Workspace() string                                 { return "" }
func (s *Shell) SetOutput(string, string) error                    { return nil }
func (s *Shell) Mask(io.Writer, string)                            {}
func (s *Shell) Wrap(r report.Reporter, _ Streams) report.Reporter { return r }
