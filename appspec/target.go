package appspec

import "fmt"

// CheckTarget applies the rule about the server that a file is for: each
// agent takes only files for its own system, linux or windows. [Refusal] finds
// the right first reason in the diagnostics of Parse followed by these.
func CheckTarget(f *File, system string) []Diagnostic {
	if f == nil || f.OS.Kind != Text || f.OS.Value != "linux" && f.OS.Value != "windows" || f.OS.Value == system {
		return nil
	}
	c := &findings{file: f.Name, text: f.text}
	c.refused("EC2-007", f.OS.Range(), fmt.Sprintf("os is %s, but the server runs %s", f.OS.Value, system), fmt.Sprintf(saysOS, f.OS.Value),
		fmt.Sprintf("Deploy it to servers that run %s, or write os: %s.", f.OS.Value, system))
	list := c.sorted()
	list[0].step = f.osStep
	return list
}
