package report

import (
	"fmt"
	"strings"
	"time"
)

// mermaidLimit is how long a diagram may be that Mermaid still draws
// (its setting maxTextSize).
const mermaidLimit = 50_000

// mermaid writes rows as a Gantt chart (mermaid.js.org, Gantt diagrams): a
// section for each, a bar for each lifecycle event, in seconds from the first
// one's beginning. It is empty if no time is known.
func (d *deployment) mermaid(rows []row) string {
	from, to := d.span()
	if from.IsZero() {
		return ""
	}
	const end = "```\n\n"
	b := &strings.Builder{}
	fmt.Fprintf(b, "```mermaid\ngantt\n    title %s\n    dateFormat x\n    axisFormat %s\n    todayMarker off\n",
		diagramText(fmt.Sprintf("Lifecycle events of %s, from %s UTC", d.ID, from.UTC().Format(time.DateTime))), axis(to.Sub(from)))
	left := 0
	for _, r := range rows {
		var s strings.Builder
		fmt.Fprintf(&s, "    section %s\n", diagramText(r.label()))
		bars := 0
		for _, c := range r.cells {
			if c.Began.IsZero() {
				continue
			}
			sign, tag, until := "✓", "done, ", c.until
			switch c.Status {
			case "Succeeded":
			case "Failed":
				sign, tag = "✕", "crit, "
			default:
				sign, tag = "…", "active, "
				if c.Status == "InProgress" {
					until = to
				}
			}
			text := strings.TrimSpace(c.Name + " " + c.took())
			began := c.Began.Sub(from).Milliseconds()
			fmt.Fprintf(&s, "    %s %s :%s%d, %d\n", sign, diagramText(text), tag, began, max(until.Sub(from).Milliseconds(), began+1))
			bars++
		}
		if bars == 0 {
			continue
		}
		if b.Len()+s.Len()+len(end) > mermaidLimit {
			left++
			continue
		}
		b.WriteString(s.String())
	}
	b.WriteString(end)
	if left > 0 {
		fmt.Fprintf(b, "… and %d more in the table.\n\n", left)
	}
	return b.String()
}

// axis is the format of the times on the axis, which begins at zero.
func axis(long time.Duration) string {
	if long < time.Hour {
		return "%M:%S"
	}
	return "%H:%M:%S"
}

// diagramText writes foreign text so that Mermaid shows it as it is. What could
// be Mermaid's own syntax, or HTML's, is written by its number.
func diagramText(s string) string {
	var b strings.Builder
	for _, r := range Clean(s) {
		switch {
		case r == ' ', r == '-', r == '_', r == '.', r == '/', r >= '0' && r <= '9', r >= 'A' && r <= 'Z', r >= 'a' && r <= 'z', r > 0x9f:
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "#%d;", r)
		}
	}
	return strings.TrimSpace(b.String())
}
