package appspec

import (
	"fmt"
	"slices"
	"testing"
)

// TestServerRulesAreComplete: every rule about documents for EC2/on-premises
// is in the table. One number is not used: a name that is wrong by its case
// only is an unknown event, EC2-105.
func TestServerRulesAreComplete(t *testing.T) {
	var want []string
	for _, numbers := range [][2]int{{1, 10}, {20, 41}, {50, 89}, {100, 121}, {123, 124}} {
		for n := numbers[0]; n <= numbers[1]; n++ {
			want = append(want, fmt.Sprintf("EC2-%03d", n))
		}
	}
	var got []string
	for _, r := range serverRules() {
		got = append(got, r.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestServerExamplesPass: what passes is a file without errors, but for
// scripts and sources that its revision leaves out.
func TestServerExamplesPass(t *testing.T) {
	for _, r := range serverRules() {
		for _, d := range exampleFindings(r, r.Passes) {
			if d.Severity == Error && d.Rule != "EC2-028" && d.Rule != "REV-022" {
				t.Errorf("%s: the passing example gives %s", r.ID, d)
			}
		}
	}
}
