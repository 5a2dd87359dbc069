package appspec

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// isColonBeforeMark is true for what begins with a colon that has a mark of
// flow style right after it.
func isColonBeforeMark(s string) bool {
	return len(s) > 1 && s[0] == ':' && strings.IndexByte(",?[]{}", s[1]) >= 0
}

// checkColons reports an unquoted text in brackets with such a colon in it, or
// after it: the agent's parser stops there, the library goes on.
func (r *reader) checkColons(n *yaml.Node, inBrackets bool) {
	inBrackets = inBrackets || n.Style&yaml.FlowStyle != 0
	for _, child := range n.Content {
		r.checkColons(child, inBrackets)
	}
	if !inBrackets || n.Kind != yaml.ScalarNode || isQuoted(n) || n.Value == "" {
		return
	}
	start := Pos{n.Line, n.Column}
	rest := r.text.from(start)
	if !strings.HasPrefix(rest, n.Value) {
		return // in several lines, or after an anchor or a tag
	}
	for i := 0; i <= len(n.Value); i++ {
		if isColonBeforeMark(rest[i:]) {
			r.refused("YAML-010", span(n.Line, n.Column+len([]rune(rest[:i])), 1), "a space is missing after the colon",
				agentAt("found unexpected ':' while scanning a plain scalar", start), "Put one space after the colon.")
			return
		}
	}
}
