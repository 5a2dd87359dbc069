package appspec

import (
	"fmt"
	"strings"
)

// Diff gives the change of a file as a unified diff, in which the file has a
// name. Mending changes parts of lines and never their number, so the lines of
// both texts belong together by their numbers alone.
func (m Mended) Diff(name string) string {
	var b strings.Builder
	if m.ModeBefore != m.ModeAfter {
		fmt.Fprintf(&b, "old mode 100%03o\nnew mode 100%03o\n", m.ModeBefore.Perm(), m.ModeAfter.Perm())
	}
	before, after := strings.SplitAfter(string(m.Before), "\n"), strings.SplitAfter(string(m.After), "\n")
	if before[len(before)-1] == "" { // the text ends with a line end
		before, after = before[:len(before)-1], after[:len(after)-1]
	}
	for from := next(before, after, 0); from < len(before); {
		if b.Len() == 0 || !strings.Contains(b.String(), "\n+++ ") {
			fmt.Fprintf(&b, "--- a/%s\n+++ b/%s\n", name, name)
		}
		to := from + 1 // after the last change of the hunk
		for n := next(before, after, to); n < len(before) && n-to <= 2*context; n = next(before, after, to) {
			to = n + 1
		}
		writeHunk(&b, before, after, max(from-context, 0), min(to+context, len(before)))
		from = next(before, after, to)
	}
	return b.String()
}

// context is how many lines are shown around a change.
const context = 3

// next is the first line from a given one that differs.
func next(before, after []string, from int) int {
	for from < len(before) && before[from] == after[from] {
		from++
	}
	return from
}

func writeHunk(b *strings.Builder, before, after []string, from, to int) {
	fmt.Fprintf(b, "@@ -%d,%d +%d,%d @@\n", from+1, to-from, from+1, to-from)
	write := func(sign, line string) {
		b.WriteString(sign + line)
		if !strings.HasSuffix(line, "\n") {
			b.WriteString("\n\\ No newline at end of file\n")
		}
	}
	for i := from; i < to; {
		if before[i] == after[i] {
			write(" ", before[i])
			i++
			continue
		}
		end := i
		for end < to && before[end] != after[end] {
			end++
		}
		for _, line := range before[i:end] {
			write("-", line)
		}
		for _, line := range after[i:end] {
			write("+", line)
		}
		i = end
	}
}
