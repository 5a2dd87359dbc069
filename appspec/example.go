package appspec

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ExampleFile is one file of the example of a rule.
type ExampleFile struct {
	Name string
	Mode fs.FileMode // permissions, and the type of folders and links
	Text string      // for a link, where it leads
}

// Example reads an example as [Rule] has it: its files, and the range that is
// marked in its AppSpec, which is zero without a mark.
func Example(text string) ([]ExampleFile, Range) {
	var files []ExampleFile
	if !strings.HasPrefix(text, "-- ") {
		files = []ExampleFile{{Name: "appspec.yml", Mode: 0o644, Text: text}}
	} else {
		for line := range strings.Lines(text) {
			if head, ok := strings.CutPrefix(line, "-- "); ok {
				files = append(files, exampleHead(strings.TrimSuffix(head, " --\n")))
			} else if f := &files[len(files)-1]; f.Mode.IsRegular() {
				f.Text += line
			}
		}
	}
	var at Range
	for i := range files {
		f := &files[i]
		f.Text = repeated(f.Text)
		before, rest, ok := strings.Cut(f.Text, "«")
		if !ok {
			continue
		}
		marked, after, _ := strings.Cut(rest, "»")
		at = Range{placeAfter(Pos{1, 1}, before), placeAfter(placeAfter(Pos{1, 1}, before), marked)}
		f.Text = before + marked + after
	}
	return files, at
}

func exampleHead(head string) ExampleFile {
	if name, target, ok := strings.Cut(head, " -> "); ok {
		return ExampleFile{Name: name, Mode: fs.ModeSymlink | 0o777, Text: target}
	}
	f := ExampleFile{Name: head, Mode: 0o755}
	if name, digits, ok := strings.Cut(head, " "); ok {
		if mode, err := strconv.ParseUint(digits, 8, 12); err == nil {
			f.Name, f.Mode = name, fs.FileMode(mode)
		}
	}
	if name, ok := strings.CutSuffix(f.Name, "/"); ok {
		f.Name, f.Mode = name, fs.ModeDir|0o755
	}
	return f
}

// repeated expands the lines "@repeat 1001 text": examples of limits are long.
func repeated(text string) string {
	if !strings.Contains(text, "@repeat ") {
		return text
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		n := 0
		if _, err := fmt.Sscanf(line, "@repeat %d ", &n); err == nil {
			line = strings.Repeat(strings.TrimPrefix(line, fmt.Sprintf("@repeat %d ", n)), n)
		}
		b.WriteString(line)
	}
	return b.String()
}

// placeAfter is the place after a text that begins at a place.
func placeAfter(p Pos, text string) Pos {
	lines := newSource(text)
	if n := len(lines.lines); n > 1 {
		return Pos{p.Line + n - 1, utf8.RuneCountInString(lines.line(n)) + 1}
	}
	return Pos{p.Line, p.Column + utf8.RuneCountInString(text)}
}
