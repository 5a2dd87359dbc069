package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// staleAfter is the age at which a tracking file says nothing any more.
const staleAfter = 24 * time.Hour

// track leaves word that a command runs: a file named by the deployment, with
// the command's ID as its text, that is there for as long as the command runs.
// An agent that starts and finds one knows that it was interrupted.
func (a *Agent) track(c Command) error {
	return replaceFile(filepath.Join(a.trackingDir(), c.Spec.DeploymentID), []byte(c.ID))
}

func (a *Agent) untrack(c Command) error {
	err := os.Remove(filepath.Join(a.trackingDir(), c.Spec.DeploymentID))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Start is the agent's start-up, called once and before any command. A command
// that was running when the agent last ended is not carried out again: it is
// failed with [FailedAfterRestart] when it is asked for. One that was
// interrupted more than a day ago is forgotten.
func (a *Agent) Start() error {
	if !filepath.IsAbs(a.Root) {
		return fmt.Errorf("the agent's folder %q is not an absolute path", a.Root)
	}
	entries, err := os.ReadDir(a.trackingDir())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for interrupted commands: %w", err)
	}
	for _, e := range entries {
		if err := a.failInterrupted(e); err != nil {
			return fmt.Errorf("fail an interrupted command of %s: %w", e.Name(), err)
		}
	}
	return os.RemoveAll(a.trackingDir())
}

func (a *Agent) failInterrupted(e fs.DirEntry) error {
	info, err := e.Info()
	if err != nil || !info.Mode().IsRegular() || strings.HasPrefix(e.Name(), ".new-") {
		return err
	}
	if a.now().Sub(info.ModTime()) > staleAfter {
		return nil
	}
	id, err := os.ReadFile(filepath.Join(a.trackingDir(), e.Name()))
	if err != nil || len(id) == 0 {
		return err
	}
	if _, done := a.storedResult(string(id)); done {
		return nil // it ended; only the file was still there
	}
	return a.storeResult(Command{ID: string(id), Spec: Specification{DeploymentID: e.Name()}}, Result{
		Code:    FailedAfterRestart,
		Message: "Failed: Failing in-progress lifecycle event after an agent restart.",
	})
}
