package appspec

import (
	"slices"
	"testing"
)

func TestCheckTarget(t *testing.T) {
	const body = "\nhooks:\n  AfterInstall:\n    - timeout: 5\n"
	for _, c := range []struct{ name, head, target, rule, refusal string }{
		{"its own", "version: 0.0\nos: linux", "linux", "", "EC2-104"},
		{"the other", "version: 0.0\nos: windows", "linux", "EC2-007", "EC2-007"},
		{"none", "version: 0.0\nos: Windows", "linux", "", "EC2-006"},
		{"the version comes first", "version: 1\nos: windows", "linux", "EC2-007", "EC2-003"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, diagnostics := Parse("x", []byte(c.head+body))
			target := CheckTarget(f, Target{System: c.target})
			if got := rulesOf(target); len(got) > 1 || c.rule != "" != slices.Contains(got, c.rule) {
				t.Errorf("got %q, want %q", got, c.rule)
			}
			if len(target) > 0 && placed(target[0]) != "EC2-007 error 2:5-12" {
				t.Errorf("got %s", placed(target[0]))
			}
			if d, _ := Refusal(append(diagnostics, target...)); d.Rule != c.refusal {
				t.Errorf("refused for %s, want %s", d.Rule, c.refusal)
			}
		})
	}
}
