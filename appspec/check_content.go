package appspec

import (
	"bytes"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// longestScript is how much of a script is read.
const longestScript = 1 << 20

// checkContent looks at what a script holds. What it finds in a file that
// several events name is found once.
func (c *checker) checkContent(v String) {
	name := c.inside(v.Value)
	findings, known := c.contents[name]
	if !known {
		findings = c.readScript(name)
		if c.contents == nil {
			c.contents = map[string][]Diagnostic{}
		}
		c.contents[name] = findings
	}
	for _, d := range findings {
		d.Range = v.Range()
		c.add(d)
	}
}

func (c *checker) readScript(name string) []Diagnostic {
	file, err := c.revision.fsys.Open(name)
	if err != nil {
		return []Diagnostic{unreadable(name, err)}
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, longestScript))
	if err != nil {
		return []Diagnostic{unreadable(name, err)}
	}
	s := &script{name: show(name), path: name, text: text, whole: len(text) < longestScript}
	if c.windows {
		s.checkEncoding()
	} else {
		s.check()
	}
	return s.found
}

func unreadable(name string, err error) Diagnostic {
	return Diagnostic{Rule: "REV-022", Severity: Error, Message: "script " + show(name) + " cannot be read: " + err.Error()}
}

// script is the content of a script, and what is found in it.
type script struct {
	name  string // quoted
	path  string
	text  []byte
	whole bool // text is all of it
	found []Diagnostic
}

func (s *script) warn(rule, message, help string) {
	s.found = append(s.found, Diagnostic{Rule: rule, Severity: Warning, Message: message, Help: help})
}

// check looks at a script as Linux starts it.
func (s *script) check() {
	line, _, _ := bytes.Cut(s.text, []byte("\n"))
	interpreter := "/bin/sh"
	switch marked := bytes.HasPrefix(s.text, []byte("#!")); {
	case len(s.text) == 0:
		s.warn("REV-033", "script "+s.name+" is empty: it succeeds and does nothing", "Fill it in, or take it out of the AppSpec.")
		return
	case bytes.HasPrefix(s.text, []byte("\x7fELF")):
		return
	case bytes.HasPrefix(s.text, []byte(byteOrderMark+"#!")):
		s.warn("REV-028", "script "+s.name+" begins with a byte order mark, so the #! of its line 1 is not seen", "Save it without a byte order mark.")
	case marked && bytes.HasSuffix(line, []byte("\r")):
		s.found = append(s.found, Diagnostic{Rule: "REV-020", Severity: Error,
			Message: "script " + s.name + " has Windows line ends: the interpreter of its line 1 would be " + show(string(line[2:])),
			Agent:   fmt.Sprintf(saysScriptError, s.path, "Errno::ENOENT", "No such file or directory - <archive>/"+s.path), Help: "Save it with LF line ends."})
		interpreter = string(bytes.TrimSuffix(line[2:], []byte("\r")))
	case marked:
		interpreter = string(line[2:])
		s.checkInterpreter(interpreter)
	}
	s.checkEncoding()
	shell := isShell(interpreter)
	if shell && !s.has("REV-020") {
		s.checkLineEnds()
	}
	if interpreter == "/bin/sh" && !bytes.HasPrefix(s.text, []byte("#!")) && !s.has("REV-028") {
		s.warn("REV-027", "script "+s.name+" has no #! in its line 1, so /bin/sh runs it", "Begin it with #!/bin/bash or what it is written for.")
	}
	if shell && s.whole {
		s.checkBackground(strings.Contains(interpreter, "bash"))
	}
}

func (s *script) has(rule string) bool {
	return slices.ContainsFunc(s.found, func(d Diagnostic) bool { return d.Rule == rule })
}

func (s *script) checkInterpreter(line string) {
	words := strings.Fields(line)
	if len(words) == 0 {
		s.warn("REV-029", "script "+s.name+" names no interpreter after the #! of its line 1", "Begin it with #!/bin/bash or what it is written for.")
		return
	}
	if dir := path.Dir(words[0]); dir != "/bin" && dir != "/usr/bin" {
		s.warn("REV-029", "the interpreter "+show(words[0])+" in line 1 of script "+s.name+" must exist on the server", "Use one in /bin or /usr/bin, or /usr/bin/env, unless the servers have it.")
	}
}

// isShell is true for the #! line, without #!, of a script for a shell.
func isShell(line string) bool {
	for _, word := range strings.Fields(line) {
		switch base := path.Base(word); base {
		case "sh", "bash", "dash", "ash", "ksh", "mksh", "zsh":
			return true
		case "env":
		default:
			if !strings.HasPrefix(word, "-") && !strings.Contains(word, "=") {
				return false
			}
		}
	}
	return false
}

// checkEncoding reports what the log of the event cannot hold: lines of the
// script that print it, or that the shell prints in its errors.
func (s *script) checkEncoding() {
	const help = "Save it as UTF-8 without a byte order mark."
	if encoding := wideEncoding(s.text); encoding != "" {
		if !strings.HasSuffix(strings.ToLower(s.path), ".ps1") {
			s.warn("REV-036", "script "+s.name+" is saved as "+encoding+", which no shell reads", help)
		}
		return
	}
	if bytes.IndexByte(s.text, 0) >= 0 {
		return // a program
	}
	offset := invalidUTF8(string(s.text))
	if offset < 0 || !s.whole && offset > len(s.text)-4 {
		return
	}
	s.warn("REV-036", fmt.Sprintf("line %d of script %s holds the byte 0x%02X, which is not UTF-8", s.line(offset), s.name, s.text[offset]), help)
}

func (s *script) checkLineEnds() {
	if offset := bytes.Index(s.text, []byte("\r\n")); offset >= 0 {
		s.warn("REV-021", fmt.Sprintf("line %d of script %s has a Windows line end; the shell sees a stray carriage return", s.line(offset), s.name), "Save it with LF line ends.")
	}
}

func (s *script) checkBackground(bash bool) {
	if line := keptOpen(strings.TrimPrefix(string(s.text), byteOrderMark), bash); line > 0 {
		s.found = append(s.found, Diagnostic{Rule: "REV-032", Severity: Warning,
			Message: fmt.Sprintf("line %d of script %s starts a background process that keeps the script's output open, so the event waits for it", line, s.name),
			Agent:   fmt.Sprintf(saysNotClosed, s.path, "STDOUT"), Help: "Redirect all its streams, of a list as a whole: { …; } > /dev/null 2> /dev/null < /dev/null &"})
	}
}

// line is the number of the line that an offset lies in.
func (s *script) line(offset int) int { return bytes.Count(s.text[:offset], []byte("\n")) + 1 }
