package report

import (
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

// The parts of JUnit's XML that Jenkins, GitLab and others agree on: Jenkins'
// schema junit-10.xsd.
type (
	junitSuites struct {
		XMLName  xml.Name      `xml:"testsuites"`
		Name     string        `xml:"name,attr"`
		Tests    int           `xml:"tests,attr"`
		Failures int           `xml:"failures,attr"`
		Errors   int           `xml:"errors,attr"`
		Suites   []*junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Skipped  int          `xml:"skipped,attr"`
		File     string       `xml:"file,attr,omitempty"`
		Time     string       `xml:"time,attr,omitempty"`      // seconds
		Began    string       `xml:"timestamp,attr,omitempty"` // ISO 8601, UTC without a zone
		Cases    []*junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Time    string        `xml:"time,attr,omitempty"` // seconds
		Failure *junitProblem `xml:"failure"`
		Error   *junitProblem `xml:"error"`
		Skipped *junitProblem `xml:"skipped"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitProblem struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes findings and deployments as tests. Of the findings it makes a
// suite for each file, in it a test for each rule that has findings, or one
// that passed. A rule whose findings do not fail the step passes, with its
// findings as output; one of which all findings are ignored is skipped.
func JUnit(f *Findings) ([]byte, error) {
	doc := junitSuites{Name: "codedeploy-steps"}
	for _, file := range f.byFile() {
		suite := &junitSuite{Name: Clean(file.name), File: Clean(file.name)}
		for _, found := range byRule(file.found) {
			suite.add(junitRule(file.name, found, f.failFrom(file.name)))
		}
		if len(suite.Cases) == 0 {
			suite.add(&junitCase{Name: "AppSpec", Class: suite.Name})
		}
		doc.add(suite)
	}
	for _, d := range f.History.deployments {
		for _, suite := range d.junit() {
			doc.add(suite)
		}
	}
	if b := f.broken(); b != nil {
		suite := &junitSuite{Name: doc.Name}
		suite.add(&junitCase{Name: "run", Class: doc.Name, Error: &junitProblem{Message: Clean(b.Text), Text: b.full()}})
		doc.add(suite)
	}
	return asXML(doc)
}

func (s *junitSuites) add(suite *junitSuite) {
	s.Suites = append(s.Suites, suite)
	s.Tests += suite.Tests
	s.Failures += suite.Failures
	s.Errors += suite.Errors
}

func (s *junitSuite) add(c *junitCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
}

// junitRule is the test of a rule in a file.
func junitRule(file string, found []event.Diagnostic, failFrom string) *junitCase {
	c := &junitCase{Name: Clean(found[0].Rule), Class: Clean(file)}
	var told, failing, reasons []string
	var first event.Diagnostic
	for _, d := range found {
		if d.Ignored != nil {
			reasons = append(reasons, strings.TrimSuffix("ignored by "+d.Ignored.By+": "+Clean(d.Ignored.Reason), ": "))
			continue
		}
		told = append(told, fmt.Sprintf("%s: %s: %s", place(d), d.Severity, full(d)))
		if d.Severity == "error" || failFrom == "warning" {
			if len(failing) == 0 {
				first = d
			}
			failing = append(failing, told[len(told)-1])
		}
	}
	switch {
	case len(failing) > 0:
		c.Failure = &junitProblem{Message: Clean(first.Message), Type: first.Severity, Text: strings.Join(failing, "\n")}
	case len(told) > 0:
		c.Out = strings.Join(told, "\n")
	default:
		c.Skipped = &junitProblem{Message: strings.Join(reasons, "; ")}
	}
	return c
}

// byRule groups the findings of a file, in the order in which rules first occur.
func byRule(found []event.Diagnostic) [][]event.Diagnostic {
	var groups [][]event.Diagnostic
	index := map[string]int{}
	for _, d := range found {
		i, ok := index[d.Rule]
		if !ok {
			i = len(groups)
			index[d.Rule] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], d)
	}
	return groups
}

func (f *Findings) failFrom(file string) string {
	for _, c := range f.Checked {
		if c.File == file {
			return c.FailFrom
		}
	}
	return "error"
}

// full is the failure's text with what to do.
func (f *Failure) full() string {
	return strings.Join(append(CleanLines(f.Text), CleanLines(f.Remedy)...), "\n")
}
