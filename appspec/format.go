package appspec

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// snippetWidth is how many characters of a long line Format shows.
const snippetWidth = 100

// Format gives the diagnostic for people: String, the line with a caret below
// the place, the agent's words, and help. The text holds no control character
// but LF, and a line of the AppSpec never starts an output line.
func (d Diagnostic) Format() string {
	var b strings.Builder
	b.WriteString(d.String())
	b.WriteByte('\n')
	if start := d.Range.Start; start.IsKnown() {
		line, caret := d.underlined()
		gutter := fmt.Sprintf("%5d", start.Line)
		fmt.Fprintf(&b, "%s | %s\n%s | %s\n", gutter, line, strings.Repeat(" ", len(gutter)), caret)
	}
	if d.Agent != "" {
		fmt.Fprintf(&b, "  The CodeDeploy agent would say: %s\n", printable(d.Agent))
	}
	if d.Help != "" {
		fmt.Fprintf(&b, "  Help: %s\n", printable(d.Help))
	}
	return b.String()
}

// underlined gives the line without what a terminal obeys, and the caret line
// that goes below it. Tabs are kept in both, so the caret stays aligned
// whatever a tab's width.
func (d Diagnostic) underlined() (line, caret string) {
	from, to := max(d.Range.Start.Column-1, 0), math.MaxInt
	if d.Range.End.Line == d.Range.Start.Line {
		to = max(d.Range.End.Column-1, from)
	}
	shown, skipped, more := window(d.Snippet, from)
	from, to = min(from-skipped, len(shown)), min(to-skipped, len(shown))
	var l, c strings.Builder
	if skipped > 0 {
		l.WriteString("…")
		c.WriteString(" ")
	}
	for i, r := range shown {
		r = visible(r)
		l.WriteRune(r)
		switch {
		case i < from && r == '\t':
			c.WriteByte('\t')
		case i < from:
			c.WriteString(strings.Repeat(" ", cells(r)))
		case i == from:
			c.WriteString("^" + strings.Repeat("~", max(cells(r), 1)-1))
		case i < to && r != '\t':
			c.WriteString(strings.Repeat("~", cells(r)))
		}
	}
	if more {
		l.WriteString("…")
	}
	if from >= len(shown) {
		c.WriteString("^")
	}
	return strings.TrimRight(l.String(), " \t"), c.String()
}

// window cuts a long line to the characters around an index, and tells how
// many it left out before, and whether it left out any after.
func window(line string, index int) (runes []rune, skipped int, more bool) {
	first := 0
	if utf8.RuneCountInString(line) > snippetWidth {
		first = max(index-snippetWidth/4, 0)
	}
	for line != "" && skipped < first {
		_, n := utf8.DecodeRuneInString(line)
		line = line[n:]
		skipped++
	}
	for line != "" && len(runes) < snippetWidth {
		r, n := utf8.DecodeRuneInString(line)
		line = line[n:]
		runes = append(runes, r)
	}
	return runes, skipped, line != ""
}
