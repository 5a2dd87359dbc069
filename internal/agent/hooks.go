package agent

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// runHooks runs the scripts of an event one after another; the first that
// fails ends the event.
func (a *Agent) runHooks(ctx context.Context, c Command, archive string, scripts []script, log *eventLog) error {
	if err := log.open(); err != nil {
		return err
	}
	log.say("LifecycleEvent - " + c.Event)
	for _, s := range scripts {
		// Joined, not cleaned: "x/../s.sh" needs an x, for the agent as for us.
		h := hookRun{script: s, archive: archive, file: joinPath(archive, s.location), log: log}
		var err error
		if a.Machine.CheckHooks {
			err = h.check()
		} else {
			err = a.run(ctx, c, h)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// hookRun is one script of an event.
type hookRun struct {
	script  script
	archive string // the unpacked revision it belongs to
	file    string
	log     *eventLog
}

func (h hookRun) fail(code Code, format string, args ...any) error {
	return &scriptFailure{code, h.script.location, fmt.Sprintf(format, args...), h.log.lastLines()}
}

func (h hookRun) missing() error {
	return h.fail(ScriptMissing, "Script does not exist at specified location: %s", filepath.Clean(h.file))
}

func (h hookRun) notExecutable() error {
	return h.fail(ScriptNotExecutable, "Unable to set script at specified location: %s as executable", h.script.location)
}

// place begins the messages about a script; where also names its user.
func (h hookRun) place() string { return "Script at specified location: " + h.script.location }

func (h hookRun) where() string {
	if h.script.runAs == nil {
		return h.place()
	}
	return h.place() + " run as user " + *h.script.runAs
}

func (a *Agent) run(ctx context.Context, c Command, h hookRun) error {
	info, err := os.Stat(h.file)
	if err != nil {
		return h.missing()
	}
	h.log.say("Script - " + h.script.location)
	if !executable(h.file, info) {
		if err := os.Chmod(h.file, info.Mode().Perm()|0o111); err != nil {
			return h.notExecutable()
		}
	}
	plain, home, err := withoutSu(h.script)
	if err != nil {
		return h.fail(ScriptFailed, "%s cannot be run: %s", h.where(), err)
	}
	started := h.script
	env := append(a.Machine.Env[:len(a.Machine.Env):len(a.Machine.Env)], environment(c)...)
	if plain {
		started.runAs = nil
		env = append(env, "HOME="+home) // su sets it too
	}
	end := runScript(ctx, process{
		command: commandLine(h.file, started),
		dir:     a.Machine.hookDir(),
		env:     env,
		timeout: h.script.timeout,
		grace:   a.grace(),
		line: func(stream, text string) error {
			h.log.line(h.script.location, stream, text)
			return badEncoding(text)
		},
	})
	switch {
	case end.calledOff:
		return h.fail(ScriptFailed, "%s was stopped: the command was called off", h.place())
	case end.timedOut:
		return h.fail(ScriptTimedOut, "%s failed to complete in %d seconds", h.place(), int64(h.script.timeout.Seconds()))
	case end.err != nil:
		return h.fail(ScriptFailed, "%s failed with error %s", h.where(), end.err)
	case end.leftOpen != "":
		return h.fail(OutputsLeftOpen, "%s failed to close %s", h.place(), strings.ToUpper(end.leftOpen))
	case end.status != "0":
		return h.fail(ScriptFailed, "%s failed with exit code %s", h.where(), end.status)
	}
	return nil
}

func (m Machine) hookDir() string {
	if m.Dir == "" {
		return filepath.FromSlash("/")
	}
	return m.Dir
}

// environment is what the agent adds to the environment of a script. The
// deployment is the current one, even for the scripts of an older revision.
func environment(c Command) []string {
	env := []string{
		"LIFECYCLE_EVENT=" + c.Event,
		"DEPLOYMENT_ID=" + c.Spec.DeploymentID,
		"APPLICATION_NAME=" + c.Spec.ApplicationName,
		"DEPLOYMENT_GROUP_NAME=" + c.Spec.DeploymentGroupName,
		"DEPLOYMENT_GROUP_ID=" + c.Spec.DeploymentGroupID,
	}
	r := c.Spec.Revision
	for _, v := range []struct{ name, value string }{
		{"BUNDLE_BUCKET", r.Bucket}, {"BUNDLE_KEY", r.Key},
		{"BUNDLE_VERSION", r.Version}, {"BUNDLE_ETAG", r.ETag},
	} {
		if v.value != "" {
			env = append(env, v.name+"="+v.value)
		}
	}
	return env
}
