package appspec

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// obeyed is true for characters that a terminal acts on, or that change the
// order in which the others are read: controls, bidirectional overrides, line
// separators, invisible marks.
func obeyed(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' || r == utf8.RuneError
}

// printable writes out what a terminal would obey, as \x1b or \u202e. The
// result is one line.
func printable(s string) string {
	if strings.IndexFunc(s, obeyed) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if obeyed(r) {
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// visible replaces a character that a terminal would obey by one that it
// shows, so that columns stay what they are. Tabs stay.
func visible(r rune) rune {
	switch {
	case r == '\t' || !obeyed(r):
		return r
	case r < ' ':
		return '\u2400' + r // Control Pictures: ␛ for ESC
	case r == 0x7f:
		return '\u2421'
	}
	return utf8.RuneError
}

// cells tells how many terminal cells a character fills: 0 for marks that
// combine with the one before, 2 for East Asian wide characters and emoji.
func cells(r rune) int {
	switch {
	case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r):
		return 0
	case r < 0x1100:
		return 1
	case r <= 0x115f, r >= 0x2e80 && r <= 0xa4cf, r >= 0xac00 && r <= 0xd7a3, r >= 0xf900 && r <= 0xfaff,
		r >= 0xfe30 && r <= 0xfe6f, r >= 0xff00 && r <= 0xff60, r >= 0xffe0 && r <= 0xffe6,
		r >= 0x1f300 && r <= 0x1faff, r >= 0x20000 && r <= 0x3fffd:
		return 2
	}
	return 1
}

// show quotes a value of the file for a message, shortened where it is long.
func show(s string) string {
	const longest = 60
	if runes := []rune(s); len(runes) > longest {
		s = string(runes[:longest]) + "…"
	}
	return strconv.Quote(s)
}
