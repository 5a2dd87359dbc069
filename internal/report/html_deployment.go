package report

import (
	"fmt"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

// deployment writes a deployment: what it is, its timeline, its targets, and
// the story of each failure.
func (p *page) deployment(d *deployment, at int, all []*deployment) {
	id := safe(fmt.Sprintf("d%d", at+1))
	p.put(`<section aria-labelledby="`, id, "\">\n<h2 id=\"", id, `">`, text(d.title()), " ", text(d.ID), ": ", sign(d.Status), "</h2>\n")
	if d.ErrorCode != "" || d.Message != "" {
		p.put("<p>", text(strings.TrimPrefix(d.ErrorCode+": "+d.Message, ": ")), "</p>\n")
	}
	p.facts(d.facts(all))
	rows, more := d.rows()
	p.timeline(d, rows, id)
	if len(rows) > 0 {
		p.targets(d, rows, more)
	}
	p.stories(d)
	p.put("</section>\n")
}

func (d *deployment) facts(all []*deployment) []fact {
	facts := []fact{
		{"application", text(d.Application)}, {"deployment group", text(d.Group)}, {"configuration", text(d.Config)},
		{"revision", text(d.Revision)}, {"description", text(d.Description)}, {"created", when(d.Created)}, {"ended", when(d.Ended)},
	}
	if !d.Created.IsZero() && d.Ended.After(d.Created) {
		facts = append(facts, fact{"took", text(Seconds(d.Ended.Sub(d.Created)))})
	}
	if o := d.Overview; o != nil {
		facts = append(facts, fact{"targets", text(overviewWords(o))})
	}
	if d.RollbackOf != "" {
		facts = append(facts, fact{"goes back from", reference(d.RollbackOf, all)})
	}
	for _, other := range all {
		if other.RollbackOf == d.ID && d.ID != "" {
			facts = append(facts, fact{"gone back by", reference(other.ID, all)})
		}
	}
	return facts
}

// reference leads to another deployment of the page.
func reference(id string, all []*deployment) safe {
	for i, d := range all {
		if d.ID == id {
			return safe(fmt.Sprintf(`<a href="#d%d">`, i+1)) + text(id) + "</a>"
		}
	}
	return text(id)
}

// targets writes the table of targets and lifecycle events.
func (p *page) targets(d *deployment, rows []row, more int) {
	columns := []safe{"target", "status"}
	for _, name := range d.names {
		columns = append(columns, text(name))
	}
	p.table("Lifecycle events of "+text(d.ID)+" by target", columns...)
	for _, r := range rows {
		p.put(`<tr><th scope="row">`, r.name(), "</th><td>", sign(r.status), "</td>")
		for _, name := range d.names {
			p.put("<td>")
			if c, ok := r.cell(name); ok {
				p.put(sign(c.Status), " ", text(c.took()))
			}
			p.put("</td>")
		}
		p.put("</tr>\n")
	}
	p.endTable()
	if more > 0 {
		p.put("<p>… and ", number(more), " more targets; the log and the JUnit report have them.</p>\n")
	}
}

// name is a row's label, behind which the targets of several are listed.
func (r row) name() safe {
	if len(r.ids) == 1 {
		return text(r.ids[0])
	}
	out := "<details><summary>" + text(r.label()) + "</summary>"
	for i, id := range r.ids {
		if i == idsShown {
			return out + " and " + number(len(r.ids)-idsShown) + " more</details>"
		}
		if i > 0 {
			out += ", "
		}
		out += text(id)
	}
	return out + "</details>"
}

// stories tells each failure. The first are open.
func (p *page) stories(d *deployment) {
	told, more := d.failed()
	if len(told) == 0 {
		return
	}
	p.put("<h3>What failed</h3>\n")
	for i, l := range told {
		open := safe("")
		if i < storiesOpen {
			open = " open"
		}
		p.put("<details", open, "><summary>", text(l.Name), " failed on ", text(l.Target))
		if l.others > 0 {
			p.put(" and on ", number(l.others), " more")
		}
		p.put("</summary>\n")
		p.story(l.Failure)
		p.put("</details>\n")
	}
	if more > 0 {
		p.put("<p>… and ", number(more), " more failures; the log and the JUnit report have them.</p>\n")
	}
}

// storiesOpen are told without a click.
const storiesOpen = 3

func (p *page) story(f *event.Failure) {
	p.facts([]fact{
		{"script", text(f.Script)}, {"error", text(strings.Trim(f.Code+": "+f.Message, ": "))},
		{"meaning", lines(f.Meaning)}, {"next", lines(f.Remedy)},
	})
	if f.LogTail != "" {
		log, cut := lastLines(f.LogTail)
		p.put("<p>The script's last words")
		if cut {
			p.put(", of which the beginning is left out")
		}
		p.put(":</p>\n<pre>", lines(log), "</pre>\n")
	}
}

// lastLines cuts a log to what a page shows of it; services send 4 KB at most.
func lastLines(log string) (string, bool) {
	const most = 16 << 10
	if len(log) <= most {
		return log, false
	}
	log = log[len(log)-most:]
	if _, rest, ok := strings.Cut(log, "\n"); ok {
		log = rest
	}
	return log, true
}

// overviewWords counts the targets in words; what there is none of is left out.
func overviewWords(o *event.Overview) string {
	var parts []string
	for _, c := range []struct {
		n    int64
		name string
	}{
		{o.Succeeded, "succeeded"}, {o.Failed, "failed"}, {o.Skipped, "skipped"}, {o.InProgress, "in progress"}, {o.Pending, "pending"}, {o.Ready, "ready"},
	} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.name))
		}
	}
	return strings.Join(parts, ", ")
}
