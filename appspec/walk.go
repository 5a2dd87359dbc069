package appspec

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// walk applies the rules that hold for every value of a document, whatever it
// means. Aliases are not followed, so each node is seen once.
func (r *reader) walk(root *yaml.Node) {
	r.visit(root)
	if r.options.Spacing {
		(&spacing{reader: r}).check(root, 1)
	}
}

func (r *reader) visit(n *yaml.Node) {
	r.checkNode(n)
	if n.Kind == yaml.MappingNode {
		r.checkDuplicates(n)
		for i := 0; i+1 < len(n.Content); i += 2 {
			r.checkTab(n.Content[i], n.Content[i+1])
		}
	}
	for _, child := range n.Content {
		r.visit(child)
	}
}

func (r *reader) checkNode(n *yaml.Node) {
	at := func() Range { return stringOf(r.text, n).Range() }
	const onNewRuby = "The agent on Ruby 3.1 or newer refuses this; on older ones it works. "
	switch {
	case r.ofService: // what Rubies disagree on
	case n.Kind == yaml.AliasNode:
		r.add(Diagnostic{Rule: "YAML-014", Severity: Warning, Range: at(), Message: "the alias *" + n.Value + " fails with some agents",
			Agent: "Unknown alias: " + n.Value, Help: onNewRuby + "Write the value out."})
	case n.Anchor != "":
		where := at()
		if n.Kind != yaml.ScalarNode && where.Start.IsKnown() {
			where.End.Column = where.Start.Column + utf8.RuneCountInString(n.Anchor) + 1
		}
		r.warn("YAML-014", where, "the anchor &"+n.Anchor+" is only of use for aliases, which fail with some agents",
			"If the value is meant to begin with &, quote it.")
	}
	if tag, ok := r.foreignTag(n); ok {
		r.fails("YAML-016", at(), "the tag "+tag+" is not for an AppSpec value", "",
			"Remove the tag; if the value is meant to begin with !, quote it.")
		return
	}
	if n.Kind != yaml.ScalarNode {
		return
	}
	if says := badNumber(n); says != "" {
		r.refused("YAML-002", at(), show(n.Value)+" has the form of a number, but is none", says, "Quote it if it is text.")
		return
	}
	if isQuoted(n) {
		return
	}
	if kind, _ := typed(n); kind == Date && !r.ofService {
		r.add(Diagnostic{Rule: "YAML-015", Severity: Warning, Range: at(), Message: show(n.Value) + " is read as a date",
			Agent: "Tried to load unspecified class: Date", Help: onNewRuby + "Quote it."})
	}
	first, _ := utf8.DecodeRuneInString(n.Value)
	last, _ := utf8.DecodeLastRuneInString(n.Value)
	if isBlankLike(first) || isBlankLike(last) {
		c := first
		if !isBlankLike(first) {
			c = last
		}
		r.fails("YAML-009", at(), fmt.Sprintf("%s holds U+%04X, which looks like a space but is part of the text", show(n.Value), c), "",
			"Replace it by a plain space.")
	}
}

// foreignTag returns the tag that a node is written with, unless it is one of
// plain YAML values.
func (r *reader) foreignTag(n *yaml.Node) (string, bool) {
	if !strings.HasPrefix(r.text.from(Pos{n.Line, n.Column}), "!") && n.Style&yaml.TaggedStyle == 0 {
		return "", false
	}
	if n.Kind == yaml.MappingNode && len(n.Content) > 0 && n.Style&yaml.TaggedStyle == 0 {
		return "", false // it is the first key that has the tag
	}
	if n.Kind == yaml.MappingNode && n.Tag == "!!str" {
		return n.Tag, true
	}
	switch n.Tag {
	case "!!str", "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq":
		return "", false
	}
	return n.Tag, true
}

// checkDuplicates reports keys that stand twice in one mapping.
func (r *reader) checkDuplicates(n *yaml.Node) {
	if len(n.Content) < 4 {
		return
	}
	first := make(map[keyID]int, len(n.Content)/2) // the place of a key
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode {
			continue
		}
		kind, value := typed(key)
		id := keyID{kind, value}
		at, twice := first[id]
		if !twice {
			first[id] = i
			continue
		}
		r.fails("YAML-011", stringOf(r.text, key).Range(),
			fmt.Sprintf("%s stands twice, first in line %d; %s takes the last and drops the first without a word", show(key.Value), n.Content[at].Line, r.who()), "",
			twiceHelp(key.Value, n.Content[at+1], n.Content[i+1]))
	}
}

// twiceHelp tells what to do with a key that stands twice: single values
// cannot be joined.
func twiceHelp(key string, first, second *yaml.Node) string {
	switch {
	case first.Kind != yaml.ScalarNode || second.Kind != yaml.ScalarNode || isEmptyNode(first) || isEmptyNode(second):
		return "Join the two under one key."
	case key == "location" || key == "source" || key == "object":
		return fmt.Sprintf("Remove one of the two, or begin an item of its own for it: - %s: …", key)
	}
	return "Remove one of the two."
}

func isEmptyNode(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Value == "" && !isQuoted(n)
}

// checkTab reports a tab between a key and its value.
func (r *reader) checkTab(key, value *yaml.Node) {
	if key.Line != value.Line || key.Kind != yaml.ScalarNode {
		return
	}
	end := stringOf(r.text, key).End
	if value.Column <= end.Column {
		return
	}
	between := r.text.from(end)
	between = between[:min(len(between), value.Column-end.Column)] // blanks and a colon: a byte each
	if offset := strings.IndexByte(between, '\t'); offset >= 0 {
		r.warn("YAML-004", span(end.Line, end.Column+offset, 1), "a tab stands between "+show(key.Value)+" and its value", "Write one space.")
	}
}
