package appspec

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// checkCommentTabs reports comments that are indented with a tab where the
// agent's parser expects a key or an item. The library reads over them if they
// follow another comment.
func (r *reader) checkCommentTabs(doc parsed) {
	const most = 100 // each may need a look through the document
	looks := 0
	for number := 2; number <= len(r.text.lines) && looks < most; number++ {
		if doc.more.IsKnown() && number >= doc.more.Line || number > doc.root.Line && isMark(r.text.line(number)) {
			return // the agent reads no further
		}
		indent, ok := commentIndent(r.text.line(number))
		tab := strings.IndexByte(indent, '\t')
		if !ok || tab < 0 {
			continue
		}
		if _, ok := commentIndent(r.text.line(number - 1)); !ok {
			continue
		}
		if looks++; !r.inText(doc.root, number) {
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
	case line <= n.Line:
		return false
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return r.inBlock(n.Line, line)
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

// inBlock is true if a line lies in the block of text whose head is another
// one: no line up to it is indented less than the block's first.
func (r *reader) inBlock(head, line int) bool {
	indent := -1
	for number := head + 1; number <= line; number++ {
		text := r.text.line(number)
		spaces := len(text) - len(strings.TrimLeft(text, " "))
		switch {
		case spaces == len(text):
		case indent < 0:
			indent = spaces
		case spaces < indent:
			return false
		}
	}
	return true
}
