package bundle

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

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
	// To git, what ends so matches what is in the folder, but not itself.
	if strings.HasSuffix(line, "/**") {
		line += "/*"
	}
	// Braces have no meaning to git.
	p.glob = strings.NewReplacer(`\{`, `\{`, `\}`, `\}`, `{`, `\{`, `}`, `\}`, `\\`, `\\`).Replace(line)
	return p, doublestar.ValidatePattern(p.glob)
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
