package step

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// A terminal's help has the words of a log's, and no line that could be broken
// reaches its last column.
func TestHelpFitsTheTerminal(t *testing.T) {
	help := func(width int, env map[string]string, args ...string) string {
		var out bytes.Buffer
		p := &Program{Name: "prog", Summary: "A program.", Steps: []Step{sampleStep("push", nil), sampleStep("a step of a long name", nil)}}
		code := p.Run(t.Context(), Process{Args: args, Stdout: &out, Stderr: &out, Dir: t.TempDir(),
			Terminal: width > 0, Width: func() int { return width }, Getenv: func(name string) string { return env[name] }})
		if code != OK {
			t.Fatalf("%d: %s", code, &out)
		}
		return out.String()
	}
	for _, args := range [][]string{{"--help"}, {"push", "--help"}} {
		log := help(0, nil, args...)
		if got := help(40, map[string]string{"CI": "true"}, args...); got != log {
			t.Errorf("a CI system's terminal has\n%s", got)
		}
		for _, width := range []int{500, 80, 65} {
			got := help(width, nil, args...)
			if !slices.Equal(strings.Fields(got), strings.Fields(log)) {
				t.Errorf("%d columns have other words:\n%s", width, got)
			}
			for line := range strings.Lines(got) {
				line = strings.TrimSuffix(line, "\n")
				fixed := strings.HasPrefix(line, "Usage:") || strings.HasPrefix(line, "  --") || strings.HasPrefix(line, "`")
				if len([]rune(line)) >= width && !fixed {
					t.Errorf("%d columns are too few for %q", width, line)
				}
			}
		}
	}
}

func TestFold(t *testing.T) {
	for _, test := range []struct {
		lead, text string
		width      int
		want       string
	}{
		{"  a  ", "one two\nthree", 0, "  a  one two\nthree"},
		{"  a  ", "one two\nthree", 100, "  a  one two three"},
		{"  a  ", "one two three", 13, "  a  one two\n     three"},
		{"  a  ", "one two three", 12, "  a  one\n     two\n     three"}, // the last column is free
		{"", "déjà vu", 8, "déjà vu"},
		{"  ", "https://no.blank/in/here and more", 10, "  https://no.blank/in/here\n  and\n  more"},
		{"  a  ", "", 3, "  a  "},
	} {
		if got := fold(test.lead, test.text, test.width); got != test.want {
			t.Errorf("%q, %q in %d columns:\n%s\nnot\n%s", test.lead, test.text, test.width, got, test.want)
		}
	}
}
