package appspec

import (
	"strings"
	"unicode/utf8"
)

// source is an AppSpec text and where its lines and characters are.
type source struct {
	text  string
	lines []int // offset of each line
	// runes holds the offset of every character of the lines that are not
	// ASCII, so that a position is found at once on a line of any length.
	runes map[int][]int32
}

func newSource(text string) *source {
	s := &source{text: text, lines: []int{0}}
	for i := 0; i < len(text); {
		n := lineBreak(text[i:])
		if n == 0 {
			i++
			continue
		}
		i += n
		s.lines = append(s.lines, i)
	}
	for number := 1; number <= len(s.lines); number++ {
		if line := s.line(number); strings.IndexFunc(line, notASCII) >= 0 {
			if s.runes == nil {
				s.runes = map[int][]int32{}
			}
			offsets := make([]int32, 0, len(line))
			for i := range line {
				offsets = append(offsets, int32(i))
			}
			s.runes[number] = offsets
		}
	}
	return s
}

func notASCII(r rune) bool { return r >= utf8.RuneSelf }

// lineBreak is the length of the YAML 1.1 line break that s begins with, or 0.
func lineBreak(s string) int {
	switch {
	case s[0] == '\n':
		return 1
	case s[0] == '\r':
		if strings.HasPrefix(s, "\r\n") {
			return 2
		}
		return 1
	case strings.HasPrefix(s, "\u0085"):
		return len("\u0085")
	case strings.HasPrefix(s, "\u2028"), strings.HasPrefix(s, "\u2029"):
		return len("\u2028")
	}
	return 0
}

// line returns the text of a line, counted from 1, without its line break.
func (s *source) line(number int) string {
	switch {
	case number < 1 || number > len(s.lines):
		return ""
	case number == len(s.lines):
		return s.text[s.lines[number-1]:]
	}
	line := s.text[s.lines[number-1]:s.lines[number]]
	for _, end := range []string{"\r\n", "\n", "\r", "\u0085", "\u2028", "\u2029"} {
		if rest, ok := strings.CutSuffix(line, end); ok {
			return rest
		}
	}
	return line
}

// from returns the rest of the line that begins at a position.
func (s *source) from(p Pos) string {
	line, skip := s.line(p.Line), max(p.Column-1, 0)
	if offsets, ok := s.runes[p.Line]; ok {
		if skip >= len(offsets) {
			return ""
		}
		return line[offsets[skip]:]
	}
	return line[min(skip, len(line)):]
}

// offset is the byte offset of a place.
func (s *source) offset(p Pos) int {
	if p.Line < 1 || p.Line > len(s.lines) {
		return len(s.text)
	}
	return s.lines[p.Line-1] + len(s.line(p.Line)) - len(s.from(p))
}

// position is the place of a byte offset.
func (s *source) position(offset int) Pos {
	line := len(s.lines)
	for line > 1 && s.lines[line-1] > offset {
		line--
	}
	return Pos{line, utf8.RuneCountInString(s.text[s.lines[line-1]:offset]) + 1}
}

// span is the range of n characters of a line.
func span(line, column, n int) Range {
	return Range{Pos{line, column}, Pos{line, column + n}}
}

// lineRange covers a line without its indentation.
func (s *source) lineRange(number int) Range {
	line := s.line(number)
	text := strings.TrimLeft(line, " \t")
	indent := utf8.RuneCountInString(line) - utf8.RuneCountInString(text)
	return span(number, indent+1, utf8.RuneCountInString(strings.TrimRight(text, " \t")))
}
