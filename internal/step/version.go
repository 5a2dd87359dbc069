package step

import "runtime/debug"

// linked is the version of a build that knows no repository, as in the image:
// set by -ldflags "-X …/internal/step.linked=v1.2.3", never by code.
var linked string

// Version is the version that this program was built from.
func Version() string {
	if linked != "" {
		return linked
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}

// Alone makes a program of one step.
func Alone(s Step) *Program {
	return &Program{Name: "codedeploy-" + s.Name, Version: Version(), Summary: s.Summary, Steps: []Step{s}}
}
