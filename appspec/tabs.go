package appspec

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// checkCommentTabs reports comments that are indented with a tab where the
// agent's parser expects a key or an item. The library reads over them if they
// follow another comment.
func (r *reader) checkCommentTabs(root *yaml.Node) {
	const most = 100 // each may need a look through the document
	looks := 0
	for number := 2; number <= len(r.text.lines) && looks < most; number++ {
		indent, ok := commentIndent(r.text.line(number))
		tab := strings.IndexByte(indent, '\t')
		if !ok || tab < 0 {
			continue
		}
		if _, ok := commentIndent(r.text.line(number - 1)); !ok {
			continue
		}
		if looks++; !r.inText(root, number) {
			at := span(number, tab+1, 1)
			r.refused("YAML-003", at, "a tab is used to indent", agentAt("found character that cannot start any token while scanning for the next token", at.Start), tabHelp)
			return // the parser gets no further
		}
	}
}

const tabHelp = "Indent with spaces: tabs cannot indent in YAML."

// commentIndent is what stands before the # of a line that is only a comment.
func commentIndent(line string) (string, bool) {
	text := strings.TrimLeft(line, " \t")
	return line[:len(line)-len(text)], strings.HasPrefix(text, "#")
}

// inText is true if a line may lie within brackets, quotes or a block of text.
func (r *reader) inText(n *yaml.Node, line int) bool {
	rest := r.text.from(Pos{n.Line, n.Column})
	switch {
	case n.Kind == yaml.ScalarNode && n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		end := closingQuote(rest)
		return end < 2 || !strings.ContainsAny(rest[end-1:end], `"'`)
	case n.Kind == yaml.ScalarNode || n.Kind == yaml.AliasNode:
		return isQuoted(n)
	}
	var last *yaml.Node
	for _, child := range n.Content {
		if child.Line >= line {
			break
		}
		last = child
	}
	if n.Style&yaml.FlowStyle != 0 {
		return last != nil && last.Line > n.Line || !strings.ContainsAny(withoutComment(rest), "]}")
	}
	return last != nil && r.inText(last, line)
}
