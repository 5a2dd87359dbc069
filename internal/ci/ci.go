// Package ci knows the CI systems: one file for each tells how the system is
// recognised and how it takes outputs, annotations, groups, masks, summaries,
// and how it proves who a run is. What is said, and in which words, is package
// report's affair. What a system's documentation says stands beside the code;
// the variables it sets stand in testdata, with the page that they are from.
package ci

import (
	"context"
	"io"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
)

// System is one CI system, or the plain shell.
type System interface {
	// Name is the system's name as its makers write it; "" for the shell.
	Name() string
	// IsCI says that output goes to a log, even where it looks like a terminal.
	IsCI() bool
	// Workspace is the folder of the checkout; "" if the system names none.
	Workspace() string
	// Build tells of the run at hand.
	Build() Build
	// Files are the variables by which the system names files for outputs and a
	// summary. What is named is added to.
	Files() []string
	// SetOutput hands an output to the jobs and steps that follow. Systems that
	// take outputs through the log find them in w.
	SetOutput(w io.Writer, name, value string) error
	// Mask has the system's log hide a secret.
	Mask(w io.Writer, secret string)
	// Wrap adds what the system can show to a reporter.
	Wrap(r report.Reporter, s Streams) report.Reporter
}

// Identity gives OIDC tokens of a system's run; nil if the job has none. It
// stands apart from System, so that programs that assume no role do not link
// what asks for tokens.
func Identity(s System) TokenSource {
	if i, ok := s.(interface{ Identity() TokenSource }); ok {
		return i.Identity()
	}
	return nil
}

// TokenSource asks for a fresh OIDC token for an audience. Some systems make
// one when the job starts, for an audience that its author named: they give
// that one.
type TokenSource func(ctx context.Context, audience string) (string, error)

// Streams is what a system's reporter writes to.
type Streams struct {
	Stdout io.Writer
	JSON   bool // Stdout carries JSON lines or a document: nothing else may be written to it
	// Relative makes a path relative to the workspace; nil leaves it.
	Relative func(string) string
	// Hide takes secrets out of a text; nil leaves it.
	Hide func(string) string
}

// log is where a system's own lines go.
func (s Streams) log() io.Writer {
	if s.JSON {
		return io.Discard
	}
	return s.Stdout
}

// Detect finds the CI system by its documented variables.
//
// Where those of two are there at once, a job of the one has started a runner
// of the other, whose log this is. So the systems whose runners are started by
// hand or as containers come first, and last those whose agents serve as
// machines for anything: CodeBuild hosts runners of GitHub, GitLab and
// Buildkite, a Jenkins or TeamCity agent is any machine.
func Detect(getenv func(string) string) System {
	for _, detect := range []func(variables) System{
		detectGitHub, detectGitLab, detectWoodpecker, detectDrone, detectBuildkite, detectCircleCI,
		detectBitbucket, detectAzure, detectTravis, detectTeamCity, detectJenkins, detectCodeBuild,
	} {
		if s := detect(getenv); s != nil {
			return s
		}
	}
	return &Shell{ci: getenv("CI") != "" && getenv("CI") != "false"}
}

// Variable is an output's name where a system wants names of variables:
// deployment-group is CODEDEPLOY_DEPLOYMENT_GROUP.
func Variable(output string) string {
	return "CODEDEPLOY_" + strings.ToUpper(strings.ReplaceAll(output, "-", "_"))
}

// Shell is a plain shell, make, or a CI system that is not known: outputs go
// to the files that --outputs and --dotenv name, and nowhere else.
type Shell struct{ ci bool }

func (s *Shell) Name() string                                      { return "" }
func (s *Shell) IsCI() bool                                        { return s.ci }
func (s *Shell) Workspace() string                                 { return "" }
func (s *Shell) Build() Build                                      { return Build{} }
func (s *Shell) Files() []string                                   { return nil }
func (s *Shell) SetOutput(io.Writer, string, string) error         { return nil }
func (s *Shell) Mask(io.Writer, string)                            {}
func (s *Shell) Wrap(r report.Reporter, _ Streams) report.Reporter { return r }
