package appspec

import (
	"fmt"
	"slices"
)

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
	// Advice also asks for what is true of good files too, and is worth
	// knowing once: EC2-120.
	Advice bool
}

// CheckTarget applies the rules about where a revision goes. [Refusal] finds
// the right first reason in the diagnostics of Parse followed by these.
func CheckTarget(f *File, target Target) []Diagnostic {
	if f == nil {
		return nil
	}
	c := &findings{file: f.Name, text: f.text}
	if c.text == nil {
		c.text = newSource("")
	}
	c.checkSystem(f, target.System)
	c.checkPacking(f, target)
	c.checkAccounts(f, target)
	c.checkEvents(f, target)
	c.checkService(f, target)
	return c.sorted()
}

// checkSystem compares os with the servers' own.
func (c *findings) checkSystem(f *File, system string) {
	v := f.OS
	if system == "" || v.Kind != Text || v.Value != "linux" && v.Value != "windows" || v.Value == system {
		return
	}
	c.refused("EC2-007", v.Range(), fmt.Sprintf("os is %s, but the server runs %s", v.Value, system), fmt.Sprintf(saysOS, v.Value),
		fmt.Sprintf("Deploy it to servers that run %s, or write os: %s.", v.Value, system))
	c.list[len(c.list)-1].step = f.osStep
}

// checkAccounts looks the owners and groups of permissions up.
func (c *findings) checkAccounts(f *File, target Target) {
	look := func(what string, v String, known []string, says string) {
		if v.Kind == Text && len(known) > 0 && !slices.Contains(known, v.Value) {
			c.fails("EC2-073", v.Range(), fmt.Sprintf("the server has no %s %s", what, show(v.Value)), fmt.Sprintf(says, v.Value),
				fmt.Sprintf("Make the %s in a BeforeInstall script, or name another.", what))
		}
	}
	for _, p := range f.Permissions {
		look("user", p.Owner, target.Users, "ArgumentError: can't find user for %s")
		look("group", p.Group, target.Groups, "ArgumentError: can't find group for %s")
	}
}

// checkEvents tells of scripts that do not run, or not in this deployment.
func (c *findings) checkEvents(f *File, target Target) {
	for _, hook := range f.Hooks {
		event := hook.Name.Value
		switch {
		case hook.Name.Kind != Text || !slices.Contains(Events(), event):
		case target.Deployment != "" && !target.Deployment.Runs(event):
			c.warn("EC2-108", hook.Name.Range(), event+" does not run in "+target.Deployment.words(), "It runs in: "+whereRun(event)+".")
		case target.Advice && fromPrevious(event):
			c.warn("EC2-120", hook.Name.Range(), event+" runs before this revision is unpacked: with the scripts of the last one that was deployed successfully",
				"Expect a change of these scripts to take effect one deployment later.")
		}
	}
}
