package appspec

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"
)

// Mended is a file of a revision, before and after it was mended.
type Mended struct {
	Name                  string // its path below the revision's root
	Before, After         []byte
	ModeBefore, ModeAfter fs.FileMode // of a script; 0 for the AppSpec file, whose mode stays
	Edits                 []Edit
	// Findings are those about a script that is mended; they stand in the AppSpec file.
	Findings []Diagnostic
}

// Mends is true if a finding in the AppSpec file goes away.
func (m Mended) Mends(d Diagnostic) bool {
	same := func(other Diagnostic) bool {
		return other.Rule == d.Rule && other.Range.Start.Line == d.Range.Start.Line
	}
	return slices.ContainsFunc(m.Findings, same) || slices.ContainsFunc(m.Edits, func(e Edit) bool {
		return m.Name == d.File && same(Diagnostic{Rule: e.Rule, Range: e.Range})
	})
}

// maxScript is the longest script that is mended.
const maxScript = 16 << 20

// Revision mends an AppSpec text and the scripts of the revision that it
// names. It changes no file: it returns those that are to be changed, the
// AppSpec file first, and an error if a script cannot be read.
func (r Repair) Revision(name string, text []byte, revision fs.FS) ([]Mended, error) {
	var all []Mended
	after, edits := r.Text(name, text)
	if len(edits) > 0 {
		all = append(all, Mended{Name: name, Before: text, After: after, Edits: edits})
	}
	f, _ := r.Options.Parse(name, after)
	scripts, err := r.scripts(f, after, revision)
	return append(all, scripts...), err
}

// scripts mends the scripts that an AppSpec file names, each once.
func (r Repair) scripts(f *File, text []byte, revision fs.FS) ([]Mended, error) {
	if f == nil {
		return nil, nil
	}
	m, c := r.mending(f.Name), &checker{f: f, windows: f.OS.Value == "windows"}
	names := map[Range]string{}
	for _, hook := range f.Hooks {
		for _, script := range hook.Scripts {
			names[script.Location.Range()] = c.inside(script.Location.Value)
		}
	}
	var all []Mended
	found, _ := Ignore(f.Name, text, Check(f, revision))
	for _, d := range found {
		name, ok := names[d.Range]
		if !ok || !m.mends(d) || !slices.Contains([]string{"REV-020", "REV-021", "REV-026", "REV-028"}, d.Rule) {
			continue
		}
		i := slices.IndexFunc(all, func(m Mended) bool { return m.Name == name })
		if i < 0 {
			info, err := fs.Stat(revision, name)
			if err != nil {
				return all, err
			}
			text, err := readBounded(revision, name, maxScript)
			if err != nil {
				return all, err
			}
			i = len(all)
			all = append(all, Mended{Name: name, Before: text, After: text, ModeBefore: info.Mode(), ModeAfter: info.Mode()})
		}
		all[i].mend(d)
	}
	return all, nil
}

// mend does away with a finding about a script.
func (m *Mended) mend(d Diagnostic) {
	m.Findings = append(m.Findings, d)
	if d.Rule == "REV-026" {
		if m.ModeBefore == m.ModeAfter { // as the agent does it: for everybody
			m.ModeAfter |= 0o111
			m.Edits = append(m.Edits, Edit{Rule: d.Rule, Old: fmt.Sprintf("%04o", m.ModeBefore.Perm()), New: fmt.Sprintf("%04o", m.ModeAfter.Perm())})
		}
		return
	}
	if !bytes.Equal(m.Before, m.After) {
		return
	}
	p := newPatch(m.Before)
	var changes []change
	if d.Rule == "REV-028" {
		changes = append(changes, change{rule: d.Rule, line: 1, mark: true})
	}
	if first, _, _ := bytes.Cut(m.Before, []byte("\n")); d.Rule != "REV-028" || bytes.HasSuffix(first, []byte("\r")) {
		changes = append(changes, lineEnds(p, d.Rule)...)
	}
	p.apply(changes)
	m.After, m.Edits = p.bytes(), append(m.Edits, p.list()...)
}

// readBounded reads a file that is not too long.
func readBounded(fsys fs.FS, name string, most int64) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a file", show(name))
	case info.Size() > most:
		return nil, fmt.Errorf("%s has %d bytes; at most %d are mended", show(name), info.Size(), most)
	}
	return fs.ReadFile(fsys, name)
}
