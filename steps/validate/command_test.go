package validate

import (
	"maps"
	"slices"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/appspec"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// The tags name what there is.
func TestChoices(t *testing.T) {
	for name, want := range map[string][]string{
		"format":          append(slices.Sorted(maps.Keys(report.Formats())), "json", "text"),
		"severity":        {string(appspec.Error), string(appspec.Warning)},
		"platform":        {string(appspec.Server), string(appspec.ECS), string(appspec.Lambda)},
		"deployment-type": {string(appspec.InPlace), string(appspec.InPlaceBalanced), string(appspec.BlueGreen), string(appspec.BlueGreenOriginal), string(appspec.BlueGreenReplacement)},
	} {
		for _, f := range step.Fields(&command{}) {
			if f.Name == name && !slices.Equal(slices.Sorted(slices.Values(f.Enum)), slices.Sorted(slices.Values(want))) {
				t.Errorf("--%s takes %q, not %q", name, f.Enum, want)
			}
		}
	}
}

func TestSummary(t *testing.T) {
	for want, n := range map[string][5]int{
		"7 files": {7}, "1 file: 1 not read": {1, 1}, "7 files: 2 with errors, 1 with warnings": {7, 0, 2, 1},
		"7 files: 1 not read, 2 with errors, 1 with warnings, 3 findings ignored": {7, 1, 2, 1, 3}, "2 files: 1 finding ignored": {2, 0, 0, 0, 1},
	} {
		if got := summary(n[0], n[1], n[2], n[3], n[4]); got != want {
			t.Errorf("%v is %q, not %q", n, got, want)
		}
	}
}

// Every rule can be explained, with words for each of its parts.
func TestEveryRuleIsExplained(t *testing.T) {
	for _, r := range appspec.Rules() {
		if r.Agent != appspec.NotAsked && verdict(r.Agent) == "" {
			t.Errorf("%s: no words for %q", r.ID, r.Agent)
		}
		marked := 0
		_, at := appspec.Example(r.Fails)
		for _, f := range example(r.Fails) {
			if f.Line > 0 {
				marked++
			}
		}
		if want := at.Start.IsKnown(); (marked == 1) != want {
			t.Errorf("%s: %d marks, and the example has one: %v", r.ID, marked, want)
		}
	}
}
