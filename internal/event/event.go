// Package event holds what a step has to say while it runs: the values that
// flow from a step to the reporters. It knows no CI system, no terminal and no
// AWS; package report and package ci decide how an event is shown.
//
// Every event is a plain struct. With --format json each is written as one
// object a line, with the field "event" naming its kind; those names and the
// JSON field names are a promise to the readers of such logs.
package event

import (
	"encoding/json"
	"strconv"
	"time"
)

// Duration is a time.Duration that JSON shows as seconds.
type Duration time.Duration

// MarshalJSON writes seconds with milliseconds.
func (d Duration) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, time.Duration(d).Seconds(), 'f', 3, 64), nil
}

// Event is one thing a step has to say.
type Event interface {
	// Kind is the value of the JSON field "event".
	Kind() string
}

// Sink takes events, in order. Implementations are safe for concurrent use.
type Sink interface {
	Emit(Event)
}

// Level says how loud a Note is.
type Level string

const (
	Debug   Level = "debug" // shown with --verbose only
	Info    Level = "info"
	Warning Level = "warning"
	Error   Level = "error"
)

// Note is a sentence for the user.
type Note struct {
	Level Level  `json:"level"`
	Text  string `json:"text"`
}

// Stage reports one move of a release: its beginning, then its end.
type Stage struct {
	Step    string   `json:"step"`              // name of the step: validate, push, …
	Status  string   `json:"status"`            // StageStarted, StageDone, StageSkipped or StageFailed
	Summary string   `json:"summary,omitempty"` // what was done, one line, at its end
	Took    Duration `json:"seconds,omitempty"` // set at its end
}

const (
	StageStarted = "started"
	StageDone    = "done"
	StageSkipped = "skipped" // nothing had to be done
	StageFailed  = "failed"
)

// Diagnostic is a finding in a file of the user's, with its place.
// Line and Column count from 1; 0 means unknown. End is exclusive.
type Diagnostic struct {
	Rule      string `json:"rule"`
	Severity  string `json:"severity"` // "error" or "warning"
	File      string `json:"file"`
	Line      int    `json:"line,omitempty"`
	Column    int    `json:"column,omitempty"`
	EndLine   int    `json:"endLine,omitempty"`
	EndColumn int    `json:"endColumn,omitempty"`
	Message   string `json:"message"`
	Help      string `json:"help,omitempty"`
	Snippet   string `json:"snippet,omitempty"` // the offending line
	// Ignored is nil for a finding that counts.
	Ignored *Ignored `json:"ignored,omitempty"`
}

// Ignored says who asked not to be told of a finding.
type Ignored struct {
	By     string `json:"by"` // IgnoredInFile or IgnoredByInput
	Reason string `json:"reason,omitempty"`
}

const (
	IgnoredInFile  = "comment"
	IgnoredByInput = "input" // --ignore
)

// Checked reports that a file was looked at to its end. Its diagnostics have
// come before.
type Checked struct {
	File     string `json:"file"`
	Errors   int    `json:"errors"`
	Warnings int    `json:"warnings"`
	Ignored  int    `json:"ignored"`
	FailFrom string `json:"failFrom"` // the least severity that fails the step
}

// Fixed reports a file that was mended, or would be.
type Fixed struct {
	File    string   `json:"file"`
	Rules   []string `json:"rules"`
	Diff    string   `json:"diff"` // unified
	Written bool     `json:"written"`
}

// Rule explains a rule, or names it only: then Why is empty.
type Rule struct {
	ID       string        `json:"rule"`
	Severity string        `json:"severity"`
	Title    string        `json:"title"`
	Why      string        `json:"why,omitempty"`
	Agent    string        `json:"agent,omitempty"` // what the CodeDeploy agent says, a sentence
	Remedy   string        `json:"remedy,omitempty"`
	Chapter  string        `json:"chapter,omitempty"` // of the User Guide
	Fails    []ExampleFile `json:"fails,omitempty"`
	Passes   []ExampleFile `json:"passes,omitempty"`
}

// Policy is an IAM policy that was asked for.
type Policy struct {
	Document json.RawMessage `json:"policy"`
}

// ExampleFile is a file of a rule's example, and the place in it that is meant.
type ExampleFile struct {
	Name      string `json:"name"` // with what is notable about it
	Text      string `json:"text"`
	Line      int    `json:"line,omitempty"`
	Column    int    `json:"column,omitempty"`
	EndLine   int    `json:"endLine,omitempty"`
	EndColumn int    `json:"endColumn,omitempty"`
}

// Deployment reports a change of a deployment as a whole.
type Deployment struct {
	ID          string `json:"deploymentId"`
	Application string `json:"application,omitempty"`
	Group       string `json:"deploymentGroup,omitempty"`
	Config      string `json:"deploymentConfig,omitempty"`
	Status      string `json:"status"` // as the service names it: Created, InProgress, Succeeded, …
	// Rollback is true for a deployment that the service or the step rollback made
	// to go back.
	Rollback    bool      `json:"rollback,omitempty"`
	RollbackOf  string    `json:"rollbackOf,omitempty"` // id of the deployment that it was made for
	Revision    string    `json:"revision,omitempty"`
	Description string    `json:"description,omitempty"`
	Created     time.Time `json:"created,omitzero"`
	Ended       time.Time `json:"ended,omitzero"`
	// Counts of targets by state (deploymentOverview); nil if unknown.
	Overview *Overview `json:"overview,omitempty"`
	// ErrorCode and Message are the service's own words on a failure.
	ErrorCode string `json:"errorCode,omitempty"`
	Message   string `json:"message,omitempty"`
}

