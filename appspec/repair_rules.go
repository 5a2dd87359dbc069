package appspec

import (
	"slices"
	"strings"
)

// mender is how the findings of a rule are mended.
type mender struct {
	fix Fix // as the table of rules has it
	// mend gives what replaces the text of a finding's range; false if this
	// finding is not of a kind that can be mended. It is nil for byte order
	// marks, line ends, tabs in indentations and scripts: they are mended elsewhere.
	mend func(old string) (string, bool)
	// widen tells which characters beside the range are replaced with it.
	widen   func(rune) bool
	renames bool // changes the name of a key
}

// menders has an entry for each rule that can be mended.
func menders() map[string]mender {
	blank := func(c rune) bool { return c == ' ' || c == '\t' }
	return map[string]mender{
		"YAML-003": {fix: Safe},
		"YAML-004": {fix: Safe, widen: blank, mend: func(string) (string, bool) { return " ", true }},
		"YAML-005": {fix: Safe},
		"YAML-008": {fix: Safe},
		"YAML-009": {fix: Safe, widen: isBlankLike, mend: plainBlanks},
		"YAML-010": {fix: Safe, mend: func(old string) (string, bool) { return old + " ", strings.HasSuffix(old, ":") }},
		"YAML-022": {fix: Unsafe, mend: respell(topKeys()), renames: true},
		"EC2-002":  {fix: Safe, mend: unquotedZero},
		"EC2-004":  {fix: Safe, mend: zero},
		"EC2-006":  {fix: Safe, mend: respell([]string{"linux", "windows"})},
		"EC2-024":  {fix: Safe, mend: quoted},
		"EC2-034":  {fix: Safe, mend: respell([]string{"DISALLOW", "OVERWRITE", "RETAIN"})},
		"EC2-059":  {fix: Safe, mend: quoted},
		"EC2-061":  {fix: Unsafe, mend: quotedMode},
		"EC2-105":  {fix: Unsafe, mend: respell(Events()), renames: true},
		"EC2-112":  {fix: Unsafe, mend: wholeSeconds},
		"REV-020":  {fix: Safe},
		"REV-021":  {fix: Unsafe},
		"REV-026":  {fix: Safe},
		"REV-028":  {fix: Unsafe},
	}
}

// change is the change of a text that mends a finding.
func (m mender) change(text *source, d Diagnostic) (change, bool) {
	at := d.Range
	if !at.Start.IsKnown() || at.End.Line != at.Start.Line {
		return change{}, false
	}
	line := text.line(at.Start.Line)
	from := len(line) - len(text.from(at.Start))
	to := len(line) - len(text.from(at.End))
	if m.widen != nil {
		from = len(strings.TrimRightFunc(line[:from], m.widen))
		to = len(line) - len(strings.TrimLeftFunc(line[to:], m.widen))
	}
	mended, ok := m.mend(line[from:to])
	if d.Rule == "YAML-009" && strings.ContainsAny(line[:from], `"'`) {
		return change{}, false // it may lie in quotes, where it is part of the text
	}
	return change{rule: d.Rule, line: at.Start.Line, from: from, to: to, new: mended}, ok && mended != line[from:to]
}

// lineEnds takes the carriage returns off the ends of lines.
func lineEnds(p *patch, rule string) []change {
	var changes []change
	for i, line := range p.lines {
		if content, ok := strings.CutSuffix(line, "\r\n"); ok {
			changes = append(changes, change{rule: rule, line: i + 1, from: len(content), to: len(content) + 1})
		}
	}
	return changes
}

// plainBlanks replaces what looks like a blank at both ends of a text. What
// has no width goes.
func plainBlanks(old string) (string, bool) {
	plain := func(s string) string {
		return strings.Map(func(c rune) rune {
			switch {
			case c == 0x200b || c == 0xfeff:
				return -1
			case isBlankLike(c):
				return ' '
			}
			return c
		}, s)
	}
	edge := func(c rune) bool { return c == ' ' || isBlankLike(c) }
	rest := strings.TrimLeftFunc(old, edge)
	body := strings.TrimRightFunc(rest, edge)
	return plain(old[:len(old)-len(rest)]) + body + plain(rest[len(body):]), true
}

// quotes cuts a value that is written in quotes into its first quote, which is
// "" if there is none, and what is between them.
func quotes(old string) (quote, value string) {
	if len(old) >= 2 && (old[0] == '"' || old[0] == '\'') && old[len(old)-1] == old[0] {
		return old[:1], old[1 : len(old)-1]
	}
	return "", old
}

// respell writes a word in the case in which it is known.
func respell(known []string) func(string) (string, bool) {
	return func(old string) (string, bool) {
		quote, word := quotes(old)
		i := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, word) })
		if i < 0 {
			return "", false
		}
		return quote + known[i] + quote, true
	}
}

func zero(old string) (string, bool) {
	kind, value := resolve(old)
	return "0.0", (kind == Int || kind == Float) && strings.Trim(value, "-0.") == ""
}

func unquotedZero(old string) (string, bool) {
	quote, value := quotes(old)
	if quote == "" {
		return "", false
	}
	return zero(strings.TrimSpace(value))
}

// quoted makes a text of a value that YAML takes for something else.
func quoted(old string) (string, bool) {
	switch kind, _ := resolve(old); kind {
	case Int, Float, Bool, Date:
		return `"` + old + `"`, true
	}
	return "", false
}

// wholeSeconds writes digits as the number that they look like.
func wholeSeconds(old string) (string, bool) {
	_, value := quotes(old)
	digits := strings.TrimLeft(strings.TrimSpace(value), "0")
	return digits, digits != "" && len(digits) <= 4 && strings.Trim(digits, "0123456789") == ""
}

// quotedMode quotes a mode that is one with its leading zero.
func quotedMode(old string) (string, bool) {
	if len(old) > 4 || strings.Trim(old, "01234567") != "" {
		return "", false
	}
	return quoted(old)
}
