package agent

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
)

// A storedResultFile is what the agent remembers of a command that ended, so
// that a caller who lost the answer gets it again.
type storedResultFile struct {
	CommandID    string `json:"commandId"`
	DeploymentID string `json:"deploymentId"`
	Event        string `json:"event"`
	Result       Result `json:"result"`
}

// resultFile names the file of a command's result. An ID that could not be a
// file name is replaced by its digest.
func (a *Agent) resultFile(commandID string) string {
	plain := commandID != "" && len(commandID) <= 150 && !strings.HasPrefix(commandID, "sha256-")
	for i := 0; plain && i < len(commandID); i++ {
		c := commandID[i]
		plain = 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_' || 'A' <= c && c <= 'Z'
	}
	name := commandID
	if !plain {
		sum := sha256.Sum256([]byte(commandID))
		name = "sha256-" + hex.EncodeToString(sum[:])
	}
	return filepath.Join(a.resultsDir(), name+".json")
}

func (a *Agent) storedResult(commandID string) (Result, bool) {
	var stored storedResultFile
	text, err := os.ReadFile(a.resultFile(commandID))
	if err != nil || json.Unmarshal(text, &stored) != nil || stored.CommandID != commandID {
		return Result{}, false
	}
	return stored.Result, true
}

func (a *Agent) storeResult(c Command, r Result) error {
	text, err := json.Marshal(storedResultFile{c.ID, c.Spec.DeploymentID, c.Event, r})
	if err != nil {
		return err
	}
	return replaceFile(a.resultFile(c.ID), text)
}

// pruneResults forgets the results of commands whose deployments have no
// folder any more. Those of the last day stay: a deployment gets its folder
// only with the first event that has something to do.
func (a *Agent) pruneResults() error {
	entries, err := os.ReadDir(a.resultsDir())
	if err != nil {
		return nil // there are none
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || a.now().Sub(info.ModTime()) < staleAfter {
			continue
		}
		file := filepath.Join(a.resultsDir(), e.Name())
		var stored storedResultFile
		if text, err := os.ReadFile(file); err == nil && json.Unmarshal(text, &stored) == nil && a.deploymentKept(stored.DeploymentID) {
			continue
		}
		if err := os.Remove(file); err != nil {
			return err
		}
	}
	return nil
}

// deploymentKept is true if a deployment of any group has a folder.
func (a *Agent) deploymentKept(deploymentID string) bool {
	groups, _ := os.ReadDir(a.Root)
	for _, g := range groups {
		if info, err := os.Lstat(filepath.Join(a.Root, g.Name(), deploymentID)); err == nil && info.IsDir() {
			return true
		}
	}
	return false
}
