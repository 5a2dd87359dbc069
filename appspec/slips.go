package appspec

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// leftover finds lines that are no part of an AppSpec and came into it with
// what was pasted or merged.
func (r *reader) leftover(from, to int) (problem, bool) {
	for number := to; number >= from; number-- {
		line := strings.TrimSpace(r.text.line(number))
		indent := len(r.text.line(number)) - len(strings.TrimLeft(r.text.line(number), " \t"))
		at := span(number, indent+1, utf8.RuneCountInString(line))
		switch {
		case strings.HasPrefix(line, "<<<<<<<"), strings.HasPrefix(line, ">>>>>>>"), line == "=======":
			return problem{"YAML-002", "this line is left from a merge that was not finished",
				"Keep one of the two versions, and remove the lines of <<<<<<<, ======= and >>>>>>>.", at}, true
		case strings.HasPrefix(line, "```"):
			return problem{"YAML-002", "this line is a fence of Markdown, not YAML", "Remove the lines of ```.", at}, true
		case strings.HasPrefix(line, "//"), strings.HasPrefix(line, "/*"):
			return problem{"YAML-002", "this is no comment in YAML", "Begin comments with #.", at}, true
		}
	}
	return problem{}, false
}

var dashedKey = lazily(`^ *(-|[–—‒−•·*] *)([A-Za-z_]+):(?:\s|$)`)

// missingDashSpace finds "-key:" without a space after the dash, which is a
// key of that name to YAML, and what only looks like a dash.
func (r *reader) missingDashSpace(from, to int) (problem, bool) {
	for number := to; number >= from; number-- {
		line := r.text.line(number)
		m := dashedKey().FindStringSubmatchIndex(line)
		if m == nil || !r.isKey(line[m[4]:m[5]]) {
			continue
		}
		dash, key := strings.TrimSpace(line[m[2]:m[3]]), line[m[4]:m[5]]
		at := span(number, m[2]+1, utf8.RuneCountInString(line[m[2]:m[5]]))
		if dash != "-" {
			return problem{"YAML-002", show(dash) + " does not begin a list item", fmt.Sprintf("Write a hyphen and a space: - %s: …", key), at}, true
		}
		return problem{"YAML-002", "a space is missing after the dash of " + show("-"+key+":"), fmt.Sprintf("Put one space after the dash: - %s: …", key), at}, true
	}
	return problem{}, false
}

// dashHelp tells how a list item begins; whose first key stands for it has a
// dash already, but no space after it.
func (r *reader) dashHelp(of entry, key, help string) string {
	if entries := r.entries(of.node); len(entries) > 0 && strings.HasPrefix(entries[0].key.Raw, "-") {
		return fmt.Sprintf("Put one space after the dash: - %s: …", key)
	}
	return help
}

var wordLine = lazily(`^( *(?:- +)?)([A-Za-z_]+)( *[=：] *\S.*| +[^ #:=].*|) *$`)

// missingColon finds a known key without its colon in the line that makes no
// sense, or in the one before.
func (r *reader) missingColon(_, to int) (problem, bool) {
	for number, seen := to, 0; number >= 1 && seen < 2; number-- {
		line := strings.TrimRight(withoutComment(r.text.line(number)), " \t")
		if line == "" || strings.TrimLeft(line, " ")[0] == '#' {
			continue
		}
		seen++
		m := wordLine().FindStringSubmatch(line)
		if m == nil || !r.isKey(m[2]) || strings.Contains(line, ": ") || strings.HasSuffix(line, ":") {
			continue
		}
		value := strings.TrimLeft(m[3], " =：")
		if value == "" && strings.Contains(m[1], "-") {
			continue // an item of that name
		}
		return problem{"YAML-002", "a colon is missing after " + show(m[2]), strings.TrimRight(fmt.Sprintf("Write %s: %s", m[2], value), " "),
			span(number, len(m[1])+1, len(m[2]))}, true
	}
	return problem{}, false
}

// flowSpecial is an item in brackets that begins with what YAML gives a
// meaning of its own, and is not the name of an anchor or a tag.
var flowSpecial = lazily("^[^\"'#]*[\\[,{:] *([*&][^A-Za-z0-9_,\\]} -][^,\\]}#]*|[*&]|[%@`][^,\\]}#]*)")

var quotedValue = lazily(`^ *(?:- +)*(?:[A-Za-z_]+: +)?(["'])`)

// openQuote finds a value whose quote is not closed in its line, where the
// next line is one of the AppSpec, too.
func (r *reader) openQuote(_, to int) (problem, bool) {
	for number := 1; number < to; number++ {
		line := r.text.line(number)
		m := quotedValue().FindStringSubmatchIndex(line)
		if m == nil || isClosed(line[m[2]:]) {
			continue
		}
		next := number + 1
		for next < to && strings.TrimSpace(r.text.line(next)) == "" {
			next++
		}
		key := anyKeyLine().FindStringSubmatch(r.text.line(next))
		if key == nil || !r.isKey(key[2]) {
			continue
		}
		help := "Close it at the end of the value, or write the value without quotes."
		if value := strings.TrimRight(line[m[2]:], " \t"); strings.HasSuffix(value, `\"`) {
			help = `Write the value without quotes: in double quotes, \" is a quote that does not close.`
		}
		return problem{"YAML-002", "the quote that begins here is not closed in its line", help,
			span(number, utf8.RuneCountInString(line[:m[2]])+1, utf8.RuneCountInString(strings.TrimRight(line[m[2]:], " \t\r")))}, true
	}
	return problem{}, false
}

