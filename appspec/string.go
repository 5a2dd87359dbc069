package appspec

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// String is one value of the file. The zero String is one that is not there.
type String struct {
	Value  string // as the agent reads it: 0644 is "420", ~ is ""
	Raw    string // as it is written, without quotes
	Kind   Kind   // what YAML 1.1 makes of it
	Quoted bool   // written in quotes, or as a block of text
	Pos    Pos
	End    Pos // after the last character, in the line of Pos
}

// Present is false for a value that is missing, empty or null: the agent
// treats these alike.
func (s String) Present() bool { return s.Kind != Absent && s.Kind != Null }

// Range is where the value stands, zero if it is not there.
func (s String) Range() Range { return Range{s.Pos, s.End} }

// truthy is what Ruby's "if value" decides.
func (s String) truthy() bool { return s.Present() && !s.isFalse() }

func (s String) isFalse() bool { return s.Kind == Bool && s.Value == "false" }

// trimmed is the value after Ruby's strip.
func (s String) trimmed() String {
	s.Value = strings.Trim(s.Value, rubySpace)
	return s
}

// stringOf reads one value of any kind.
func stringOf(text *source, n *yaml.Node) String {
	s := String{Raw: n.Value, Pos: Pos{n.Line, n.Column}}
	s.End = endOf(text, n)
	switch n.Kind {
	case yaml.MappingNode:
		s.Kind, s.Value = Mapping, inspect(n)
	case yaml.SequenceNode:
		s.Kind, s.Value = List, inspect(n)
	case yaml.ScalarNode:
		s.Quoted = isQuoted(n)
		s.Kind, s.Value = typed(n)
	}
	return s
}

func isQuoted(n *yaml.Node) bool {
	return n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
}

// typed gives a scalar's kind and effective text. Of the tags, only those of
// plain YAML values count; others are reported by YAML-016.
func typed(n *yaml.Node) (Kind, string) {
	tagged := n.Style&yaml.TaggedStyle != 0
	switch {
	case tagged && (n.Tag == "!!str" || n.Tag == "!str"), !tagged && isQuoted(n):
		return Text, n.Value
	case tagged && (n.Tag == "!!binary" || n.Tag == "!binary"):
		return Text, unpacked(n.Value)
	case tagged && (n.Tag == "!!float" || n.Tag == "!float"):
		kind, value := resolve(n.Value)
		if f, ok := asFloat(value); ok && (kind == Int || kind == Text) {
			return Float, rubyFloat(f)
		}
		return kind, value
	}
	return resolve(n.Value)
}

// unpacked decodes base64 as Ruby does: what is not of it is skipped, and what
// is no whole byte is dropped.
func unpacked(s string) string {
	s, _, _ = strings.Cut(s, "=")
	s = strings.Map(func(c rune) rune {
		if c == '+' || c == '/' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' {
			return c
		}
		return -1
	}, s)
	if len(s)%4 == 1 {
		s = s[:len(s)-1]
	}
	decoded, _ := base64.RawStdEncoding.DecodeString(s)
	return string(decoded)
}

// badNumber gives the agent's words for a value that it must take for a
// number and cannot, "" for any other.
func badNumber(n *yaml.Node) string {
	kind, value := typed(n)
	switch {
	case n.Style&yaml.TaggedStyle != 0 && (n.Tag == "!!float" || n.Tag == "!float"):
		if kind == Text {
			return fmt.Sprintf("ArgumentError: invalid value for Float(): %q", value)
		} else if kind != Float {
			return "TypeError: can't convert into Float"
		}
	case kind == Text && !isQuoted(n) && n.Style&yaml.TaggedStyle == 0 && len(value) <= longestNumber && isInt(value):
		return fmt.Sprintf("ArgumentError: invalid value for Integer(): %q", digitsOf(value))
	case kind == Text && !isQuoted(n) && n.Style&yaml.TaggedStyle == 0 && strings.Contains(value, ".") && isFloat(value) && strings.Trim(value, "+-.") != "":
		return fmt.Sprintf("ArgumentError: invalid value for Float(): %q", strings.ReplaceAll(value, ".", ""))
	}
	return ""
}

