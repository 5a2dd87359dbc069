package report

import (
	_ "embed"
	"fmt"
	"html"
	"strings"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

// safe is HTML. A constant becomes one by itself; foreign text only through
// text, lines or link, as the compiler makes sure. (html/template would do the
// same, for 8.8 MB more of a program: it calls methods by name, which keeps the
// linker from leaving out those of the SDK that nobody uses.)
type safe string

// text is foreign text, for elements and for attributes in double quotes.
func text(s string) safe { return safe(html.EscapeString(Clean(s))) }

// lines is foreign text of several lines, for <pre>.
func lines(s string) safe {
	var b strings.Builder
	for _, line := range CleanLines(s) {
		b.WriteString(html.EscapeString(line) + "\n")
	}
	return safe(b.String())
}

// link leads to an address of the web; what is none stays text.
func link(address string) safe {
	if !strings.HasPrefix(address, "https://") && !strings.HasPrefix(address, "http://") {
		return text(address)
	}
	return `<a rel="noreferrer" href="` + text(address) + `">` + text(address) + `</a>`
}

func number(n int) safe { return safe(fmt.Sprint(n)) }

// page is a page as it grows.
type page struct{ strings.Builder }

func (p *page) put(parts ...safe) {
	for _, part := range parts {
		p.WriteString(string(part))
	}
}

//go:embed page.css
var pageStyle safe

// HTML writes a run as one page that needs nothing besides: no script, no
// image, no server. It can be read without its style, which Jenkins' content
// security policy takes from it, and has no clock of its own.
func HTML(f *Findings) ([]byte, error) {
	p := &page{}
	title, status := f.headline()
	p.put(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="codedeploy-steps `, text(f.Version), `">
<title>`, text(title), `: `, text(status), `</title>
<style>
`, pageStyle, `</style>
</head>
<body>
<header>
<h1>`, text(title), `: `, sign(status), `</h1>
`)
	p.failure(f.Failure)
	p.facts(f.about())
	p.put("</header>\n<main>\n")
	for i, d := range f.History.deployments {
		p.deployment(d, i, f.History.deployments)
	}
	p.stages(f.History.stages)
	p.findings(f.Found)
	p.warnings(f.History.warnings)
	p.outputs(f.History.outputs)
	p.put("</main>\n<footer><p>Written by codedeploy-steps ", text(f.Version), ".</p></footer>\n</body>\n</html>\n")
	return []byte(p.String()), nil
}

// headline says what the page is about, and what became of it.
func (f *Findings) headline() (title, status string) {
	title, status = "CodeDeploy", "Succeeded"
	if all := f.History.deployments; len(all) > 0 {
		title, status = all[0].title(), all[0].Status
		if all[0].Application != "" {
			title = fmt.Sprintf("%s of %s to %s", title, all[0].Application, all[0].Group)
		}
	}
	if f.Failure != nil && status == "Succeeded" {
		status = "Failed"
	}
	return title, status
}

// fact is a row of a list of facts; without a value it is left out.
type fact struct {
	name  string
	value safe
}

func (f *Findings) about() []fact {
	b := f.Build
	return []fact{
		{"repository", text(b.Repository)}, {"branch or tag", text(b.Ref)}, {"commit", text(b.Commit)},
		{"started by", text(b.Actor)}, {"run", link(b.URL)},
	}
}

func (p *page) facts(facts []fact) {
	var rows safe
	for _, f := range facts {
		if f.value != "" {
			rows += "<div><dt>" + text(f.name) + "</dt><dd>" + f.value + "</dd></div>\n"
		}
	}
	if rows != "" {
		p.put("<dl>\n", rows, "</dl>\n")
	}
}

func (p *page) failure(f *Failure) {
	if f == nil {
		return
	}
	p.put(`<div class="failure"><p><strong>`, text(f.Text), "</strong></p>\n")
	for _, line := range CleanLines(f.Remedy) {
		p.put("<p>", text(line), "</p>\n")
	}
	p.put("</div>\n")
}

// sign is a status with its sign, so that it needs no colour.
func sign(status string) safe {
	mark, class := signOf(status)
	if mark == "" {
		return text(status)
	}
	return `<span class="` + class + `"><span aria-hidden="true">` + mark + `</span> ` + text(status) + `</span>`
}

func signOf(status string) (mark, class safe) {
	switch status {
	case "Succeeded", event.StageDone:
		return "✓", "good"
	case "Failed", event.StageFailed, "error":
		return "✕", "bad"
	case "Stopped":
		return "■", "bad"
	case "Skipped", event.StageSkipped:
		return "–", "none"
	case "InProgress", "Pending", "Created", "Queued", "Ready", "Baking":
		return "…", "none"
	case "warning":
		return "!", "none"
	}
	return "", ""
}

func when(t time.Time) safe {
	if t.IsZero() {
		return ""
	}
	t = t.UTC()
	return `<time datetime="` + safe(t.Format(time.RFC3339)) + `">` + safe(t.Format(time.DateTime)) + ` UTC</time>`
}
