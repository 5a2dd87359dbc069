package appspec

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// problem is a mistake seen in the text itself, without YAML.
type problem struct {
	rule, message, help string
	at                  Range
}

// explain reports why a text is not YAML. The parser often stumbles a line
// after the mistake and speaks of its own states, so the lines before are
// searched for the mistakes that people make; the nearest one is reported.
func (r *reader) explain(failure *syntaxError) {
	at := failure.at
	if !at.IsKnown() {
		at = Pos{1, 1}
	}
	if rest := r.text.from(at); rest == "" && at.Line > 1 {
		// The parser reached the end of the text or of a line: show the last line that says something.
		for at.Line > 1 && strings.TrimSpace(r.text.line(at.Line)) == "" {
			at.Line--
			at.Column = utf8.RuneCountInString(r.text.line(at.Line)) + 1
		}
	}
	inPlace := func(_, _ int) (problem, bool) { return r.misquoted(failure, at) }
	before := func(_, _ int) (problem, bool) { return r.stray(failure, at) }
	for _, look := range []func(from, to int) (problem, bool){r.leftover, r.foreignBlank, r.tabIndent, r.openQuote, inPlace, r.specialStart, r.missingDashSpace, r.missingSpace,
		r.missingColon, r.outdentedKey, r.deeperKey, r.indentedSection, r.misfitKey, before} {
		first := max(at.Line-3, 1)
		if p, ok := look(first, at.Line); ok {
			r.refused(p.rule, p.at, p.message, failure.agent, p.help)
			return
		}
	}
	if failure.context.IsKnown() && failure.reason == "found unexpected end of stream" {
		length := utf8.RuneCountInString(strings.TrimRight(r.text.from(failure.context), " \r"))
		r.refused("YAML-002", span(failure.context.Line, failure.context.Column, length), "the quote that begins here is never closed", failure.agent,
			"Close it at the end of the value.")
		return
	}
	length := min(1, utf8.RuneCountInString(r.text.from(at)))
	r.refused("YAML-002", span(at.Line, at.Column, length), "this is not YAML: "+failure.reason, failure.agent, failure.flowHelp())
}

// tabIndent finds a tab in an indentation.
func (r *reader) tabIndent(from, to int) (problem, bool) {
	for number := to; number >= from; number-- {
		line := r.text.line(number)
		indent := line[:len(line)-len(strings.TrimLeft(line, " \t-"))]
		if offset := strings.IndexByte(indent, '\t'); offset >= 0 && (number == to || strings.TrimSpace(line) != "") {
			return problem{"YAML-003", "a tab is used to indent", tabHelp, span(number, offset+1, 1)}, true
		}
	}
	return problem{}, false
}

// foreignBlank finds a character that looks like a space in an indentation or
// after a dash or colon.
func (r *reader) foreignBlank(from, to int) (problem, bool) {
	for number := to; number >= from; number-- {
		column, before := 0, ' '
		for _, c := range withoutComment(r.text.line(number)) {
			column++
			if isBlankLike(c) && strings.ContainsRune(" -:", before) {
				return problem{"YAML-009", fmt.Sprintf("U+%04X looks like a space but is text", c), "Replace it by a plain space.", span(number, column, 1)}, true
			}
			before = c
		}
	}
	return problem{}, false
}

var specialValue = lazily("^[ -]*(?:[A-Za-z_]+:|-) +([*&!%@`][^#]*)")

// specialStart finds an unquoted value that begins with a character that YAML
// gives a meaning of its own. Only the line of the problem counts.
func (r *reader) specialStart(_, to int) (problem, bool) {
	line := r.text.line(to)
	m := specialValue().FindStringSubmatchIndex(line)
	if m == nil {
		return problem{}, false
	}
	value := strings.TrimRight(line[m[2]:m[3]], " \t")
	return problem{"YAML-019", "an unquoted value cannot begin with " + show(value[:1]),
		fmt.Sprintf("Quote it: %q.", value), span(to, m[2]+1, utf8.RuneCountInString(value))}, true
}

var keyWithoutSpace = lazily(`^[ ]*(?:-[ ]+)?([A-Za-z_]+):[^\s:]`)

// missingSpace finds key:value without a space, where key is a known one.
func (r *reader) missingSpace(from, to int) (problem, bool) {
	for number := to; number >= from; number-- {
		line := r.text.line(number)
		m := keyWithoutSpace().FindStringSubmatchIndex(line)
		if m == nil || !r.isKey(line[m[2]:m[3]]) {
			continue
		}
		key := line[m[2]:m[3]]
		return problem{"YAML-010", "a space is missing after " + show(key+":"), "Put one space after the colon.",
			span(number, m[2]+1, len(key)+1)}, true
	}
	return problem{}, false
}

var keyLine = lazily(`^( *)([A-Za-z_]+):(?:\s|$)`)

// outdentedKey finds a key of a list item at the column of the item's dash.
func (r *reader) outdentedKey(_, to int) (problem, bool) {
	m := keyLine().FindStringSubmatch(r.text.line(to))
	if m == nil || !r.isKey(m[2]) || r.isSection(m[2]) || !r.ofService && slices.Contains(Events(), m[2]) {
		return problem{}, false // a section or an event is part of no item
	}
	for number := to - 1; number >= 1; number-- {
		line := r.text.line(number)
		indent := len(line) - len(strings.TrimLeft(line, " "))
		text := line[indent:]
		if indent == len(m[1]) && strings.HasPrefix(text, "- ") {
			return problem{"YAML-018", fmt.Sprintf("%s stands at the column of the dash in line %d, so it is not part of that item", show(m[2]), number),
				"Indent it like the key after the dash.", span(to, indent+1, len(m[2]))}, true
		}
		key, _, _ := strings.Cut(text, ":")
		passable := text == "" || text[0] == '#' || indent > len(m[1]) ||
			indent == len(m[1]) && r.isKey(key) // a key with the same mistake
		if !passable {
			break
		}
	}
	return problem{}, false
}
