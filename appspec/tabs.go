package appspec

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// checkCommentTabs reports lines that are indented with a tab and are empty, or
// a comment, where the agent's parser expects a key or an item. The library
// reads over them if they follow a comment.
func (r *reader) checkCommentTabs(doc parsed) {
	const most = 100 // each may need a look through the document
	looks, commented := 0, false
	for number := 1; number <= len(r.text.lines) && looks < most; number++ {
		line := r.text.line(number)
		text := strings.TrimLeft(line, " \t")
		after := commented
		commented = commented && text == "" || strings.HasPrefix(text, "#") || strings.Contains(line, " #") || strings.Contains(line, "\t#")
		ends := number > doc.root.Line && (isMark(line) || strings.HasPrefix(line, "%"))
		if ends {
			looks++
		}
		if doc.more.IsKnown() && number >= doc.more.Line || ends && !r.inText(doc.root, number, -1) {
			return // the agent reads no further
		}
		tab := strings.IndexByte(line[:len(line)-len(text)], '\t')
		if tab < 0 || !after || text != "" && text[0] != '#' {
			continue
		}
		if looks++; !r.inText(doc.root, number, -1) {
			at := span(number, tab+1, 1)
			r.refused("YAML-003", at, "a tab is used to indent", agentAt("found character that cannot start any token while scanning for the next token", at.Start), tabHelp)
			return // the parser gets no further
		}
	}
}

const tabHelp = "Indent with spaces: tabs cannot indent in YAML."

// inText is true if a line lies within brackets, quotes or a block of text.
// indent is that of the collection that holds the node, -1 at the root.
func (r *reader) inText(n *yaml.Node, line, indent int) bool {
	switch {
	case line <= n.Line:
		return false
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return r.inBlock(n.Line, line, indent)
	case n.Kind == yaml.AliasNode || n.Kind == yaml.ScalarNode && !isQuoted(n):
		return false
	case n.Kind == yaml.ScalarNode || n.Style&yaml.FlowStyle != 0:
		return r.text.lines[line-1] < r.endOffset(n)
	}
	var last *yaml.Node
	for _, child := range n.Content {
		if child.Line >= line {
			break
		}
		last = child
	}
	return last != nil && r.inText(last, line, n.Column-1)
}

// inBlock is true if a line lies in the block of text whose head is another
// one: no line up to it is indented less than the block's first, and that more
// than what holds it.
func (r *reader) inBlock(head, line, indent int) bool {
	least := -1
	for number := head + 1; number <= line; number++ {
		text := r.text.line(number)
		spaces := len(text) - len(strings.TrimLeft(text, " "))
		switch {
		case spaces == len(text):
		case least < 0 && spaces > indent:
			least = spaces
		case spaces < least || least < 0:
			return false
		}
	}
	return true
}

// endOffset is where a quoted text or a collection in brackets ends.
func (r *reader) endOffset(n *yaml.Node) int {
	text := r.text.text
	at := r.text.offset(Pos{n.Line, n.Column})
	switch {
	case n.Kind == yaml.ScalarNode && isQuoted(n):
		return at + closingQuote(text[at:])
	case n.Kind == yaml.ScalarNode || n.Kind == yaml.AliasNode || n.Style&yaml.FlowStyle == 0:
		return at
	}
	if len(n.Content) > 0 {
		at = r.endOffset(n.Content[len(n.Content)-1])
	} else if open := strings.IndexAny(text[at:], "[{"); open >= 0 {
		at += open // after its anchor or tag
	}
	for at < len(text) {
		switch next := text[at]; {
		case next == ']' || next == '}':
			return at + 1
		case next == '#' && strings.ContainsRune(" \t\r\n", rune(text[at-1])):
			if end := strings.IndexAny(text[at:], "\r\n"); end >= 0 {
				at += end
				continue
			}
			return len(text)
		}
		at++
	}
	return at
}
