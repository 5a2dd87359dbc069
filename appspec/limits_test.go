package appspec

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestHostileTextsAreRefused(t *testing.T) {
	bomb := "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c < 'k'; c++ {
		bomb += fmt.Sprintf("%c: &%c [*%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c]\n", c, c, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1)
	}
	scripts := strings.Repeat("    - location: a.sh\n", 300)
	events := ""
	for i := range 300 {
		events += fmt.Sprintf("  E%d: *l\n", i)
	}
	for _, c := range []struct{ name, text, rule string }{
		{"too long", server(strings.Repeat("#", maxText)), "LIMIT-001"},
		{"too deep in flow style", server("files: " + strings.Repeat("[", 200) + strings.Repeat("]", 200) + "\n"), "LIMIT-002"},
		{"too deep in block style", server("files:\n  " + strings.Repeat("- ", 200) + "x\n"), "LIMIT-002"},
		{"brackets without end", server("files: " + strings.Repeat("[", 50_000)), "LIMIT-002"},
		{"braces without end", server("files: " + strings.Repeat("{", 50_000)), "LIMIT-002"},
		{"aliases of a list", server("hooks:\n  A: &l\n" + scripts + events), "LIMIT-003"},
		{"aliases in aliases", server(bomb + "files: *j\n"), "EC2-021"},
		{"alias of itself", server("files: &f [*f]\n"), "EC2-021"},
		{"merge of itself", server("files:\n  - &m\n    <<: *m\n"), "EC2-022"},
		{"a thousand mistakes", server("files:\n" + strings.Repeat("  -\n", 5000)), "LIMIT-004"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, diagnostics := Parse("x", []byte(c.text))
			if !slices.ContainsFunc(diagnostics, func(d Diagnostic) bool { return d.Rule == c.rule && d.Severity == Error }) {
				t.Errorf("no %s in %q", c.rule, placedAll(diagnostics[:min(len(diagnostics), 20)]))
			}
			if len(diagnostics) > 2*maxFindings+1 {
				t.Errorf("%d diagnostics", len(diagnostics))
			}
		})
	}
}

func TestErrorsAreNotLostAmongWarnings(t *testing.T) {
	var keys strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&keys, "key%d: x\n", i)
	}
	_, diagnostics := Parse("x", []byte("version: 0.0\n"+keys.String()+"os: Linux\n"))
	if !HasErrors(diagnostics) {
		t.Error("the error was dropped")
	}
}
