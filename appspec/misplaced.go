package appspec

import (
	"fmt"
	"math"
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
	if m == nil || m[1] == "" || !r.isSection(m[2]) {
		return problem{}, false
	}
	for number := to - 1; number >= 1; number-- {
		if key, _, ok := strings.Cut(r.text.line(number), ":"); ok && r.isSection(key) {
			return problem{"YAML-002", fmt.Sprintf("%s is indented, but it is a section like %s in line %d", show(m[2]), show(key), number),
				"Begin it in the first column, and indent what belongs to it less.", span(to, len(m[1])+1, len(m[2]))}, true
		}
	}
	return problem{}, false
}

var anyKeyLine = lazily(`^( *(?:- +)?)([A-Za-z_]+):(?:\s|$)`)

// misfitKey finds a key that begins in another column than the one before it
// that stands beside it in every AppSpec.
func (r *reader) misfitKey(_, to int) (problem, bool) {
	m := keyLine().FindStringSubmatch(r.text.line(to))
	if m == nil {
		return problem{}, false
	}
	least := math.MaxInt // no line between the two begins left of the upper one
	for number := to - 1; number >= 1; number-- {
		line := withoutComment(r.text.line(number))
		indent := len(line) - len(strings.TrimLeft(line, " "))
		if strings.TrimSpace(line) == "" || line[indent] == '#' {
			continue
		}
		before := anyKeyLine().FindStringSubmatch(line)
		if before == nil || indent > least || !areBeside(m[2], before[2]) {
			least = min(least, indent)
			continue
		}
		if len(before[1]) == len(m[1]) {
			return problem{}, false
		}
		return problem{"YAML-002", fmt.Sprintf("%s begins in a column of its own, so it belongs to nothing", show(m[2])),
			fmt.Sprintf("Begin it where %s in line %d begins: %d spaces before %s.", show(before[2]), number, len(before[1]), m[2]), span(to, len(m[1])+1, len(m[2]))}, true
	}
	return problem{}, false
}

// areBeside is true for two keys that stand in the same mapping.
func areBeside(a, b string) bool {
	for _, keys := range [][]string{topKeys(), Events(), fileKeys(), scriptKeys(), permissionKeys()} {
		if slices.Contains(keys, a) && slices.Contains(keys, b) {
			return true
		}
	}
	return false
}
