package appspec

import (
	"slices"
	"strings"
)

// DeploymentType is a kind of deployment to servers, or one half of it
// (reference-appspec-file-structure-hooks.md).
type DeploymentType string

const (
	InPlace              DeploymentType = "in-place"               // without a load balancer
	InPlaceBalanced      DeploymentType = "in-place-load-balancer" // its rollback is one too
	BlueGreen            DeploymentType = "blue-green"             // both halves
	BlueGreenOriginal    DeploymentType = "blue-green-original"
	BlueGreenReplacement DeploymentType = "blue-green-replacement"
)

// DeploymentTypes returns all of them.
func DeploymentTypes() []DeploymentType {
	return []DeploymentType{InPlace, InPlaceBalanced, BlueGreen, BlueGreenOriginal, BlueGreenReplacement}
}

// Runs tells whether a deployment of this type runs a lifecycle event, be it
// one for scripts or a reserved one. An unknown type is taken to run all that
// exist. The rollback of a blue/green deployment swaps the two halves' traffic
// events: the original instances run what lets traffic in, the replacement
// instances what blocks it.
func (d DeploymentType) Runs(event string) bool {
	lettingOut := []string{"BeforeBlockTraffic", "BlockTraffic", "AfterBlockTraffic"}
	installing := []string{"ApplicationStop", "DownloadBundle", "BeforeInstall", "Install", "AfterInstall", "ApplicationStart", "ValidateService"}
	lettingIn := []string{"BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"}
	var events []string
	switch d {
	case InPlace:
		events = installing
	case BlueGreenOriginal:
		events = lettingOut
	case BlueGreenReplacement:
		events = slices.Concat(installing, lettingIn)
	default:
		events = slices.Concat(lettingOut, installing, lettingIn)
	}
	return slices.Contains(events, event)
}

// words name the type in a message.
func (d DeploymentType) words() string {
	switch d {
	case InPlace:
		return "an in-place deployment without a load balancer"
	case InPlaceBalanced:
		return "an in-place deployment with a load balancer"
	case BlueGreen:
		return "a blue/green deployment"
	case BlueGreenOriginal:
		return "a blue/green deployment on the original instances"
	case BlueGreenReplacement:
		return "a blue/green deployment on the replacement instances"
	}
	return "a deployment of the type " + show(string(d))
}

// whereRun lists the types that run an event.
func whereRun(event string) string {
	var words []string
	for _, d := range DeploymentTypes() {
		if d.Runs(event) {
			words = append(words, d.words())
		}
	}
	return strings.Join(words, "; ")
}

// fromPrevious is true for the events before a revision is unpacked: what runs
// are the scripts of the revision that was deployed successfully before it.
func fromPrevious(event string) bool {
	return slices.Contains([]string{"BeforeBlockTraffic", "AfterBlockTraffic", "ApplicationStop"}, event)
}
