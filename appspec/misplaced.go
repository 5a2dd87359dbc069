package appspec

import (
	"fmt"
	"slices"
	"strings"
)

var keyWithValue = lazily(`^( *(?:- +)?)([A-Za-z_]+): +[^\s#]`)

// deeperKey finds a key that is indented further than the one before it, which
// has a value and so cannot hold it.
func (r *reader) deeperKey(_, to int) (problem, bool) {
	m := keyLine().FindStringSubmatch(r.text.line(to))
	if m == nil || !isKnownKey(m[2]) {
		return problem{}, false
	}
	number := to - 1
	for number > 1 && strings.TrimSpace(withoutComment(r.text.line(number))) == "" {
		number--
	}
	before := keyWithValue().FindStringSubmatch(r.text.line(number))
	if before == nil || !isKnownKey(before[2]) || len(before[1]) >= len(m[1]) {
		return problem{}, false
	}
	return problem{"YAML-002", fmt.Sprintf("%s is indented deeper than %s in line %d, which has a value already", show(m[2]), show(before[2]), number),
		fmt.Sprintf("Begin both in one column: %d spaces before %s.", len(before[1]), m[2]), span(to, len(m[1])+1, len(m[2]))}, true
}

// indentedSection finds a section that is indented below another.
func (r *reader) indentedSection(_, to int) (problem, bool) {
	m := keyLine().FindStringSubmatch(r.text.line(to))
	if m == nil || m[1] == "" || !slices.Contains(topKeys(), m[2]) {
		return problem{}, false
	}
	for number := to - 1; number >= 1; number-- {
		if key, _, ok := strings.Cut(r.text.line(number), ":"); ok && slices.Contains(topKeys(), key) {
			return problem{"YAML-002", fmt.Sprintf("%s is indented, but it is a section like %s in line %d", show(m[2]), show(key), number),
				"Begin it in the first column, and indent what belongs to it less.", span(to, len(m[1])+1, len(m[2]))}, true
		}
	}
	return problem{}, false
}
