package appspec

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// Ignored is a finding that the file itself asks not to report, and why.
type Ignored struct {
	Diagnostic
	Reason string
}

// Ignore splits what was found in an AppSpec file by what comments in its text
// ask to ignore:
//
//	version: 0 # codedeploy-steps: ignore EC2-004 an old template writes it so
//
// Such a comment holds for findings on its line. One that has its line to itself
// holds for the next line too, and in the head of the file, before anything but
// comments, also for findings without a place. It names one rule or more, with
// commas between, and then the reason, without which it does not count.
//
// What is wrong with such a comment is among what is kept, as a warning: it has
// no reason (LINT-001), its rule does not exist (LINT-002), or there is nothing
// to ignore (LINT-003). The last is said only of a file without errors, as the
// others were not looked at to their end, and not of rules that need to know
// where a revision goes, or what a bundle of it would hold.
func Ignore(name string, text []byte, found []Diagnostic) (kept []Diagnostic, ignored []Ignored) {
	if len(text) > maxText || !bytes.Contains(text, []byte(directive)) {
		return found, nil
	}
	lint := &findings{file: name, text: newSource(strings.ToValidUTF8(strings.TrimPrefix(string(text), byteOrderMark), "\ufffd"))}
	wishes := lint.wishes()
	for _, d := range found {
		if w := wanted(wishes, d); w != nil && d.File == name {
			w.used = true
			ignored = append(ignored, Ignored{d, w.reason})
			continue
		}
		kept = append(kept, d)
	}
	if !HasErrors(kept) {
		for _, w := range wishes {
			if !w.used && !w.rule.Listed && reflect.ValueOf(w.rule.With).IsZero() {
				lint.warn("LINT-003", w.at, "there is no "+w.rule.ID+" to ignore here", "Remove it, or move it to the line of the finding or the one before.")
			}
		}
	}
	return inOrder(append(kept, lint.list...)), ignored
}

// wish is one rule that one comment asks to ignore.
type wish struct {
	rule     Rule
	at       Range
	from, to int // lines
	head     bool
	reason   string
	used     bool
}

func wanted(wishes []*wish, d Diagnostic) *wish {
	for _, w := range wishes {
		line := d.Range.Start.Line
		if w.rule.ID == d.Rule && (line >= w.from && line <= w.to || line == 0 && w.head) {
			return w
		}
	}
	return nil
}

const directive = "codedeploy-steps:"

var (
	ignoreComment = lazily(`(?:^|[ \t])(#[ \t]*` + directive + `[ \t]*ignore(?:[ \t]+|$))(.*)$`)
	ignoreRules   = lazily(`^[^\s,]+(?:[ \t]*,[ \t]*[^\s,]+)*`)
	ignoreRule    = lazily(`[^\s,]+`)
)

// wishes reads the comments that ask to ignore something, and reports what is
// wrong with them.
func (f *findings) wishes() []*wish {
	var all []*wish
	head := true
	for number := 1; number <= len(f.text.lines); number++ {
		line := f.text.line(number)
		alone := isComment(line)
		head = head && (alone || strings.TrimSpace(line) == "" || strings.HasPrefix(line, "---") || line[0] == '%')
		m := ignoreComment().FindStringSubmatchIndex(line)
		if m == nil {
			continue
		}
		ids := ignoreRules().FindString(line[m[4]:])
		reason := strings.TrimSpace(line[m[4]+len(ids):])
		column := func(offset int) int { return utf8.RuneCountInString(line[:offset]) + 1 }
		if ids == "" || strings.Trim(reason, " \t-:") == "" {
			whole := strings.TrimRight(line[m[2]:], " \t")
			f.warn("LINT-001", span(number, column(m[2]), utf8.RuneCountInString(whole)), "the comment gives no reason, so it ignores nothing",
				"Write: # codedeploy-steps: ignore RULE reason")
			continue
		}
		to := number
		if alone {
			for to++; isComment(f.text.line(to)); to++ {
			}
		}
		for _, at := range ignoreRule().FindAllStringIndex(ids, -1) {
			id := ids[at[0]:at[1]]
			place := span(number, column(m[4]+at[0]), utf8.RuneCountInString(id))
			rule, ok := LookUp(id)
			if !ok {
				f.warn("LINT-002", place, "there is no rule "+show(id), ruleMeant(id))
				continue
			}
			all = append(all, &wish{rule: rule, at: place, from: number, to: to, head: head && alone, reason: reason})
		}
	}
	return all
}

func isComment(line string) bool { return strings.HasPrefix(strings.TrimLeft(line, " \t"), "#") }

// ruleMeant suggests a rule.
func ruleMeant(id string) string {
	if near, ok := nearest(id, RuleIDs(), 2); ok {
		return fmt.Sprintf("Did you mean %s?", near)
	}
	return "Write the id as it is reported, such as EC2-002."
}

// RuleIDs returns the ids of all rules.
func RuleIDs() []string {
	var ids []string
	for _, r := range Rules() {
		ids = append(ids, r.ID)
	}
	return ids
}

// inOrder sorts diagnostics of one file by their places; those without one are last.
func inOrder(list []Diagnostic) []Diagnostic {
	slices.SortStableFunc(list, func(a, b Diagnostic) int {
		known := func(d Diagnostic) int {
			if d.Range.Start.IsKnown() {
				return 0
			}
			return 1
		}
		if c := known(a) - known(b); c != 0 {
			return c
		}
		return a.Range.Start.compare(b.Range.Start)
	})
	return list
}
