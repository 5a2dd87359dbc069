package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Names of the lifecycle events that reach an agent. All but the first two run
// scripts.
const (
	eventDownloadBundle = "DownloadBundle"
	eventInstall        = "Install"
)

var hookEvents = [...]string{
	"BeforeBlockTraffic", "AfterBlockTraffic", "ApplicationStop",
	"BeforeInstall", "AfterInstall", "ApplicationStart", "ValidateService",
	"BeforeAllowTraffic", "AfterAllowTraffic",
}

func runsScripts(event string) bool { return slices.Contains(hookEvents[:], event) }

// source says whose AppSpec file and scripts an event uses.
type source int

const (
	current source = iota
	lastSuccessfulInstall
	mostRecentInstall
)

// sourceOf is the table of reference-appspec-file-structure-hooks.md, for a
// deployment and for the rollback of a blue/green deployment. It holds only
// until the current revision has been downloaded.
func sourceOf(event string, s Specification) source {
	rollback := s.DeploymentCreator == "codeDeployRollback" && s.DeploymentType == "BLUE_GREEN"
	switch event {
	case "BeforeBlockTraffic", "AfterBlockTraffic":
		if rollback {
			return mostRecentInstall
		}
		return lastSuccessfulInstall
	case "ApplicationStop":
		return lastSuccessfulInstall
	case "BeforeAllowTraffic", "AfterAllowTraffic":
		if rollback {
			return lastSuccessfulInstall
		}
	}
	return current
}

// archiveFor returns the unpacked revision that an event's AppSpec file and
// scripts come from; "" if the instance never had one.
func (a *Agent) archiveFor(event string, s Specification) (string, error) {
	own := a.archiveDir(s)
	if _, err := os.Stat(own); err == nil {
		return own, nil // once it is there, every event uses it
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	var pointer string
	switch sourceOf(event, s) {
	case current:
		return own, nil
	case lastSuccessfulInstall:
		pointer = a.lastSuccessful(s.DeploymentGroupID)
	case mostRecentInstall:
		pointer = a.mostRecent(s.DeploymentGroupID)
	}
	dir, err := a.readPointer(pointer, s.DeploymentGroupID)
	if err != nil || dir == "" {
		return "", err
	}
	return filepath.Join(dir, archiveName), nil
}

// hooksOf returns the unpacked revision of an event and what its AppSpec file
// says; nil if the instance never had such a revision.
func (a *Agent) hooksOf(c Command) (archive string, r *revision, err error) {
	archive, err = a.archiveFor(c.Event, c.Spec)
	if err != nil || archive == "" {
		return "", nil, err
	}
	name := c.Spec.AppSpecFilename
	if name == "" {
		name = "appspec.yml"
	}
	file := filepath.Join(archive, name)
	text, err := readAppSpec(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil, fmt.Errorf("The CodeDeploy agent did not find an AppSpec file within the unpacked revision directory at revision-relative path %q. The revision was unpacked to directory %q, and the AppSpec file was expected but not found at path %q. Consult the AWS CodeDeploy Appspec documentation for more information at http://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file.html", //nolint:staticcheck // the agent's own words
			name, archive, file)
	}
	if err != nil {
		return "", nil, err
	}
	r, err = parseRevision(name, text, a.Machine.system())
	return archive, r, err
}

// installAppSpec finds the AppSpec file for Install, which is less strict about
// its name than the hooks are.
func (a *Agent) installAppSpec(s Specification) string {
	archive := a.archiveDir(s)
	for _, name := range []string{s.AppSpecFilename, "appspec.yaml"} {
		if name == "" {
			name = "appspec.yml"
		}
		if _, err := os.Stat(filepath.Join(archive, name)); err == nil {
			return name
		}
	}
	return "appspec.yml"
}
