package appspec

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Check applies the rules about the revision around an AppSpec file: sources
// and scripts that are missing, scripts that cannot start, files that end up
// at one place. revision is the revision's root, see [Root]; nil applies only
// the rules that need no more than the file itself, such as those about the
// paths of scripts.
//
// The diagnostics are in file order and do not repeat those of [Parse]. Names
// are compared as Linux does, case included, whatever the file system.
func Check(f *File, revision fs.FS) []Diagnostic {
	if f == nil {
		return nil
	}
	c := &checker{
		findings: findings{file: f.Name, text: f.text},
		f:        f,
		windows:  f.OS.Value == "windows",
	}
	if c.text == nil {
		c.text = newSource("")
	}
	c.checkJSON()
	if revision != nil {
		c.revision = &tree{fsys: revision, folders: map[string][]fs.DirEntry{}}
		c.checkFiles()
	}
	for _, hook := range f.Hooks {
		for _, script := range hook.Scripts {
			c.checkScript(script)
		}
	}
	return c.sorted()
}

// checkJSON warns of a file for servers that is written as JSON: the agent
// reads it, since JSON is YAML, but the guide does not provide for it.
func (c *checker) checkJSON() {
	if c.f.Platform != Server || !json.Valid([]byte(c.text.text)) {
		return
	}
	begin := c.text.position(len(c.text.text) - len(strings.TrimLeft(c.text.text, " \t\r\n")))
	c.warn("REV-008", span(begin.Line, begin.Column, 1), "the file is JSON; for EC2/on-premises an AppSpec is YAML", "Write it as YAML.")
}

type checker struct {
	findings
	f        *File
	windows  bool
	revision *tree
	contents map[string][]Diagnostic // of scripts, by path
}

// tree finds names in a revision as a case-sensitive file system would.
type tree struct {
	fsys    fs.FS
	folders map[string][]fs.DirEntry
	guesses int // how many paths were guessed at
}

// notFoundError is a path that is not in the revision.
type notFoundError struct {
	near string // a path that differs by case only, or ""
}

func (e *notFoundError) Error() string { return "no such file or folder" }

func (e *notFoundError) Is(target error) bool { return target == fs.ErrNotExist }

func (t *tree) readDir(folder string) ([]fs.DirEntry, error) {
	if entries, ok := t.folders[folder]; ok {
		return entries, nil
	}
	entries, err := fs.ReadDir(t.fsys, folder)
	if err == nil {
		t.folders[folder] = entries
	}
	return entries, err
}

// list is readDir for a folder that is hardly asked for again.
func (t *tree) list(folder string) ([]fs.DirEntry, error) {
	if entries, ok := t.folders[folder]; ok {
		return entries, nil
	}
	return fs.ReadDir(t.fsys, folder)
}

// stat follows links. The error of a missing path is a [*notFoundError].
func (t *tree) stat(name string) (fs.FileInfo, error) {
	if name == "." {
		return fs.Stat(t.fsys, ".")
	}
	real, exact := ".", true
	for _, part := range strings.Split(name, "/") {
		entries, err := t.readDir(real)
		if err != nil {
			return nil, &notFoundError{}
		}
		found := ""
		for _, entry := range entries {
			if entry.Name() == part {
				found = part
				break
			}
			if strings.EqualFold(entry.Name(), part) {
				found = entry.Name()
			}
		}
		if found == "" {
			return nil, &notFoundError{}
		}
		exact = exact && found == part
		real = path.Join(real, found)
	}
	if !exact {
		return nil, &notFoundError{near: real}
	}
	info, err := fs.Stat(t.fsys, real)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &notFoundError{} // a link that leads nowhere
	}
	return info, err
}

// inside is the path of a location or source below the revision's root.
func (c *checker) inside(name string) string {
	if c.windows {
		name = strings.ReplaceAll(name, `\`, "/")
	}
	if clean := strings.TrimPrefix(path.Clean("/"+name), "/"); clean != "" {
		return clean
	}
	return "."
}

// caseHelp suggests the path that differs only by case.
func caseHelp(err error, otherwise string) string {
	if missing := (*notFoundError)(nil); errors.As(err, &missing) && missing.near != "" {
		return fmt.Sprintf("Did you mean %q? Case matters.", missing.near)
	}
	return otherwise
}
