package report

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes foreign text harmless where it is shown: what a terminal would
// obey (escape sequences, cursor movement, text direction) becomes visible,
// and what a CI runner would obey (::command, ##[command], ##vso[, ##teamcity[)
// is broken up. The result is one line without a break at its end; use
// CleanLines for several.
func Clean(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\t':
			b.WriteString("    ")
		case r == '\n' || r == '\r':
			b.WriteByte(' ')
		case r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0:
			fmt.Fprintf(&b, `\x%02x`, r)
		case unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029':
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	out := b.String()
	if i := strings.IndexFunc(out, func(r rune) bool { return !unicode.IsSpace(r) }); i >= 0 && strings.HasPrefix(out[i:], "::") {
		out = out[:i] + ": :" + out[i+2:]
	}
	return marker.ReplaceAllString(out, "# #$1")
}

// marker is obeyed wherever it stands in a line.
var marker = regexp.MustCompile(`(?i)##((?:vso|teamcity)?\[)`)

// CleanLines cleans a text of several lines, line by line. A carriage return
// inside a line starts a new one, as the text it would have hidden counts too.
func CleanLines(s string) []string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	var lines []string
	for line := range strings.Lines(strings.TrimRight(s, "\n")) {
		lines = append(lines, Clean(strings.TrimRight(line, "\n")))
	}
	return lines
}
