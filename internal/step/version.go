package step

import "runtime/debug"

// Version is the version that this program was built from.
func Version() string {
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
