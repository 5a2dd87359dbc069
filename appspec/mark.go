package appspec

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

const byteOrderMark = "\ufeff"

// readDocument reads the first document of the text. With a byte order mark
// the first line begins at the second column for the agent, so that the second
// line ends the mapping; comments, flow style and lines that are indented by
// one are not harmed.
func (r *reader) readDocument() (parsed, *syntaxError) {
	doc, failure := parseYAML(r.text)
	if !r.marked {
		return doc, failure
	}
	const help = "Save the file as UTF-8 without a byte order mark (BOM)."
	if r.ofService { // which reads past it
		r.warn("YAML-005", span(1, 1, 0), "the file begins with a byte order mark", help)
		return doc, failure
	}
	seen, seenFailure := parseYAML(newSource(" " + r.text.text))
	// Where the mark ends the document early, it is the first thing to mend, whatever else is wrong below.
	endsEarly := seenFailure == nil && seen.more.IsKnown() && r.refusalOf(seen.root) != ""
	if seenFailure == nil && (failure != nil && !endsEarly || seen.more == doc.more) {
		r.warn("YAML-005", span(1, 1, 0), "the file begins with a byte order mark", help)
		moveLeft(seen.root)
		return seen, nil
	}
	says := ""
	if seenFailure != nil {
		says = seenFailure.agent
	} else if says = r.refusalOf(seen.root); says == "" {
		r.warn("YAML-005", span(1, 1, 0), "the file begins with a byte order mark", help)
		return doc, failure
	}
	r.refused("YAML-005", span(1, 1, 0), "the file begins with a byte order mark, so the agent sees only its first key", says, help)
	return doc, failure
}

// refusalOf is what the agent says to a document that holds no more than root.
func (r *reader) refusalOf(root *yaml.Node) string {
	if root == nil || root.Kind != yaml.MappingNode {
		return fmt.Sprintf(saysVersion, "")
	}
	only := &reader{findings: findings{file: r.file, text: r.text}, options: r.options}
	only.document(&File{}, root, only.entries(root))
	refusal, _ := Refusal(only.list)
	return refusal.Agent
}

// moveLeft gives the values of the first line the columns that they have
// without a byte order mark.
func moveLeft(n *yaml.Node) {
	if n == nil || n.Line > 1 {
		return
	}
	n.Column--
	for _, child := range n.Content {
		moveLeft(child)
	}
}

// withoutMarks puts a space for every byte order mark at the start of a line,
// which takes up a column and is nothing else. (The library has the same rule,
// but looks for the mark in the wrong place.)
func withoutMarks(text string) string {
	if !strings.Contains(text, byteOrderMark) {
		return text
	}
	var pairs []string
	for _, end := range []string{"\n", "\r", "\u0085", "\u2028", "\u2029"} {
		pairs = append(pairs, end+byteOrderMark, end+" ")
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