// isClosed is true if the quote that a text begins with is closed in it.
func isClosed(text string) bool {
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '\\' && text[0] == '"':
			i++
		case text[i] == text[0]:
			return true
		}
	}
	return false
}

// misquoted finds what is wrong about a value in the very place where the
// parser stopped.
func (r *reader) misquoted(failure *syntaxError, at Pos) (problem, bool) {
	line, rest := r.text.line(at.Line), r.text.from(at)
	before := strings.TrimRight(strings.TrimSuffix(line, rest), " ")
	switch reason := failure.reason; {
	case strings.HasPrefix(reason, "found unknown escape"), strings.Contains(reason, "expected hexdecimal number"):
		if !strings.HasPrefix(rest, `\`) {
			at.Column = max(at.Column-2, 1) // from the digits to the backslash
		}
		return problem{"YAML-002", "in double quotes a backslash begins an escape, and this is none",
			`Write the value without quotes, or each backslash twice: \\.`, span(at.Line, at.Column, min(1, len(rest)))}, true
	case reason == "did not find expected key" && rest != "" && quotedValue().MatchString(before) && strings.ContainsAny(before[len(before)-1:], `"'`):
		return problem{"YAML-002", "text stands after the closing quote", "Put all of the value into the quotes, or write it without quotes.",
			span(at.Line, at.Column, utf8.RuneCountInString(strings.TrimRight(rest, " \r")))}, true
	case strings.HasPrefix(reason, "the alias *") && strings.HasPrefix(rest, "*") && strings.ContainsAny(before, "[{"):
		return problem{"YAML-002", reason, "If text is meant, quote it.", span(at.Line, at.Column, 1)}, true
	case strings.HasPrefix(reason, "found character that cannot start"), strings.HasPrefix(reason, "did not find expected alphabetic"):
		m := flowSpecial().FindStringSubmatchIndex(line) // in brackets; else specialStart finds it
		if m == nil {
			break
		}
		value := strings.TrimRight(line[m[2]:m[3]], " ")
		return problem{"YAML-019", "an unquoted value cannot begin with " + show(value[:1]), fmt.Sprintf("Quote it: %q.", value),
			span(at.Line, utf8.RuneCountInString(line[:m[2]])+1, utf8.RuneCountInString(value))}, true
	case strings.HasPrefix(reason, "mapping values are not allowed") && strings.HasPrefix(rest, ":"):
		m := keyWithValue().FindStringSubmatch(before)
		if m == nil {
			break
		}
		word := before[strings.LastIndexAny(before, " ,")+1:]
		if r.isKey(word) {
			return problem{"YAML-002", fmt.Sprintf("%s begins in the line of %s", show(word), show(m[2])), "Begin it in a line of its own, in the column of " + m[2] + ".",
				span(at.Line, at.Column-len(word), len(word))}, true
		}
		value := strings.TrimSpace(withoutComment(line)[len(m[1])+len(m[2])+1:])
		if strings.ContainsAny(value, `"'`) {
			break
		}
		return problem{"YAML-002", "an unquoted value cannot hold a colon with a space after it", fmt.Sprintf("Quote it: %q.", value),
			span(at.Line, at.Column, 1)}, true
	}
	return problem{}, false
}

// stray finds a line that is neither a key nor an item, before the one where
// the parser stopped.
func (r *reader) stray(failure *syntaxError, at Pos) (problem, bool) {
	if !slices.ContainsFunc([]string{"could not find expected ':'", "mapping values are not allowed"}, func(s string) bool { return strings.HasPrefix(failure.reason, s) }) {
		return problem{}, false
	}
	number := at.Line
	for number--; number >= 1; number-- {
		if line := strings.TrimSpace(r.text.line(number)); line != "" && line[0] != '#' {
			break
		}
	}
	if number < 1 {
		return problem{}, false
	}
	line := strings.TrimRight(withoutComment(r.text.line(number)), " \t")
	text := strings.TrimLeft(line, " ")
	if text == "" || strings.ContainsAny(text, `:"'[]{}`) || text[0] == '-' {
		return problem{}, false
	}
	return problem{"YAML-002", show(text) + " is no key, because it has no colon", "Write a key and a colon, begin a comment with #, or remove the line.",
		span(number, len(line)-len(text)+1, utf8.RuneCountInString(text))}, true
}

// flowHelp names the bracket that is open where a list or mapping in brackets
// breaks off.
func (e *syntaxError) flowHelp() string {
	bracket := ""
	switch e.reason {
	case "did not find expected ',' or '}'":
		bracket = "{"
	case "did not find expected ',' or ']'":
		bracket = "["
	}
	if bracket == "" || !e.context.IsKnown() {
		return ""
	}
	return fmt.Sprintf("Close the %s of line %d, or put a comma where the entry before ends.", bracket, e.context.Line)
}

// curlyHelp is for a value in quotes that an office program or a web page has
// made of plain ones.
const curlyHelp = "Write plain quotes, or none: typographic quotes are part of the text."

func isCurly(value string) bool { return strings.ContainsAny(value, "“”„‘’‚«»") }
