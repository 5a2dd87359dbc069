package appspec

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// patch is a text in which parts of lines have been replaced. No line is added
// or taken away, so a place of the text as it was is found by its line alone.
type patch struct {
	marked     bool           // there was a byte order mark
	unmarked   string         // the rule that took it away, or ""
	was, lines []string       // with their ends
	edits      map[int][]edit // by line, from left to right
}

// edit is what was replaced in a line, given as the line was.
type edit struct {
	rule     string
	from, to int // offsets
	new      string
}

// change is what is to be replaced in a line, given as it is now.
type change struct {
	rule     string
	line     int // from 1
	from, to int
	new      string
	mark     bool // take away the byte order mark, instead
}

func newPatch(text []byte) *patch {
	clean, marked := bytes.CutPrefix(text, []byte(byteOrderMark))
	p := &patch{marked: marked, edits: map[int][]edit{}}
	s := newSource(string(clean))
	for i, start := range s.lines {
		end := len(s.text)
		if i+1 < len(s.lines) {
			end = s.lines[i+1]
		}
		p.was = append(p.was, s.text[start:end])
	}
	p.lines = slices.Clone(p.was)
	return p
}

func (p *patch) clone() *patch {
	c := *p
	c.lines = slices.Clone(p.lines)
	c.edits = map[int][]edit{}
	for line, edits := range p.edits {
		c.edits[line] = slices.Clone(edits)
	}
	return &c
}

// clean is the text without a byte order mark, as positions count it.
func (p *patch) clean() string { return strings.Join(p.lines, "") }

func (p *patch) bytes() []byte {
	if p.marked && p.unmarked == "" {
		return []byte(byteOrderMark + p.clean())
	}
	return []byte(p.clean())
}

// apply makes changes, of two that overlap only the first in its line, and
// tells if it made any.
func (p *patch) apply(changes []change) (done bool) {
	slices.SortStableFunc(changes, func(a, b change) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.from, b.from))
	})
	line, end := 0, 0
	kept := changes[:0]
	for _, c := range changes {
		if c.line == line && c.from < end {
			continue
		}
		line, end = c.line, c.to
		kept = append(kept, c)
	}
	for _, c := range slices.Backward(kept) { // so that the offsets of those before stay right
		if c.mark {
			p.unmarked, done = c.rule, true
			continue
		}
		now := p.lines[c.line-1]
		if now[:c.from]+c.new+now[c.to:] == "\n" && c.line > 1 && strings.HasSuffix(p.lines[c.line-2], "\r") {
			continue // two line ends would become one
		}
		p.replace(c)
		done = true
	}
	return done
}

// replace makes one change, and joins it with the edits that it reaches into.
func (p *patch) replace(c change) {
	now, edits := p.lines[c.line-1], p.edits[c.line]
	moved, first := 0, 0 // how far earlier edits have moved the place of the change
	for ; first < len(edits) && edits[first].from+moved+len(edits[first].new) <= c.from; first++ {
		moved += edits[first].growth()
	}
	from, to, last := c.from, c.to, first
	joined := edit{rule: c.rule, from: c.from - moved}
	for ; last < len(edits) && edits[last].from+moved < c.to; last++ {
		start := edits[last].from + moved
		if start < from {
			from, joined.from = start, edits[last].from
		}
		to = max(to, start+len(edits[last].new))
		moved += edits[last].growth()
	}
	joined.to = to - moved
	joined.new = now[from:c.from] + c.new + now[c.to:to]
	p.edits[c.line] = slices.Replace(edits, first, last, joined)
	p.lines[c.line-1] = now[:c.from] + c.new + now[c.to:]
}

func (e edit) growth() int { return len(e.new) - (e.to - e.from) }

// list gives all edits in the order of the text.
func (p *patch) list() []Edit {
	var list []Edit
	if p.unmarked != "" {
		list = append(list, Edit{Rule: p.unmarked, Range: span(1, 1, 0), Old: byteOrderMark})
	}
	for _, line := range slices.Sorted(maps.Keys(p.edits)) {
		was := p.was[line-1]
		for _, e := range p.edits[line] {
			if old := was[e.from:e.to]; old != e.new {
				list = append(list, Edit{Rule: e.rule, Old: old, New: e.new,
					Range: span(line, utf8.RuneCountInString(was[:e.from])+1, utf8.RuneCountInString(old))})
			}
		}
	}
	return list
}
