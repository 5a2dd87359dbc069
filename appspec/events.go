package appspec

import (
	"fmt"
	"slices"
	"strings"
)

// Events returns the lifecycle events that an EC2/on-premises AppSpec can give
// scripts for, in the order in which a deployment with a load balancer runs
// them (reference-appspec-file-structure-hooks.md).
func Events() []string {
	return []string{
		"BeforeBlockTraffic", "AfterBlockTraffic",
		"ApplicationStop", "BeforeInstall", "AfterInstall", "ApplicationStart", "ValidateService",
		"BeforeAllowTraffic", "AfterAllowTraffic",
	}
}

// reservedEvents are carried out by the agent or the service itself.
func reservedEvents() []string {
	return []string{"DownloadBundle", "Install", "BlockTraffic", "AllowTraffic", "Start", "End"}
}

// ecsEvents exist for Amazon ECS only.
func ecsEvents() []string {
	return []string{"AfterAllowTestTraffic", "AllowTestTraffic", "TestTraffic"}
}

// event reports a hook whose name is no event that runs scripts.
func (r *reader) event(name String, hasScripts bool) {
	says := ""
	if hasScripts {
		says = fmt.Sprintf(saysEvents, r.file, name.Value)
	}
	switch {
	case name.Kind == Text && slices.Contains(Events(), name.Value):
	case name.Kind == Bool:
		r.fails("EC2-121", name.Range(), fmt.Sprintf("the event name %s is the boolean %s to YAML", name.Raw, name.Value), "",
			"Events are "+strings.Join(Events(), ", ")+".")
	case name.Kind != Text:
		r.fails("EC2-105", name.Range(), "there is no lifecycle event "+show(keyName(name)), "", "Events are "+strings.Join(Events(), ", ")+".")
	case slices.Contains(reservedEvents(), name.Value):
		if name.Value == "DownloadBundle" || name.Value == "Install" {
			says = ""
		}
		r.fails("EC2-106", name.Range(), "the event "+name.Value+" is reserved: its scripts never run", says,
			"Use the event before or after it.")
	case slices.Contains(ecsEvents(), name.Value):
		r.fails("EC2-107", name.Range(), "the event "+name.Value+" exists for Amazon ECS only", says, "Events here are "+strings.Join(Events(), ", ")+".")
	default:
		help := "Events are " + strings.Join(Events(), ", ") + "."
		if slices.Contains(topKeys(), name.Value) {
			help = "It is a section: begin it in the first column."
		}
		if near, ok := nearest(name.Value, Events(), 3); ok {
			help = fmt.Sprintf("Did you mean %s?", near)
			if strings.EqualFold(near, name.Value) {
				help += " Case matters."
			}
		}
		r.fails("EC2-105", name.Range(), "there is no lifecycle event "+show(name.Value), says, help)
	}
}
