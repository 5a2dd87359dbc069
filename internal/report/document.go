package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"strings"
	"sync"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

// Format writes the findings of a run as one document. The same findings give
// the same bytes: there is no time and no machine in them.
type Format func(f *Findings) ([]byte, error)

// Formats are the documents that findings can be written as, by name.
func Formats() map[string]Format {
	return map[string]Format{"sarif": SARIF, "codequality": CodeQuality, "junit": JUnit, "checkstyle": Checkstyle}
}

// DeploymentFormats are the documents that a deployment can be written as, by name.
func DeploymentFormats() map[string]Format {
	return map[string]Format{"html": HTML, "junit": JUnit, "markdown": Markdown}
}

// AllFormats are both.
func AllFormats() map[string]Format {
	all := Formats()
	maps.Copy(all, DeploymentFormats())
	return all
}

// Findings is what a run found, and what it had to say.
type Findings struct {
	Version string // of this program
	Build   Build
	History History
	Checked []event.Checked // the files that were looked at to their end
	Found   []event.Diagnostic
	Policy  event.Policy
	Failure *Failure // that the run ended with
}

// broken is the error of a run that could not do its work; to find faults, or
// to see a deployment fail, is part of the work, and told by them.
func (f *Findings) broken() *Failure {
	if f.Failure == nil || f.Failure.Code <= 1 && f.Failure.Shown && (len(f.Found) > 0 || len(f.History.deployments) > 0) {
		return nil
	}
	return f.Failure
}

// Document keeps what is found until the end, and writes it then.
type Document struct {
	mu       sync.Mutex
	format   Format
	write    func(document []byte) error
	findings Findings
}

// NewDocument makes a reporter that writes one document.
func NewDocument(format Format, version string, write func(document []byte) error) *Document {
	return &Document{format: format, write: write, findings: Findings{Version: version}}
}

// Of says which run the document tells of.
func (d *Document) Of(b Build) *Document {
	d.findings.Build = b
	return d
}

// Emit keeps what is found.
func (d *Document) Emit(e event.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.findings.History.Add(e)
	switch e := e.(type) {
	case event.Diagnostic:
		d.findings.Found = append(d.findings.Found, e)
	case event.Checked:
		d.findings.Checked = append(d.findings.Checked, e)
	case event.Policy:
		d.findings.Policy = e
	}
}

// Fail keeps the error that the run ends with.
func (d *Document) Fail(_ string, f Failure) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.findings.Failure = &f
}

// Close writes the document.
func (d *Document) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	text, err := d.format(&d.findings)
	if err == nil {
		err = d.write(text)
	}
	return err
}

// Policy writes the policy that was asked for, and nothing if there is none.
func Policy(f *Findings) ([]byte, error) { return []byte(harmless(string(f.Policy.Document))), nil }

// indented writes JSON for people and programs.
func indented(v any) ([]byte, error) {
	b, err := encode(v, "  ")
	return []byte(harmless(string(b))), err
}

// full is a finding's message with what to do, over several lines.
func full(d event.Diagnostic) string {
	return strings.Join(append([]string{Clean(d.Message)}, CleanLines(d.Help)...), "\n")
}

// place writes where a finding is: file:line:column, as far as it is known.
func place(d event.Diagnostic) string {
	place := d.File
	if d.Line > 0 {
		place += fmt.Sprintf(":%d", d.Line)
		if d.Column > 0 {
			place += fmt.Sprintf(":%d", d.Column)
		}
	}
	return Clean(place) // as a whole: a file may be called ":"
}

// fingerprints tells findings apart from run to run. They are made of the rule,
// the file and the text of the line, so lines added above change none; the
// second finding of a kind is told from the first by its number.
type fingerprints map[string]int

func (p fingerprints) of(d event.Diagnostic) string {
	key := d.Rule + "\x00" + d.File + "\x00" + strings.TrimSpace(d.Snippet)
	p[key]++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", key, p[key]))
	return hex.EncodeToString(sum[:16])
}
