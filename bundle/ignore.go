package bundle

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/bmatcuk/doublestar/v4"
)

// IgnoreName is the file at a folder's root that says what of it stays out of a bundle, with gitignore's meaning. It stays out itself.
const IgnoreName = ".codedeployignore"

// maxIgnore is how large that file may be.
const maxIgnore = 1 << 20

// patterns are lines with gitignore's meaning. The last that matches counts.
type patterns []pattern

type pattern struct {
	glob   string // in doublestar's syntax, of the whole path
	negate bool
	folder bool // it matches folders only
}

// readIgnore reads the file IgnoreName, if there is one, and adds more lines.
func readIgnore(root *os.Root, more []string) (patterns, error) {
	info, err := root.Stat(IgnoreName)
	if errors.Is(err, fs.ErrNotExist) {
		return parsePatterns(more)
	}
	if err == nil && !info.Mode().IsRegular() { // opening a pipe waits for who writes to it
		return nil, refused(IgnoreName, "it is %s, and no file of patterns", kind(info.Mode()))
	}
	f, err := root.Open(IgnoreName)
	if err != nil {
		return nil, failed(IgnoreName, "can't be opened", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxIgnore+1))
	if err != nil {
		return nil, failed(IgnoreName, "can't be read", err)
	}
	if len(text) > maxIgnore {
		return nil, refused(IgnoreName, "it is larger than %d bytes", maxIgnore)
	}
	lines := strings.Split(strings.TrimPrefix(string(text), "\ufeff"), "\n")
	return parsePatterns(append(lines, more...))
}

func parsePatterns(lines []string) (patterns, error) {
	var list patterns
	for _, line := range lines {
		if strings.ContainsRune(line, '\x00') {
			return nil, fmt.Errorf("pattern %q holds a zero byte", line)
		}
		if p, ok := parsePattern(line); ok {
			list = append(list, p)
		}
	}
	return list, nil
}

// parsePattern puts a line of gitignore into doublestar's terms; ok is false if it matches nothing, as git has it: blank lines, comments, and
// lines that aren't patterns.
func parsePattern(line string) (p pattern, ok bool) {
	line = strings.TrimSuffix(line, "\r")
	for strings.HasSuffix(line, " ") && !strings.HasSuffix(line, `\ `) {
		line = line[:len(line)-1]
	}
	if strings.HasPrefix(line, "#") {
		return p, false
	}
	line, p.negate = strings.CutPrefix(line, "!")
	line, p.folder = strings.CutSuffix(line, "/")
	switch {
	case line == "":
		return p, false
	case !strings.Contains(line, "/"):
		line = "**/" + line
	default:
		line = strings.TrimPrefix(line, "/")
	}
	if p.glob, ok = glob(line); !ok {
		return p, false
	}
	// To git, what ends so matches what is in the folder, but not itself.
	if strings.HasSuffix(p.glob, "/**") {
		p.glob += "/*"
	}
	return p, doublestar.ValidatePattern(p.glob)
}

// glob puts what git and doublestar read differently into doublestar's terms; ok is false if it matches nothing.
func glob(line string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(line); {
		switch c := line[i]; {
		case c == '\\':
			b.WriteString(line[i:min(i+2, len(line))])
			i += 2
		case c == '{' || c == '}': // braces have no meaning to git
			b.WriteString(`\` + line[i:i+1])
			i++
		case strings.HasPrefix(line[i:], "***"): // to git no more than two
			i++
		case c == '[':
			class, length := brackets(line[i:])
			if length == 0 {
				return "", false
			}
			b.WriteString(class)
			i += length
		default:
			b.WriteByte(c)
			i++
		}
	}
	return b.String(), true
}

// classes are what a name such as [:alpha:] stands for, in pairs of first and last.
var classes = map[string]string{
	"alnum": "09AZaz", "alpha": "AZaz", "blank": "\t\t  ", "cntrl": "\x01\x1f\x7f\x7f", "digit": "09", "graph": "!~", "lower": "az",
	"print": " ~", "punct": "!/:@[`{~", "space": "\t\r  ", "upper": "AZ", "xdigit": "09AFaf",
}

// brackets reads the set that s begins with as git's wildmatch does, and returns it in doublestar's terms with its length; 0 if it matches nothing.
// Unlike doublestar git takes a bracket that is first for itself, knows classes by name, and matches no slash.
func brackets(s string) (class string, length int) {
	var set strings.Builder
	add := func(from, to rune) {
		if from <= '/' && '/' <= to {
			if from < '/' {
				fmt.Fprintf(&set, `\%c-\%c`, from, '/'-1)
			}
			from = '/' + 1
		}
		if from <= to {
			fmt.Fprintf(&set, `\%c-\%c`, from, to)
		}
	}
	i, negate := 1, false
	if i < len(s) && (s[i] == '!' || s[i] == '^') {
		i, negate = i+1, true
	}
	// next reads a character that may be escaped.
	next := func() (rune, bool) {
		if i < len(s) && s[i] == '\\' {
			i++
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		return r, n > 0
	}
	last, ranges := rune(0), false // what a range may begin with
	for first := i; i == first || i >= len(s) || s[i] != ']'; {
		if i >= len(s) {
			return "", 0 // it has no end
		}
		if s[i] == '-' && ranges && i+1 < len(s) && s[i+1] != ']' {
			i++
			to, ok := next()
			if !ok {
				return "", 0
			}
			add(last, to)
			ranges = false
			continue
		}
		if name, ok := strings.CutPrefix(s[i:], "[:"); ok {
			end := strings.IndexByte(name, ']')
			if end < 0 {
				return "", 0
			}
			if name, ok := strings.CutSuffix(name[:end], ":"); ok {
				pairs, known := classes[name]
				if !known {
					return "", 0
				}
				for ; pairs != ""; pairs = pairs[2:] {
					add(rune(pairs[0]), rune(pairs[1]))
				}
				i += len("[:") + end + 1
				ranges = false
				continue
			}
		}
		r, ok := next()
		if !ok {
			return "", 0
		}
		add(r, r)
		last, ranges = r, true
	}
	switch {
	case negate:
		return "[^/" + set.String() + "]", i + 1
	case set.Len() == 0:
		return "", 0
	}
	return "[" + set.String() + "]", i + 1
}

// match reports whether the last pattern that matches a path takes it in. What a folder that matches holds is the caller's to know.
func (list patterns) match(name string, folder bool) bool {
	for i := len(list) - 1; i >= 0; i-- {
		p := &list[i]
		if p.folder && !folder {
			continue
		}
		if ok, err := doublestar.Match(p.glob, name); ok && err == nil {
			return !p.negate
		}
	}
	return false
}

// matchWithin is match for a path or any folder that it is in.
func (list patterns) matchWithin(name string, folder bool) bool {
	for at := range prefixes(name) {
		if list.match(at, folder || len(at) < len(name)) {
			return true
		}
	}
	return false
}
