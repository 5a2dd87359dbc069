package appspec

import "fmt"

// Target is what is known about where a revision goes. What is zero is not
// known, and no rule about it applies.
type Target struct {
	System     string         // of the servers: linux or windows
	Deployment DeploymentType // tells which lifecycle events run
	Archive    string         // how the revision is packed: zip, tar or tgz
	// Users and Groups are the login names and groups of the server.
	Users, Groups []string
	// NoTestListener is true for a deployment to Amazon ECS whose load
	// balancer has no test listener.
	NoTestListener bool
	// Containers are the names of the task definition's containers.
	Containers []string
}

// DeploymentType is a kind of deployment to servers, or one half of it
// (reference-appspec-file-structure-hooks.md).
type DeploymentType string

const (
	InPlace              DeploymentType = "in-place"
	InPlaceBalanced      DeploymentType = "in-place-load-balancer"
	BlueGreen            DeploymentType = "blue-green"
	BlueGreenOriginal    DeploymentType = "blue-green-original"
	BlueGreenReplacement DeploymentType = "blue-green-replacement"
)

// CheckTarget applies the rules about where a revision goes. [Refusal] finds
// the right first reason in the diagnostics of Parse followed by these.
func CheckTarget(f *File, target Target) []Diagnostic {
	if f == nil {
		return nil
	}
	c := &findings{file: f.Name, text: f.text}
	system := target.System
	if system != "" && f.OS.Kind == Text && (f.OS.Value == "linux" || f.OS.Value == "windows") && f.OS.Value != system {
		c.refused("EC2-007", f.OS.Range(), fmt.Sprintf("os is %s, but the server runs %s", f.OS.Value, system), fmt.Sprintf(saysOS, f.OS.Value),
			fmt.Sprintf("Deploy it to servers that run %s, or write os: %s.", f.OS.Value, system))
		c.list[0].step = f.osStep
	}
	c.checkService(f, target)
	return c.sorted()
}