// Overview counts the targets of a deployment by their state.
type Overview struct {
	Pending    int64 `json:"pending"`
	InProgress int64 `json:"inProgress"`
	Succeeded  int64 `json:"succeeded"`
	Failed     int64 `json:"failed"`
	Skipped    int64 `json:"skipped"`
	Ready      int64 `json:"ready"`
}

// Target reports the state of one target (instance, task set, function).
type Target struct {
	Deployment string `json:"deploymentId"`
	ID         string `json:"target"`
	Status     string `json:"status"`
}

// Lifecycle reports a change of one lifecycle event on one target.
type Lifecycle struct {
	Deployment string `json:"deploymentId"`
	Target     string `json:"target"`
	Name       string `json:"lifecycleEvent"`
	Status     string `json:"status"` // Pending, InProgress, Succeeded, Failed, Skipped, Unknown
	// Began is when the target began it; zero if it did not, or did not tell.
	Began time.Time `json:"began,omitzero"`
	Took  Duration  `json:"seconds,omitempty"`
	// Log is the end of what the scripts of an event that succeeded wrote, if the
	// service tells.
	Log     string   `json:"logTail,omitempty"`
	Failure *Failure `json:"failure,omitempty"`
}

// Failure is what a target said about a lifecycle event that failed.
type Failure struct {
	Code    string `json:"errorCode"` // ScriptFailed, ScriptTimedOut, … (error-codes.md)
	Script  string `json:"scriptName,omitempty"`
	Message string `json:"message,omitempty"`
	LogTail string `json:"logTail,omitempty"`
	// Meaning and Remedy are ours: what the code means and what to do next.
	Meaning string `json:"meaning,omitempty"`
	Remedy  string `json:"remedy,omitempty"`
}

// Progress reports how far a long move is, in bytes. Reporters may drop it.
type Progress struct {
	Step    string `json:"step"`
	Done    int64  `json:"done"`
	Total   int64  `json:"total"`
	Files   int    `json:"files,omitempty"`
	FilesOf int    `json:"filesOf,omitempty"`
}

// Output is a named value that the step hands to the next one.
type Output struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Instance tells of one of the engine's instances.
type Instance struct {
	ID       string   `json:"instance"`
	Hostname string   `json:"hostname"`
	Type     string   `json:"kind"`
	State    string   `json:"state"`
	PID      int      `json:"pid,omitempty"`
	Folder   string   `json:"folder,omitempty"` // where its files are, if they can be looked at there
	Changes  []Change `json:"changes,omitempty"`
}

// Revision tells of a revision that is registered with an application.
type Revision struct {
	Location    string     `json:"revision"`
	Application string     `json:"application"`
	Registered  *time.Time `json:"registered,omitempty"`
	LastUsed    *time.Time `json:"lastUsed,omitempty"`         // nil if no deployment used it
	Groups      []string   `json:"deploymentGroups,omitempty"` // whose target it is now
	Description string     `json:"description,omitempty"`
	Size        int64      `json:"size,omitempty"`  // of the bundle, in bytes
	State       string     `json:"state,omitempty"` // what the step did with it or found, such as "deleted"
	// Deployments are those that used it, newest first, where the step looked for them.
	Deployments []RevisionUse `json:"deployments,omitempty"`
}

// RevisionUse is a deployment that used a revision.
type RevisionUse struct {
	ID      string     `json:"deploymentId"`
	Group   string     `json:"deploymentGroup"`
	Status  string     `json:"status"`
	Created *time.Time `json:"created,omitempty"`
}

// Entry is a file, folder or link of a bundle.
type Entry struct {
	Path   string `json:"path"`
	Mode   string `json:"mode"` // as ls shows it
	Size   int64  `json:"size"` // in bytes
	Link   string `json:"link,omitempty"`
	Change string `json:"change,omitempty"` // in a comparison: added, removed, content, mode, link, kind
}

// Change is a file that deployments added, changed or removed on an instance.
type Change struct {
	Kind string `json:"change"`
	Path string `json:"path"`
}

func (Instance) Kind() string   { return "instance" }
func (Revision) Kind() string   { return "revision" }
func (Entry) Kind() string      { return "entry" }
func (Note) Kind() string       { return "note" }
func (Stage) Kind() string      { return "stage" }
func (Diagnostic) Kind() string { return "diagnostic" }
func (Checked) Kind() string    { return "checked" }
func (Fixed) Kind() string      { return "fixed" }
func (Rule) Kind() string       { return "rule" }
func (Policy) Kind() string     { return "policy" }
func (Deployment) Kind() string { return "deployment" }
func (Target) Kind() string     { return "target" }
func (Lifecycle) Kind() string  { return "lifecycle" }
func (Progress) Kind() string   { return "progress" }
func (Output) Kind() string     { return "output" }
