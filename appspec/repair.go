package appspec

import (
	"slices"

	"gopkg.in/yaml.v3"
)

// Repair mends what rules find fault with and what can be mended mechanically:
// see [Rule.Fix]. It replaces the few characters at the place of a finding and
// leaves every other byte as it is; lines keep their numbers. What comments ask
// to ignore is left alone, see [Ignore]. The zero Repair mends what is [Safe].
type Repair struct {
	Options Options
	Unsafe  bool // mend what is [Unsafe] too
	// Wanted, unless nil, chooses the findings that are mended. Their columns
	// are those in the text as earlier edits left it.
	Wanted func(Diagnostic) bool
}

// Edit is one change of a text. Texts have LF or CR LF at the end of a line,
// and no edit reaches over it.
type Edit struct {
	Rule     string `json:"rule"`
	Range    Range  `json:"range"` // of Old, in the text as it was given; zero for a file's mode
	Old, New string // what stood there, and what does now
}

// maxRead bounds how many bytes are parsed to mend one text: each mistake in
// its syntax hides the next, so it is parsed again after each.
const maxRead = 16 * maxText

// Text mends an AppSpec text. If its syntax cannot be mended as a whole, the
// mistakes in it are left alone. Mending the result again changes nothing.
func (r Repair) Text(name string, text []byte) ([]byte, []Edit) {
	m := r.mending(name)
	p, found := m.rounds(newPatch(text), nil)
	if slices.ContainsFunc(found, func(d Diagnostic) bool { return d.Rule == "YAML-003" && m.mends(d) }) {
		p = m.indent(p)
	}
	return p.bytes(), p.list()
}

// mending is what it takes to mend one text.
type mending struct {
	Repair
	name    string
	menders map[string]mender
	left    int // bytes that may still be parsed
}

func (r Repair) mending(name string) *mending {
	return &mending{Repair: r, name: name, menders: menders(), left: maxRead}
}

// mends is true if findings of this kind are asked for.
func (m *mending) mends(d Diagnostic) bool {
	fix := m.menders[d.Rule].fix
	return (fix == Safe || fix == Unsafe && m.Unsafe) && (m.Wanted == nil || m.Wanted(d))
}

func (m *mending) parse(p *patch) (*File, []Diagnostic) {
	text := p.bytes()
	m.left -= len(text) + 1
	f, found := m.Options.Parse(m.name, text)
	found, _ = Ignore(m.name, text, found)
	return f, found
}

// rounds mends, reads and mends again until nothing is left to do, and returns
// what is still found. Tabs are replaced in the given way; nil leaves them. If
// the text cannot be read in the end, the last one that could be is returned,
// or else the one before anything was done about its syntax.
func (m *mending) rounds(p *patch, tabs expansion) (*patch, []Diagnostic) {
	var last *patch
	saved := false // last is a text that could be read
	for stuck := false; ; {
		f, found := m.parse(p)
		broken := false
		if f == nil {
			_, failure := parseYAML(newSource(p.clean()))
			broken = failure != nil
		}
		if !broken || last == nil {
			last, saved = p.clone(), !broken
		}
		changes := m.changes(p, found, tabs)
		if len(changes) == 0 || stuck || m.left < 0 {
			if broken {
				_, found = m.parse(last)
				return last, found
			}
			return p, found
		}
		// How a file is saved comes first: it is no matter of syntax.
		if saving := slices.DeleteFunc(slices.Clone(changes), func(c change) bool { return c.rule != "YAML-005" && c.rule != "YAML-008" }); len(saving) > 0 {
			changes = saving
			if !saved {
				last = nil
			}
		}
		stuck = !p.apply(changes)
	}
}

// changes are those that can be made at once. Of the keys that change their
// name only one is: two may become one key.
func (m *mending) changes(p *patch, found []Diagnostic, tabs expansion) []change {
	text := newSource(p.clean())
	var changes []change
	renamed := false
	for _, d := range found {
		if !m.mends(d) {
			continue
		}
		switch how := m.menders[d.Rule]; {
		case d.Rule == "YAML-005":
			changes = append(changes, change{rule: d.Rule, line: 1, mark: true})
		case d.Rule == "YAML-008":
			changes = append(changes, lineEnds(p, d.Rule)...)
		case d.Rule == "YAML-003" && tabs != nil:
			if c, ok := tabs.change(text, d.Range.Start.Line); ok {
				changes = append(changes, c)
			}
		case how.mend == nil, how.renames && renamed:
		default:
			c, ok := how.change(text, d)
			if !ok || how.renames && !m.keepsKeys(p, found, c) {
				continue
			}
			renamed = renamed || how.renames
			changes = append(changes, c)
		}
	}
	return changes
}

// keepsKeys is true if a change does not make one key stand twice.
func (m *mending) keepsKeys(p *patch, found []Diagnostic, c change) bool {
	tried := p.clone()
	tried.apply([]change{c})
	_, after := m.parse(tried)
	count := func(found []Diagnostic) (n int) {
		for _, d := range found {
			if d.Rule == "YAML-011" {
				n++
			}
		}
		return n
	}
	return count(after) <= count(found)
}

// indent replaces tabs in indentations by spaces, in the first of the ways
// that make the text readable with the fewest errors. If several do, and the
// text's structure differs by them, the tabs stay.
func (m *mending) indent(p *patch) *patch {
	var best *patch
	var structure *yaml.Node
	fewest := maxFindings
	for _, way := range expansions() {
		tried, found := m.rounds(p.clone(), way)
		doc, failure := parseYAML(newSource(tried.clean()))
		if failure != nil || doc.root == nil || doc.more.IsKnown() || slices.ContainsFunc(found, func(d Diagnostic) bool { return d.Rule == "YAML-003" }) {
			continue
		}
		errors := 0
		for _, d := range found {
			if d.Severity == Error {
				errors++
			}
		}
		switch {
		case errors < fewest:
			best, structure, fewest = tried, doc.root, errors
		case errors == fewest && !sameTree(structure, doc.root):
			best = p
		}
	}
	if best == nil {
		return p
	}
	return best
}

// sameTree is true if two documents say the same; comments, layout and quotes aside.
func sameTree(a, b *yaml.Node) bool {
	return a.Kind == b.Kind && a.Value == b.Value && a.Tag == b.Tag && slices.EqualFunc(a.Content, b.Content, sameTree)
}
