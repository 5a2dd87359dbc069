package appspec

import (
	"fmt"
	"slices"
	"strings"
)

// Severity tells a deployment that fails from one that may surprise.
type Severity string

const (
	// Error: the deployment fails, or the author's intention is certainly not carried out.
	Error Severity = "error"
	// Warning: it runs, but probably not as meant, or only with some agents.
	Warning Severity = "warning"
)

// Diagnostic is one finding in an AppSpec file or its revision.
//
// Its texts may quote the file as it is. String and Format neutralise what a
// terminal would obey; who prints the fields must do so too.
type Diagnostic struct {
	Rule     string   `json:"rule"` // such as EC2-002; stable
	Severity Severity `json:"severity"`
	File     string   `json:"file"`
	Range    Range    `json:"range"`             // zero if the finding has no place in the text
	Message  string   `json:"message"`           // what is wrong, one sentence
	Agent    string   `json:"agent,omitempty"`   // what the CodeDeploy agent says about it
	Help     string   `json:"help,omitempty"`    // what to do
	Snippet  string   `json:"snippet,omitempty"` // the text of the line that Range starts in

	// Refused is true if the agent refuses the file as soon as it reads it;
	// otherwise the agent is silent, or fails later. See [Refusal].
	Refused bool `json:"refused,omitempty"`

	// step is the order in which the agent would meet the finding.
	step int
}

// String gives file:line:column: severity: message [RULE], in one line.
func (d Diagnostic) String() string {
	var b strings.Builder
	b.WriteString(printable(d.File))
	if d.Range.Start.IsKnown() {
		fmt.Fprintf(&b, ":%s", d.Range.Start)
	}
	fmt.Fprintf(&b, ": %s: %s [%s]", d.Severity, printable(d.Message), d.Rule)
	return b.String()
}

// HasErrors is true if one of the diagnostics is an [Error].
func HasErrors(diagnostics []Diagnostic) bool {
	return slices.ContainsFunc(diagnostics, func(d Diagnostic) bool { return d.Severity == Error })
}

// Refusal returns the diagnostic that the agent itself would stop at when it
// reads the file: it shows only the first, in its own order (version, os,
// hooks, files, permissions, file_exists_behavior). It is false if the agent
// accepts the file.
func Refusal(diagnostics []Diagnostic) (Diagnostic, bool) {
	var first Diagnostic
	found := false
	for _, d := range diagnostics {
		if d.Refused && (!found || d.step < first.step) {
			first, found = d, true
		}
	}
	return first, found
}

// maxFindings bounds how many errors, and how many warnings, one call returns.
const maxFindings = 1000

// findings collects the diagnostics of one file.
type findings struct {
	file             string
	text             *source
	list             []Diagnostic
	seen             map[findingKey]bool
	errors, warnings int
	step             int
	ofService        bool // no agent reads the file, so none refuses it
}

type findingKey struct {
	rule, message string
	at            Pos
}

func (f *findings) add(d Diagnostic) {
	f.step++
	if f.ofService {
		d.Agent, d.Refused = "", false
	}
	key := findingKey{d.Rule, d.Message, d.Range.Start}
	if f.seen[key] {
		return
	}
	count := &f.warnings
	if d.Severity == Error {
		count = &f.errors
	}
	if *count++; *count > maxFindings {
		return
	}
	if f.seen == nil {
		f.seen = map[findingKey]bool{}
	}
	f.seen[key] = true
	d.File = f.file
	d.step = f.step
	if d.Range.Start.IsKnown() {
		d.Snippet = f.text.line(d.Range.Start.Line)
	}
	f.list = append(f.list, d)
}

// refused reports what the agent rejects while it reads the file.
func (f *findings) refused(rule string, at Range, message, agent, help string) {
	f.add(Diagnostic{Rule: rule, Severity: Error, Range: at, Message: message, Agent: agent, Help: help, Refused: true})
}

// fails reports an error that the agent meets later, with its words, or never
// notices ("").
func (f *findings) fails(rule string, at Range, message, agent, help string) {
	f.add(Diagnostic{Rule: rule, Severity: Error, Range: at, Message: message, Agent: agent, Help: help})
}

func (f *findings) warn(rule string, at Range, message, help string) {
	f.add(Diagnostic{Rule: rule, Severity: Warning, Range: at, Message: message, Help: help})
}

// withoutAgent takes the agent's words from what has been found, where the
// file turns out to be none of its own.
func (f *findings) withoutAgent() {
	for i := range f.list {
		f.list[i].Agent, f.list[i].Refused = "", false
	}
}

// sorted returns the findings in file order.
func (f *findings) sorted() []Diagnostic {
	if hidden := max(f.errors-maxFindings, 0) + max(f.warnings-maxFindings, 0); hidden > 0 {
		severity := Warning
		if f.errors > maxFindings {
			severity = Error
		}
		f.list = append(f.list, Diagnostic{Rule: "LIMIT-004", Severity: severity, File: f.file, step: f.step + 1,
			Message: fmt.Sprintf("%d more findings are not shown", hidden)})
	}
	slices.SortStableFunc(f.list, func(a, b Diagnostic) int {
		switch known := a.Range.Start.IsKnown(); {
		case known != b.Range.Start.IsKnown() && known:
			return -1
		case known != b.Range.Start.IsKnown():
			return 1
		}
		if c := a.Range.Start.compare(b.Range.Start); c != 0 {
			return c
		}
		return a.step - b.step
	})
	return f.list
}
