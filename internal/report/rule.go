package report

import (
	"fmt"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

// rule explains a rule, or names it in one line.
func (t *Text) rule(r event.Rule) {
	if r.Why == "" {
		colour := t.style.red
		if r.Severity == "warning" {
			colour = t.style.yellow
		}
		t.print(fmt.Sprintf("%-9s %s%-7s%s  %s", Clean(r.ID), colour, Clean(r.Severity), t.style.off, Clean(r.Title)))
		return
	}
	t.print(fmt.Sprintf("%s%s: %s%s (%s)", t.style.bold, noHeader(Clean(r.ID)), Clean(r.Title), t.style.off, Clean(r.Severity)))
	t.print("")
	for _, line := range folded(Clean(r.Why), 90) {
		t.print("  " + Clean(line)) // folding makes new beginnings of lines
	}
	t.print("")
	for _, row := range [][2]string{{"agent", r.Agent}, {"remedy", r.Remedy}, {"guide", r.Chapter}} {
		if row[1] != "" {
			t.print(fmt.Sprintf("  %-8s%s", row[0], Clean(row[1])))
		}
	}
	t.example("Fails:", r.Fails)
	t.example("Passes:", r.Passes)
}

// example shows the files of an example; a mark stands below the place that is meant.
func (t *Text) example(title string, files []event.ExampleFile) {
	t.print("")
	t.print(title)
	for _, f := range files {
		if len(files) > 1 {
			t.print("  " + Clean(f.Name))
		}
		lines := strings.Split(strings.TrimSuffix(f.Text, "\n"), "\n")
		if f.Text == "" {
			continue
		}
		for i, line := range lines {
			marked := i+1 == f.Line
			if i >= exampleLines && !marked {
				if i == exampleLines || i == f.Line {
					t.print("   … |")
				}
				continue
			}
			number := fmt.Sprintf("%4d | ", i+1)
			d := event.Diagnostic{Line: f.Line, Column: f.Column, EndLine: f.EndLine, EndColumn: f.EndColumn, Snippet: line}
			t.print(t.style.dim + number + t.style.off + fit(Clean(line), exampleColumns))
			if marked {
				t.print(strings.Repeat(" ", len(number)) + fit(caret(d), exampleColumns))
			}
		}
	}
}

// Examples of limits are long: what is shown of one.
const (
	exampleLines   = 25
	exampleColumns = 250
)

// shortened leaves out what is too long to read.
func shortened(lines []string) []string {
	if more := len(lines) - exampleLines; more > 0 {
		lines = append(lines[:exampleLines:exampleLines], fmt.Sprintf("# … %d lines more", more))
	}
	for i := range lines {
		lines[i] = fit(lines[i], exampleColumns)
	}
	return lines
}

// folded breaks a text between words.
func folded(text string, columns int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case cells(line)+1+cells(word) > columns:
			lines = append(lines, line)
			line = word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}
