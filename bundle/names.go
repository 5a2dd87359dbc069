package bundle

import (
	"path"
	"strings"
	"unicode/utf8"
)

// maxName is how many bytes a name or a link's target may have: Linux's PATH_MAX without its final NUL.
const maxName = 4095

// oddity returns what in s makes it mean something else on another system or in a list of names, "" if nothing does.
func oddity(s string) string {
	if isPlain(s) {
		return ""
	}
	switch {
	case s == "":
		return "is empty"
	case !utf8.ValidString(s):
		return "is not UTF-8"
	case strings.ContainsRune(s, '\\'):
		return "holds a backslash, which Linux and Windows read differently"
	case strings.ContainsRune(s, '\n'):
		return "holds a line break"
	case strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "holds a control character"
	case len(s) > maxName:
		return "is longer than 4095 bytes"
	}
	return ""
}

// isPlain reports whether s is of nothing but printable ASCII without a backslash, as nearly all names are.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '\\' {
			return false
		}
	}
	return 0 < len(s) && len(s) <= maxName
}

// cleanName returns the slash path that an archive's name stands for, "." for the root itself.
func cleanName(raw string) (string, error) {
	if bad := oddity(raw); bad != "" {
		return "", refused(raw, "the name %s", bad)
	}
	if strings.HasPrefix(raw, "/") {
		return "", refused(raw, "the name is absolute")
	}
	for part := range strings.SplitSeq(raw, "/") {
		if part == ".." {
			return "", refused(raw, `the name holds ".."`)
		}
	}
	return path.Clean(raw), nil
}

// checkLink refuses a link's target that no archive may hold. Whether it leaves the root is another question.
func checkLink(name, target string) error {
	if bad := oddity(target); bad != "" {
		return refused(name, "its link target %q %s", target, bad)
	}
	return nil
}
