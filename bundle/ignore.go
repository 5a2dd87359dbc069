package bundle

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync/atomic"

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
	// matched is set once it has matched something; nil for a line of the file IgnoreName, of which nobody asks.
	matched *atomic.Bool
}

// readIgnore reads the file IgnoreName, if there is one, and adds more patterns.
func readIgnore(root *os.Root, more patterns) (patterns, error) {
	f, err := root.Open(IgnoreName)
	if errors.Is(err, fs.ErrNotExist) {
		return more, nil
	}
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
	list, err := parsePatterns(lines)
	return append(list, more...), err
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
		if p := &list[i]; p.matches(name, folder) {
			list[:i].note(name, folder)
			return !p.negate
		}
	}
	return false
}

func (p *pattern) matches(name string, folder bool) bool {
	if p.folder && !folder {
		return false
	}
	if ok, err := doublestar.Match(p.glob, name); !ok || err != nil {
		return false
	}
	if p.wanted() {
		p.matched.Store(true)
	}
	return true
}

// wanted reports whether it is of interest if a pattern matches something.
func (p *pattern) wanted() bool { return p.matched != nil && !p.matched.Load() }

// note marks the patterns that match a path, of which something else decides whether it goes in.
func (list patterns) note(name string, folder bool) {
	for i := range list {
		if p := &list[i]; p.wanted() {
			p.matches(name, folder)
		}
	}
}

// noteLeftOut is note for a path that is left out, and for all that a folder of that name holds, which nobody looks at: a pattern of which a part
// matches the folder is about that, unless the part is any folder.
func (list patterns) noteLeftOut(name string) {
	for i := range list {
		p := &list[i]
		if !p.wanted() || p.matches(name, true) {
			continue
		}
		for at, c := range p.glob {
			if above := p.glob[:at]; c == '/' && strings.Trim(path.Base(above), "*") != "" {
				if ok, err := doublestar.Match(above, name); ok && err == nil {
					p.matched.Store(true)
					break
				}
			}
		}
	}
}

// matchWithin is match for a path or any folder that it is in.
func (list patterns) matchWithin(name string, folder bool) bool {
	matched := false
	for at := range prefixes(name) {
		folder := folder || len(at) < len(name)
		if matched {
			list.note(at, folder)
		} else {
			matched = list.match(at, folder)
		}
	}
	return matched
}

// parseGiven reads patterns that a caller names; idle answers which of them have matched nothing so far.
func parseGiven(lines []string) (list patterns, idle func() []string, err error) {
	matched := make([]atomic.Bool, len(lines))
	for i := range lines {
		one, err := parsePatterns(lines[i : i+1]) // none, if it is no pattern
		if err != nil {
			return nil, nil, err
		}
		for j := range one {
			one[j].matched = &matched[i]
		}
		list = append(list, one...)
	}
	return list, func() (idle []string) {
		for i, line := range lines {
			if !matched[i].Load() {
				idle = append(idle, line)
			}
		}
		return idle
	}, nil
}
