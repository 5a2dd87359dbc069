package report

import "github.com/codedeploy-steps/codedeploy-steps/internal/event"

// stages writes the moves of the run.
func (p *page) stages(stages []event.Stage) {
	if len(stages) == 0 {
		return
	}
	p.put("<section aria-labelledby=\"steps\">\n<h2 id=\"steps\">Steps</h2>\n")
	p.table("Steps of the run", "step", "result", "what was done", "took")
	for _, s := range stages {
		p.put(`<tr><th scope="row">`, text(s.Step), "</th><td>", sign(s.Status), "</td><td>", text(s.Summary), "</td><td>", text(took(s.Took, s.Took)), "</td></tr>\n")
	}
	p.endTable()
	p.put("</section>\n")
}

// table begins a table that may be wider than the page.
func (p *page) table(caption safe, columns ...safe) {
	p.put(`<div class="wide" role="region" tabindex="0" aria-label="`, caption, "\">\n<table>\n<caption>", caption, "</caption>\n<thead><tr>")
	for _, c := range columns {
		p.put(`<th scope="col">`, c, "</th>")
	}
	p.put("</tr></thead>\n<tbody>\n")
}

func (p *page) endTable() { p.put("</tbody>\n</table>\n</div>\n") }

// findings writes what was found in the AppSpec.
func (p *page) findings(found []event.Diagnostic) {
	shown := 0
	for _, d := range found {
		if d.Ignored != nil {
			continue
		}
		if shown == 0 {
			p.put("<section aria-labelledby=\"findings\">\n<h2 id=\"findings\">Findings</h2>\n")
			p.table("Findings in the revision", "place", "severity", "finding", "rule")
		}
		if shown++; shown > findingsShown {
			continue
		}
		p.put(`<tr><th scope="row">`, text(place(d)), "</th><td>", sign(d.Severity), "</td><td>", text(d.Message))
		if d.Help != "" {
			p.put("<br>", text(d.Help))
		}
		p.put("</td><td>", text(d.Rule), "</td></tr>\n")
	}
	if shown == 0 {
		return
	}
	p.endTable()
	if shown > findingsShown {
		p.put("<p>… and ", number(shown-findingsShown), " more; the log has them.</p>\n")
	}
	p.put("</section>\n")
}

// warnings writes what the run warned of.
func (p *page) warnings(warnings []string) {
	if len(warnings) == 0 {
		return
	}
	p.put("<section aria-labelledby=\"warnings\">\n<h2 id=\"warnings\">Warnings</h2>\n<ul>\n")
	for i, w := range warnings {
		if i == findingsShown {
			p.put("<li>… and ", number(len(warnings)-findingsShown), " more; the log has them.</li>\n")
			break
		}
		p.put("<li>", text(w), "</li>\n")
	}
	p.put("</ul>\n</section>\n")
}

// outputs writes what the run left behind: revision, digest, ids.
func (p *page) outputs(outputs []event.Output) {
	if len(outputs) == 0 {
		return
	}
	p.put("<section aria-labelledby=\"outputs\">\n<h2 id=\"outputs\">What changed</h2>\n")
	p.table("Outputs of the run", "output", "value")
	for _, o := range outputs {
		p.put(`<tr><th scope="row">`, text(o.Name), "</th><td>", text(o.Value), "</td></tr>\n")
	}
	p.endTable()
	p.put("</section>\n")
}
