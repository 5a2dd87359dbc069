package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

func TestRuleInText(t *testing.T) {
	long := ""
	for i := range 60 {
		long += fmt.Sprintln("line", i+1)
	}
	for _, test := range []struct {
		rule event.Rule
		want string
	}{
		{event.Rule{ID: "A-1", Severity: "warning", Title: "a title"}, "A-1       warning  a title\n"},
		{event.Rule{ID: "A-1", Severity: "error", Title: "a title", Why: strings.Repeat("why not ", 20), Agent: "It refuses.", Remedy: "Do.",
			Fails:  []event.ExampleFile{{Name: "appspec.yml", Text: "x: \ty\nz: 1\n", Line: 1, Column: 5, EndLine: 1, EndColumn: 6}},
			Passes: []event.ExampleFile{{Name: "appspec.yml", Text: "x: y\n"}, {Name: "empty"}, {Name: "run.sh (mode 0644)", Text: "::error::x\n"}}},
			`A-1: a title (error)

  why not why not why not why not why not why not why not why not why not why not why not
  why not why not why not why not why not why not why not why not why not

  agent   It refuses.
  remedy  Do.

Fails:
   1 | x:     y
              ^
   2 | z: 1

Passes:
  appspec.yml
   1 | x: y
  empty
  run.sh (mode 0644)
   1 | : :error::x
`},
	} {
		if got := ruleText(test.rule); got != test.want {
			t.Errorf("it is\n%s\nnot\n%s", got, test.want)
		}
	}
	got := ruleText(event.Rule{ID: "A-1", Why: "x", Fails: []event.ExampleFile{{Text: long, Line: 40, Column: 1}}})
	for want, n := range map[string]int{"line 25\n": 1, "line 26\n": 0, "  40 | line 40\n       ^\n": 1, "   … |\n": 2, "line 60": 0} {
		if strings.Count(got, want) != n {
			t.Errorf("%q is not there %d times:\n%s", want, n, got)
		}
	}
}

func ruleText(r event.Rule) string {
	var out bytes.Buffer
	NewText(&out, &out, Plain, false).Emit(r)
	return out.String()
}
