package ci

import (
	"io"
	"strings"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
)

// getenv gives an environment of these variables alone, NAME=value.
func getenv(pairs ...string) func(string) string {
	return func(name string) string {
		for _, p := range pairs {
			if n, v, _ := strings.Cut(p, "="); n == name {
				return v
			}
		}
		return ""
	}
}

func TestDetect(t *testing.T) {
	for _, test := range []struct {
		env    []string
		github bool
		isCI   bool
	}{
		{nil, false, false},
		{[]string{"CI=true"}, false, true},
		{[]string{"CI=1"}, false, true},
		{[]string{"CI=false"}, false, false},
		{[]string{"GITHUB_ACTIONS=true", "CI=true"}, true, true},
		{[]string{"GITHUB_ACTIONS=false"}, false, false},
		{[]string{"GITHUB_ACTIONS=1"}, false, false}, // documented is true
	} {
		s := Detect(getenv(test.env...))
		if _, github := s.(*GitHub); github != test.github || s.IsCI() != test.isCI {
			t.Errorf("%v is %T, CI %v", test.env, s, s.IsCI())
		}
	}
	if w := Detect(getenv("GITHUB_ACTIONS=true", "GITHUB_WORKSPACE=/github/workspace")).Workspace(); w != "/github/workspace" {
		t.Error(w)
	}
}

func TestAPlainShellAddsNothing(t *testing.T) {
	s := Detect(getenv())
	var out strings.Builder
	r := report.NewText(&out, io.Discard, report.Plain, false)
	if s.Wrap(r, Streams{Stdout: &out}) != report.Reporter(r) {
		t.Error("the reporter is another one")
	}
	s.Mask(&out, "secret")
	if err := s.SetOutput(io.Discard, "a", "b"); err != nil || out.Len() > 0 || s.Workspace() != "" {
		t.Errorf("%v, wrote %q", err, &out)
	}
}
