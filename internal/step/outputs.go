package step

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"
)

// outputs is the file of name=value lines by which one step hands its outputs
// to the next. It is rewritten whole at each change, so that a step that dies
// leaves the lines it had got to. Lines of others stay.
type outputs struct {
	input  string // that names the file: outputs or dotenv
	path   string // "" keeps them in memory only
	lines  []string
	values map[string]string
}

func openOutputs(input, path string) (*outputs, error) {
	o := &outputs{input: input, path: path, values: map[string]string{}}
	if path == "" {
		return o, nil
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if info, derr := os.Stat(filepath.Dir(path)); derr != nil || !info.IsDir() {
			return nil, Errorf(Misused, "--%s %s: its folder does not exist", input, path)
		}
		return o, nil
	}
	if err != nil {
		return nil, Errorf(Misused, "--%s: %w", input, err)
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\r\n")
		o.lines = append(o.lines, line)
		if name, value, ok := strings.Cut(line, "="); ok {
			o.values[name] = value
		}
	}
	return o, nil
}

func (o *outputs) source(f *Field) (string, Origin) {
	if f.NoChain || OutputHelp[f.Name] == "" {
		return "", fromNowhere
	}
	from := o.path
	if from == "" {
		from = "the step before"
	}
	return o.values[f.Name], Origin(fmt.Sprintf("%s in %s", f.Name, from))
}

// set records an output and writes the file.
func (o *outputs) set(name, value string) error {
	if strings.ContainsAny(value, "\r\n") {
		return fmt.Errorf("output %s: its value has a line break", name)
	}
	if strings.ContainsFunc(value, unicode.IsControl) {
		return fmt.Errorf("output %s: its value has a control character", name)
	}
	o.drop(name)
	o.values[name] = value
	o.lines = append(o.lines, name+"="+value)
	return o.write()
}

func (o *outputs) drop(name string) {
	delete(o.values, name)
	keep := o.lines[:0]
	for _, line := range o.lines {
		if !strings.HasPrefix(line, name+"=") {
			keep = append(keep, line)
		}
	}
	o.lines = keep
}

// dotenvSize is what GitLab takes of a dotenv report (docs.gitlab.com:
// "artifacts:reports:dotenv", "GitLab application limits").
const dotenvSize = 5 << 10

// size is that of the file in bytes; 0 if there is none.
func (o *outputs) size() int {
	if o.path == "" {
		return 0
	}
	return len(strings.Join(o.lines, "\n")) + 1
}

// forget drops what an earlier run left of these outputs, so that a step that
// fails early does not hand on a value that is not its own.
func (o *outputs) forget(names []string) error {
	changed := false
	for _, name := range names {
		if _, ok := o.values[name]; ok {
			o.drop(name)
			changed = true
		}
	}
	if !changed {
		return nil
	}
	return o.write()
}

func (o *outputs) write() error {
	if o.path == "" {
		return nil
	}
	var b bytes.Buffer
	for _, line := range o.lines {
		b.WriteString(line + "\n")
	}
	if err := writeFile(o.path, b.Bytes()); err != nil { // no reader ever sees half of it
		return Errorf(Misused, "--%s: %w", o.input, err)
	}
	return nil
}