// longestLook bounds how far the end of a value is searched that does not tell
// its length itself: a line may hold a hundred thousand of them.
const longestLook = 1000

// endOf finds where a value ends in the line in which it starts.
func endOf(text *source, n *yaml.Node) Pos {
	rest := text.from(Pos{n.Line, n.Column})
	length := 0
	switch {
	case n.Kind == yaml.AliasNode:
		length = utf8.RuneCountInString(n.Value) + 1
	case n.Kind == yaml.ScalarNode && n.Style == 0 && n.Anchor == "" && strings.HasPrefix(rest, n.Value):
		length = utf8.RuneCountInString(n.Value)
	case n.Kind == yaml.ScalarNode && n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		length = utf8.RuneCountInString(rest[:closingQuote(rest)])
	case n.Kind == yaml.ScalarNode, n.Style&yaml.FlowStyle == 0 && n.Kind == yaml.MappingNode:
		rest = rest[:min(len(rest), longestLook)]
		length = utf8.RuneCountInString(strings.TrimRight(withoutComment(rest), " \t"))
	case n.Kind == yaml.SequenceNode, n.Kind == yaml.MappingNode:
		length = 1 // the bracket or dash it starts with
	}
	return Pos{n.Line, n.Column + length}
}

// closingQuote is the offset after the quote that ends a quoted text, or the
// length of rest if it ends in a later line. A tag or anchor may come before.
func closingQuote(rest string) int {
	open := strings.IndexAny(rest, `"'`)
	if open < 0 {
		return len(rest)
	}
	for i := open + 1; i < len(rest); i++ {
		switch {
		case rest[i] == '\\' && rest[open] == '"':
			i++
		case rest[i] == rest[open]:
			if rest[open] == '\'' && strings.HasPrefix(rest[i+1:], "'") {
				i++
				continue
			}
			return i + 1
		}
	}
	return len(rest)
}

func withoutComment(rest string) string {
	for _, mark := range []string{" #", "\t#"} {
		rest, _, _ = strings.Cut(rest, mark)
	}
	return rest
}

// inspectLimit bounds the text that a list or mapping is turned into.
const inspectLimit = 300

// inspect gives a list or mapping as Ruby 3.1 writes it into a message.
func inspect(n *yaml.Node) string {
	var b strings.Builder
	writeInspect(&b, n)
	return b.String()
}

func writeInspect(b *strings.Builder, n *yaml.Node) {
	if b.Len() > inspectLimit {
		return
	}
	switch n.Kind {
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, item := range n.Content {
			if i > 0 {
				b.WriteString(", ")
			}
			writeInspect(b, item)
			if b.Len() > inspectLimit {
				b.WriteString("…")
				break
			}
		}
		b.WriteByte(']')
	case yaml.MappingNode:
		b.WriteByte('{')
		for i := 0; i+1 < len(n.Content); i += 2 {
			if i > 0 {
				b.WriteString(", ")
			}
			writeInspect(b, n.Content[i])
			b.WriteString("=>")
			writeInspect(b, n.Content[i+1])
			if b.Len() > inspectLimit {
				b.WriteString("…")
				break
			}
		}
		b.WriteByte('}')
	case yaml.AliasNode:
		b.WriteString("*" + n.Value)
	default:
		switch kind, value := typed(n); {
		case kind == Null:
			b.WriteString("nil")
		case kind == Text && len(value) > inspectLimit:
			b.WriteString(strconv.Quote(strings.ToValidUTF8(value[:inspectLimit], "") + "…"))
		case kind == Text:
			b.WriteString(strconv.Quote(value))
		case kind == Symbol:
			b.WriteString(":" + value)
		default:
			b.WriteString(value)
		}
	}
}
