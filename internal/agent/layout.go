package agent

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// The files of an agent below its root, as codedeploy-agent.md and
// deployments-view-logs.md name them; results is ours.

func (a *Agent) groupDir(group string) string { return filepath.Join(a.Root, group) }

func (a *Agent) deploymentDir(s Specification) string {
	return filepath.Join(a.Root, s.DeploymentGroupID, s.DeploymentID)
}

// bundleFile keeps its name whatever the type of the archive.
func (a *Agent) bundleFile(s Specification) string {
	return filepath.Join(a.deploymentDir(s), "bundle.tar")
}

// archiveName is the folder of a deployment that holds its unpacked revision.
const archiveName = "deployment-archive"

func (a *Agent) archiveDir(s Specification) string {
	return filepath.Join(a.deploymentDir(s), archiveName)
}

func (a *Agent) scriptsLog(s Specification) string {
	return filepath.Join(a.deploymentDir(s), "logs", "scripts.log")
}

func (a *Agent) deploymentsLog() string {
	return filepath.Join(a.Root, "deployment-logs", "codedeploy-agent-deployments.log")
}

func (a *Agent) instructions(group, suffix string) string {
	return filepath.Join(a.Root, "deployment-instructions", group+suffix)
}

func (a *Agent) cleanupFile(group string) string { return a.instructions(group, "-cleanup") }
func (a *Agent) installFile(group string) string { return a.instructions(group, "-install.json") }

func (a *Agent) lastSuccessful(group string) string {
	return a.instructions(group, "_last_successful_install")
}

func (a *Agent) mostRecent(group string) string {
	return a.instructions(group, "_most_recent_install")
}

func (a *Agent) trackingDir() string { return filepath.Join(a.Root, "ongoing-deployment") }
func (a *Agent) resultsDir() string  { return filepath.Join(a.Root, "results") }

// ownFolders are the names in an agent's root that no deployment group may have.
var ownFolders = [...]string{"deployment-instructions", "deployment-logs", "ongoing-deployment", "results"}

// check refuses a specification that the agent cannot use, and one whose
// identifiers would lead to other files than the deployment's own.
func check(s Specification) error {
	switch s.Revision.BundleType {
	case "zip", "tar", "tgz":
	default:
		return errors.New("BundleType in S3Revision must be tar, tgz or zip")
	}
	for _, n := range []struct{ what, name string }{
		{"deployment id", s.DeploymentID},
		{"deployment group id", s.DeploymentGroupID},
	} {
		if n.name == "" || n.name == "." || n.name == ".." || len(n.name) > 200 || strings.ContainsAny(n.name, "/\\:\x00\n") {
			return fmt.Errorf("%s %q cannot be the name of a folder", n.what, n.name)
		}
	}
	for _, own := range ownFolders {
		if strings.EqualFold(s.DeploymentGroupID, own) {
			return fmt.Errorf("deployment group id %q is the name of a folder of the agent's own", own)
		}
	}
	return nil
}
