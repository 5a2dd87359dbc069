package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"unicode/utf8"
)

// execution is a command that runs.
type execution struct {
	cancel context.CancelFunc
	done   chan struct{} // closed once result is set
	result Result
}

// Noop tells whether there is nothing to run for a command, which is asked
// before the command is acknowledged. It already reads the AppSpec file, so a
// broken one fails an event that it has no scripts for.
func (a *Agent) Noop(c Command) (bool, error) {
	if err := check(c.Spec); err != nil {
		return false, err
	}
	switch {
	case c.Event == eventDownloadBundle, c.Event == eventInstall:
		return false, nil
	case !runsScripts(c.Event):
		return true, nil // it fails when it is carried out
	}
	_, r, err := a.hooksOf(c)
	return err == nil && (r == nil || len(r.hooks[c.Event]) == 0), err
}

// Execute carries out a command and returns its diagnostics.
//
// A command that has ended gives its first result again, after a restart too,
// and one that runs is waited for: no ID is ever carried out twice. When ctx
// ends the command is called off: the script that runs gets SIGTERM, then
// SIGKILL, and the result says so. Execute returns only when the command is at
// an end.
func (a *Agent) Execute(ctx context.Context, c Command) Result {
	if err := check(c.Spec); err != nil {
		return failure(err)
	}
	run := a.begin(ctx, c)
	select {
	case <-run.done:
	case <-ctx.Done():
		run.cancel()
		<-run.done
	}
	return run.result
}

// begin returns the execution of a command: a new one, the one that runs, or
// one that is over because the result is known.
func (a *Agent) begin(ctx context.Context, c Command) *execution {
	a.mu.Lock()
	defer a.mu.Unlock()
	if run := a.running[c.ID]; run != nil {
		return run
	}
	run := &execution{done: make(chan struct{})}
	if result, known := a.storedResult(c.ID); known {
		run.result = result
		run.cancel = func() {}
		close(run.done)
		return run
	}
	// Not the caller's own context: others may wait for the same command.
	over := ctx.Err() != nil
	ctx, run.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if over {
		run.cancel()
	}
	if a.running == nil {
		a.running = map[string]*execution{}
	}
	a.running[c.ID] = run
	go func() {
		defer run.cancel()
		result := a.carryOut(ctx, c)
		a.mu.Lock()
		run.result = result
		delete(a.running, c.ID)
		a.mu.Unlock()
		close(run.done)
	}()
	return run
}

// carryOut runs a command between its tracking file and its stored result. The
// result is stored before the tracking file goes, so that at no time both are
// missing for a command that has begun.
func (a *Agent) carryOut(ctx context.Context, c Command) Result {
	if err := a.track(c); err != nil {
		return failure(fmt.Errorf("note that the command has begun: %w", err))
	}
	log := &eventLog{agent: a, command: c}
	noop, err := false, ctx.Err()
	if err == nil {
		noop, err = a.perform(ctx, c, log)
	}
	if err == nil {
		err = log.close()
	} else {
		_ = log.close()
	}
	result := Result{Code: Succeeded, Message: "Succeeded: ", Noop: noop}
	switch {
	case err != nil && ctx.Err() != nil && !isScriptFailure(err):
		result = failure(fmt.Errorf("%s was stopped: the command was called off", c.Event))
	case err != nil:
		result = failure(err)
	case a.Machine.CheckHooks && runsScripts(c.Event) && !noop:
		result.Message += "the scripts were checked and not run"
	}
	if err := a.storeResult(c, result); err != nil {
		return failure(fmt.Errorf("keep the result of the command (%s): %w", result.Message, err))
	}
	if err := a.untrack(c); err != nil {
		return failure(fmt.Errorf("note that the command has ended: %w", err))
	}
	return result
}

// perform carries out the event of a command. It is true if there was nothing
// to run.
func (a *Agent) perform(ctx context.Context, c Command, log *eventLog) (noop bool, err error) {
	var archive string
	var r *revision
	if runsScripts(c.Event) {
		if archive, r, err = a.hooksOf(c); err != nil {
			return false, err
		}
	}
	// Every event that is carried out has a folder, also if there is nothing to
	// run.
	if err := os.MkdirAll(a.deploymentDir(c.Spec), 0o755); err != nil {
		return false, err
	}
	switch {
	case c.Event == eventDownloadBundle:
		return false, a.download(ctx, c.Spec)
	case c.Event == eventInstall:
		return false, a.install(ctx, c.Spec, log)
	case runsScripts(c.Event):
		if r == nil || len(r.hooks[c.Event]) == 0 {
			return true, nil
		}
		return false, a.runHooks(ctx, c, archive, r.hooks[c.Event], log)
	}
	return false, fmt.Errorf("Unsupported command type: %s.", c.Event) //nolint:staticcheck // the agent's own words
}

// scriptFailure is a failure that belongs to a script.
type scriptFailure struct {
	code    Code
	script  string
	message string
	log     string
}

func (f *scriptFailure) Error() string { return f.message }

func isScriptFailure(err error) bool {
	_, is := errors.AsType[*scriptFailure](err)
	return is
}

// failure words an error as diagnostics. Only failures of scripts have codes of
// their own.
func failure(err error) Result {
	f, is := errors.AsType[*scriptFailure](err)
	if !is {
		r := Result{Code: UnknownError, Message: err.Error()}
		if there, is := errors.AsType[*occupied](err); is {
			r.Owner = there.group
		}
		return r
	}
	if !utf8.ValidString(f.log) {
		// The published agent cannot send such a log; its error code is then
		// the text "Unknown".
		return Result{Code: UnknownError, ScriptName: f.script, Message: "Attempting minimal diagnostics", Log: "Exception JSON::GeneratorError occured"}
	}
	return Result{Code: f.code, ScriptName: f.script, Message: f.message, Log: f.log}
}
