package appspec

import "strings"

// expansion is a way to replace the tabs of an indentation: it gives the
// column, from 0, that a tab at a column leads to. before is the column at
// which the text of the line before begins.
type expansion func(column, before int) int

// expansions are the ways that are tried, in this order.
func expansions() []expansion {
	by := func(n int) expansion { return func(column, _ int) int { return column + n } }
	stop := func(n int) expansion { return func(column, _ int) int { return column - column%n + n } }
	return []expansion{by(2), by(4), stop(4), by(8), stop(8), func(column, before int) int { return max(column, before, 1) }}
}

// change replaces the tabs in the indentation of a line.
func (e expansion) change(text *source, number int) (change, bool) {
	line := text.line(number)
	rest := strings.TrimLeft(line, " \t-")
	indent := line[:len(line)-len(rest)]
	from, to := strings.IndexByte(indent, '\t'), strings.LastIndexByte(indent, '\t')+1
	if from < 0 {
		return change{}, false
	}
	c := change{rule: "YAML-003", line: number, from: from, to: to}
	if strings.TrimSpace(line) == "" {
		return c, true
	}
	before := 0
	for n := number - 1; n > 0; n-- {
		if above := text.line(n); strings.TrimLeft(above, " \t") != "" && strings.TrimLeft(above, " \t")[0] != '#' {
			before = len(above) - len(strings.TrimLeft(above, " -"))
			break
		}
	}
	var b strings.Builder
	for _, char := range []byte(indent[from:to]) {
		if char != '\t' {
			b.WriteByte(char)
			continue
		}
		column := from + b.Len()
		b.WriteString(strings.Repeat(" ", e(column, before)-column))
	}
	c.new = b.String()
	return c, true
}
