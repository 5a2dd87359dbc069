package report

import (
	"fmt"
	"time"
)

// The timeline's measures, in units of its drawing.
const (
	chartWidth  = 960
	chartLeft   = 200 // where bars begin; labels stand before
	chartRight  = 940
	chartTop    = 30 // the axis is above
	chartRow    = 32
	chartBar    = 20
	chartLetter = 7 // width of a letter, about
)

// timeline draws a deployment's rows as SVG: a bar for each lifecycle event.
// What failed is hatched, has a thick edge and a sign, what did not end has a
// broken edge: colour alone says nothing. All is drawn by attributes, so that
// it can be read without the page's style, too.
func (p *page) timeline(d *deployment, rows []row, id safe) {
	from, to := d.span()
	if from.IsZero() || len(rows) == 0 {
		return
	}
	c := chart{from: from, long: max(to.Sub(from), time.Millisecond), id: id}
	height := chartTop + len(rows)*chartRow + 8
	p.put("<h3>Timeline</h3>\n", `<div class="wide" role="region" tabindex="0" aria-label="Timeline of `, text(d.ID), `">`, "\n")
	p.put(`<svg role="img" aria-labelledby="`, id, `t `, id, `s" width="`, number(chartWidth), `" height="`, number(height), `" viewBox="0 0 `, number(chartWidth), " ", number(height), `" font-family="sans-serif" font-size="12" fill="currentColor">`, "\n")
	p.put(`<title id="`, id, `t">Timeline of `, text(d.ID), `</title>`, "\n")
	p.put(`<desc id="`, id, `s">`, number(len(rows)), ` rows, from `, text(from.UTC().Format(time.DateTime)), ` UTC, `, text(Seconds(c.long)), ` long. The table below has the same times. Of targets that share a row, each bar begins with the first of them.</desc>`, "\n")
	p.put(`<defs><pattern id="`, id, `p" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="#b42318"/><rect width="2" height="6" fill="#7a1710"/></pattern></defs>`, "\n")
	p.axis(c, height)
	for i, r := range rows {
		y := chartTop + i*chartRow
		label := r.label()
		if cells(label) > 26 {
			label = fit(label, 25) + "…"
		}
		p.put(`<text x="0" y="`, number(y+chartRow/2+4), `">`, text(label), "<title>", text(r.label()), "</title></text>\n")
		for j, e := range r.cells {
			if e.Began.IsZero() {
				continue
			}
			until := e.until
			if len(r.ids) > 1 && j+1 < len(r.cells) && r.cells[j+1].Began.After(e.Began) && r.cells[j+1].Began.Before(until) {
				until = r.cells[j+1].Began // some are further: the bars of several stand side by side
			}
			p.bar(c, e, until, y+(chartRow-chartBar)/2)
		}
	}
	p.put("</svg>\n</div>\n")
}

// chart turns times into places.
type chart struct {
	from time.Time
	long time.Duration
	id   safe
}

func (c chart) x(t time.Duration) float64 {
	return chartLeft + (chartRight-chartLeft)*float64(t)/float64(c.long)
}

// axis draws a line for each round time.
func (p *page) axis(c chart, height int) {
	step := roundTime(c.long)
	for t := time.Duration(0); t <= c.long; t += step {
		x := at(c.x(t))
		p.put(`<line x1="`, x, `" y1="18" x2="`, x, `" y2="`, number(height-4), `" stroke="currentColor" stroke-opacity="0.25"/>`)
		p.put(`<text x="`, x, `" y="12" text-anchor="middle">`, text(tick(t)), "</text>\n")
	}
}

// roundTime is the least round time of which at most eight fit.
func roundTime(long time.Duration) time.Duration {
	for _, unit := range []time.Duration{time.Millisecond, 10 * time.Millisecond, 100 * time.Millisecond, time.Second} {
		for _, n := range []time.Duration{1, 2, 5} {
			if long/(n*unit) <= 8 {
				return n * unit
			}
		}
	}
	for _, seconds := range []time.Duration{10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200} {
		if long/(seconds*time.Second) <= 8 {
			return seconds * time.Second
		}
	}
	return (long/(8*time.Hour) + 1) * time.Hour
}

// tick writes a round time.
func tick(t time.Duration) string {
	if t < time.Second && t > 0 {
		return fmt.Sprintf("%dms", t.Milliseconds())
	}
	switch s := int(t.Seconds()); {
	case t%time.Second != 0:
		return fmt.Sprintf("%.1fs", t.Seconds())
	case s%3600 == 0 && s > 0:
		return fmt.Sprintf("%dh", s/3600)
	case s >= 3600:
		return fmt.Sprintf("%dh%02dm", s/3600, s/60%60)
	case s%60 == 0 && s > 0:
		return fmt.Sprintf("%dm", s/60)
	case s >= 60:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	default:
		return fmt.Sprintf("%ds", s)
	}
}

// bar draws a lifecycle event.
func (p *page) bar(c chart, e cellOf, ends time.Time, y int) {
	until := ends.Sub(c.from)
	look, sign := safe(`fill="#1a7f37"`), ""
	switch e.Status {
	case "Succeeded":
	case "Failed":
		look, sign = `fill="url(#`+c.id+`p)" stroke="currentColor" stroke-width="2"`, "✕ "
	default: // it did not end
		if e.Status == "InProgress" {
			until = c.long
		}
		look, sign = `fill="none" stroke="currentColor" stroke-dasharray="4 3"`, "… "
	}
	x := c.x(e.Began.Sub(c.from))
	width := max(c.x(until)-x-1, 3) // a gap of one between neighbours
	p.put(`<g><title>`, text(e.Name+": "+e.Status+" "+e.took()), `</title><rect x="`, at(x), `" y="`, number(y), `" width="`, at(width), `" height="`, number(chartBar), `" rx="2" `, look, "/>")
	name := sign + e.Name
	switch inside := float64(cells(name)*chartLetter + 8); {
	case width >= inside && e.Status == "InProgress":
		p.put(`<text x="`, at(x+4), `" y="`, number(y+14), `">`, text(name), "</text>")
	case width >= inside:
		p.put(`<text x="`, at(x+4), `" y="`, number(y+14), `" fill="#fff">`, text(name), "</text>")
	case sign != "": // what did not go well is named beside its bar
		if x+width+inside < chartWidth {
			p.put(`<text x="`, at(x+width+4), `" y="`, number(y+14), `">`, text(name), "</text>")
		} else {
			p.put(`<text x="`, at(x-4), `" y="`, number(y+14), `" text-anchor="end" stroke="canvas" stroke-width="4" paint-order="stroke">`, text(name), "</text>")
		}
	}
	p.put("</g>\n")
}

// at writes a place of the drawing.
func at(f float64) safe { return safe(fmt.Sprintf("%.1f", f)) }
