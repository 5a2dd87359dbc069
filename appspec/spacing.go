package appspec

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// spacing asks for the spacing of the guide (reference-appspec-file.md): each
// level two columns further, one space after a dash or colon. Flow style has
// no spacing in the guide and is passed over.
type spacing struct {
	*reader
	line int // the last one with a finding: the rest of it only follows
}

// check looks at a value whose keys or dashes belong in a column.
func (s *spacing) check(n *yaml.Node, column int) {
	switch {
	case n.Style&yaml.FlowStyle != 0:
	case n.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			at := stringOf(s.text, key).Range()
			s.wantColumn(at, column, "key "+show(key.Value))
			if key.Kind == yaml.ScalarNode && key.Line == value.Line && value.Column > at.End.Column+2 {
				s.report(at, "more than one space stands between "+show(key.Value)+" and its value", "Write one space after the colon.")
			}
			s.check(value, column+2)
		}
	case n.Kind == yaml.SequenceNode:
		for _, item := range n.Content {
			if dash, ok := s.dash(item); ok {
				s.wantColumn(dash, column, "dash")
				if value := stringOf(s.text, item); value.Raw+value.Value != "" && item.Column > dash.End.Column+1 {
					s.report(dash, "more than one space stands between the dash and its item", "Write one space after the dash.")
				}
			}
			s.check(item, column+2)
		}
	}
}

// dash is where the dash of an item stands, if it is in the item's line.
func (s *spacing) dash(item *yaml.Node) (Range, bool) {
	line := s.text.line(item.Line)
	before := line[:len(line)-len(s.text.from(Pos{item.Line, item.Column}))]
	before, ok := strings.CutSuffix(strings.TrimRight(before, " \t"), "-")
	return span(item.Line, utf8.RuneCountInString(before)+1, 1), ok
}

func (s *spacing) wantColumn(at Range, column int, what string) {
	if at.Start.Column != column {
		s.report(at, fmt.Sprintf("the %s stands in column %d; the guide's spacing puts it in column %d", what, at.Start.Column, column),
			fmt.Sprintf("Put %d spaces before it.", column-1))
	}
}

func (s *spacing) report(at Range, message, help string) {
	if at.Start.Line != s.line {
		s.warn("YAML-017", at, message, help)
		s.line = at.Start.Line
	}
}
