package step

import (
	"context"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/ci"
	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
)

// Process is what the operating system gives a program. Tests give their own.
type Process struct {
	Args           []string // without the program's name
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Environ        func() []string // all variables, as name=value; nil if nobody asks
	Dir            string          // working directory, absolute
	Terminal       bool            // Stdout is a terminal
	Width          func() int
}

// Env is a running step's view of the world: its way to say things, to hand
// on outputs, and to share what is costly to open with the other steps of the
// same process.
type Env struct {
	Process
	Events event.Sink
	// Workspace is the folder that the CI system calls the checkout; Dir elsewhere.
	Workspace string
	Build     ci.Build // the CI system's run
	System    ci.System
	Verbose   bool
	// Empty are the flags that were given without a text, as with a variable that
	// is not set. They count as unset; a step where that is dangerous refuses them.
	Empty []string

	step    *Step
	origins map[string]Origin
	asked   map[string]bool // inputs that outrank the outputs of an earlier step
	outputs *outputs
	dotenv  *outputs
	report  func(report.Format, func([]byte) error)
	setCI   func(name, value string) error
	secrets report.Secrets
	mask    func(secret string) // has the CI system hide a secret

	mu      sync.Mutex
	shared  map[any]any
	said    map[string]string // outputs of this run
	closers []func(context.Context) error
	summary string
	skipped bool
}

// Given says if the user set an input: on the command line, in the
// environment or in the repository's file, but not through an earlier step.
func (e *Env) Given(name string) bool {
	o := e.origins[name]
	return o != fromNowhere && o != fromDefault && !strings.HasPrefix(string(o), name+" in ")
}

// From says where an input's value came from.
func (e *Env) From(name string) Origin { return e.origins[name] }

// Path makes a path of the user's absolute.
func (e *Env) Path(p string) string {
	if filepath.IsAbs(p) {
		return filepath.Clean(p)
	}
	return filepath.Join(e.Dir, p)
}

// Relative gives a path as outputs and messages show it: relative to the
// workspace where it lies in it.
func (e *Env) Relative(p string) string {
	if rel, err := filepath.Rel(e.Workspace, p); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return p
}

// Output hands a value to the next step and to the CI system.
func (e *Env) Output(name, value string) error {
	if !slices.Contains(e.step.Outputs, name) {
		panic(fmt.Sprintf("step %s does not declare the output %s", e.step.Name, name))
	}
	if said, ok := e.said[name]; ok && said == value {
		return nil // the parts of a release agree on its application, say
	}
	e.said[name] = value
	e.Events.Emit(event.Output{Name: name, Value: value})
	if err := e.outputs.set(name, value); err != nil {
		return err
	}
	before := e.dotenv.size()
	if err := e.dotenv.set(ci.Variable(name), value); err != nil {
		return err
	}
	if size := e.dotenv.size(); size > dotenvSize && before <= dotenvSize {
		e.Warn("the file of --dotenv has %d bytes; GitLab takes %d if nothing else is set", size, dotenvSize)
	}
	if err := e.setCI(name, value); err != nil {
		return Errorf(Misused, "hand the output %s on: %w", name, err).Do("The CI system at hand names what takes outputs; it has to be there and to be writable.")
	}
	return nil
}

// Secret hides a text from now on: in what this process writes, and in the CI
// system's log.
func (e *Env) Secret(secret string) {
	for _, line := range e.secrets.Add(secret) {
		e.mask(line)
	}
}

// Hide takes secrets out of a text that goes elsewhere than to what this process
// writes, such as to a code host.
func (e *Env) Hide(text string) string { return e.secrets.Hide(text) }

// Report has what is found from now on written to a file as well, as one of the
// step's documents, when the step has ended.
func (e *Env) Report(kind, file string) error {
	format := e.step.Documents[kind]
	if format == nil {
		kinds := slices.Sorted(maps.Keys(e.step.Documents))
		return Errorf(Misused, "no report is called %q%s", kind, DidYouMean(kind, kinds)).Do("There are %s.", strings.Join(kinds, ", "))
	}
	e.report(format, func(document []byte) error {
		path := e.Path(file)
		document = []byte(e.secrets.Hide(string(document)))
		err := MakeFolder(filepath.Dir(path))
		if err == nil {
			err = writeFile(path, document)
		}
		if err != nil {
			return fmt.Errorf("write the %s report: %w", kind, err)
		}
		return nil
	})
	return nil
}

// Info, Warn and Debug say a sentence.
func (e *Env) Info(format string, args ...any)  { e.note(event.Info, format, args) }
func (e *Env) Warn(format string, args ...any)  { e.note(event.Warning, format, args) }
func (e *Env) Debug(format string, args ...any) { e.note(event.Debug, format, args) }

func (e *Env) note(level event.Level, format string, args []any) {
	e.Events.Emit(event.Note{Level: level, Text: fmt.Sprintf(format, args...)})
}

// Done says what the stage at hand came to, in one line.
func (e *Env) Done(format string, args ...any) {
	e.summary, e.skipped = fmt.Sprintf(format, args...), false
}

// Skipped says why the stage at hand had nothing to do.
func (e *Env) Skipped(format string, args ...any) {
	e.summary, e.skipped = fmt.Sprintf(format, args...), true
}

// Stage runs a part of a step under a name of its own, with its beginning, its
// end and its time reported. Stages follow one another; they do not nest.
func (e *Env) Stage(name string, run func() error) error {
	e.summary, e.skipped = "", false
	e.Events.Emit(event.Stage{Step: name, Status: event.StageStarted})
	began := time.Now()
	err := run()
	s := event.Stage{Step: name, Status: event.StageDone, Summary: e.summary, Took: event.Duration(time.Since(began))}
	switch {
	case err != nil:
		s.Status = event.StageFailed
		if s.Summary == "" {
			s.Summary, _, _ = strings.Cut(words(err), "\n")
		}
	case e.skipped:
		s.Status = event.StageSkipped
	}
	e.Events.Emit(s)
	return err
}

// Run carries out a step that is a part of this one. What nobody set is taken
// from the outputs so far, just as if it were a process of its own.
func (e *Env) Run(ctx context.Context, in Inputs) error {
	for _, f := range Fields(in) {
		if e.asked[f.Name] || f.NoChain {
			continue
		}
		if value := e.outputs.values[f.Name]; value != "" && OutputHelp[f.Name] != "" {
			if err := f.set(value); err != nil {
				return Errorf(Misused, "output %s: %w", f.Name, err)
			}
		}
	}
	return in.Run(ctx, e)
}

// Share gives the one value of a key in this process, made at first use.
func Share[T any](e *Env, key any, open func() (T, error)) (T, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if v, ok := e.shared[key]; ok {
		return v.(T), nil
	}
	v, err := open()
	if err == nil {
		e.shared[key] = v
	}
	return v, err
}

// OnExit has something closed when the step has ended, newest first. The
// context given ends soon after a cancel.
func (e *Env) OnExit(close func(context.Context) error) { e.closers = append(e.closers, close) }

func (e *Env) close(ctx context.Context) error {
	var first error
	for i := len(e.closers) - 1; i >= 0; i-- {
		if err := e.closers[i](ctx); err != nil && first == nil {
			first = err
		}
	}
	return first
}
