package appspec

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxText is the longest AppSpec text that is read: some 3000 entries of files.
// The agent has no such limit, but what is longer is an archive, a log, or made
// to keep a parser busy.
const maxText = 256 << 10

// checkText applies the rules that need no YAML, and keeps the text without a
// byte order mark. It is false if the text cannot be read further.
func (r *reader) checkText(text []byte) bool {
	if len(text) > maxText {
		r.fails("LIMIT-001", Range{}, fmt.Sprintf("the file has more than %d bytes, the most that an AppSpec may have here", maxText), "",
			"Point to the AppSpec file, not to an archive or a log.")
		return false
	}
	if encoding := wideEncoding(text); encoding != "" {
		r.text = newSource("")
		says := "invalid leading UTF-8 octet"
		if utf8.Valid(text[:2]) {
			says = "control characters are not allowed"
		}
		r.refused("YAML-006", span(1, 1, 0), "the file is saved as "+encoding, agentAt(says, Pos{1, 1}), "Save it as UTF-8 without a byte order mark.")
		return false
	}
	clean := strings.TrimPrefix(string(text), byteOrderMark)
	r.marked = len(clean) < len(text)
	valid := clean
	if !utf8.ValidString(clean) {
		valid = strings.ToValidUTF8(clean, "\ufffd")
	}
	r.text = newSource(valid)
	if offset := invalidUTF8(clean); offset >= 0 {
		at := r.text.position(len(strings.ToValidUTF8(clean[:offset], "\ufffd")))
		r.refused("YAML-006", span(at.Line, at.Column, 1), fmt.Sprintf("the byte 0x%02X is not UTF-8", clean[offset]),
			agentAt(octetProblem(clean[offset:]), Pos{1, 1}), "Save the file as UTF-8; this holds for comments too.")
		return false
	}
	if offset := strings.IndexFunc(clean, forbidden); offset >= 0 {
		at := r.text.position(offset)
		c, _ := utf8.DecodeRuneInString(clean[offset:])
		r.refused("YAML-007", span(at.Line, at.Column, 1), fmt.Sprintf("the control character U+%04X is not allowed in YAML", c),
			agentAt("control characters are not allowed", Pos{1, 1}), "Remove it.")
		return false
	}
	if offset := strings.Index(clean, "\r\n"); offset >= 0 && !r.ofService { // no scripts come with the service's files
		at := r.text.position(offset)
		r.warn("YAML-008", span(at.Line, at.Column, 0), "lines end with CR LF",
			"The AppSpec itself is read, but scripts saved the same way fail on Linux: save both with LF.")
	}
	return true
}

// wideEncoding names the encoding of a text that is not written in bytes.
func wideEncoding(text []byte) string {
	switch {
	case bytes.HasPrefix(text, []byte{0xff, 0xfe, 0, 0}), bytes.HasPrefix(text, []byte{0, 0, 0xfe, 0xff}):
		return "UTF-32"
	case bytes.HasPrefix(text, []byte{0xff, 0xfe}), bytes.HasPrefix(text, []byte{0xfe, 0xff}):
		return "UTF-16"
	case len(text) >= 4 && text[0] == 0 && text[1] == 0 && text[2] == 0 && text[3] != 0, len(text) >= 4 && text[0] != 0 && text[1] == 0 && text[2] == 0 && text[3] == 0:
		return "UTF-32"
	case len(text) >= 4 && (text[0] == 0) != (text[1] == 0) && (text[0] == 0) == (text[2] == 0) && (text[1] == 0) == (text[3] == 0):
		return "UTF-16"
	}
	return ""
}

// invalidUTF8 is the offset of the first byte that is not UTF-8, or -1.
func invalidUTF8(s string) int {
	for i, c := range s {
		if c != utf8.RuneError {
			continue
		}
		if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
			return i
		}
	}
	return -1
}

// agentAt is how the agent words a mistake in the text. It gives the first
// place for mistakes in characters, wherever they are.
func agentAt(problem string, at Pos) string {
	return fmt.Sprintf("(<unknown>): %s at line %d column %d", problem, at.Line, at.Column)
}

// octetProblem is the agent's reason for refusing the bytes that s begins with.
func octetProblem(s string) string {
	width := 0
	switch c := s[0]; {
	case c&0xe0 == 0xc0:
		width = 2
	case c&0xf0 == 0xe0:
		width = 3
	case c&0xf8 == 0xf0:
		width = 4
	default:
		return "invalid leading UTF-8 octet"
	}
	if len(s) < width {
		return "incomplete UTF-8 octet sequence"
	}
	for i := 1; i < width; i++ {
		if s[i]&0xc0 != 0x80 {
			return "invalid trailing UTF-8 octet"
		}
	}
	if c := s[0]; c < 0xc2 || c == 0xe0 && s[1] < 0xa0 || c == 0xf0 && s[1] < 0x90 {
		return "invalid length of a UTF-8 sequence"
	}
	return "invalid Unicode character"
}

// forbidden is true for what YAML 1.1 does not allow anywhere in a text.
func forbidden(c rune) bool {
	switch {
	case c == '\t', c == '\n', c == '\r', c == 0x85:
		return false
	case c < ' ', c >= 0x7f && c < 0xa0, c == 0xfffe, c == 0xffff:
		return true
	}
	return false
}

// isBlankLike is true for what looks like a space and is text to YAML.
func isBlankLike(c rune) bool {
	switch {
	case c == 0xa0, c == 0x1680, c >= 0x2000 && c <= 0x200b, c == 0x202f, c == 0x205f, c == 0x3000, c == 0xfeff:
		return true
	}
	return false
}
