package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

// revision shows a registered revision: its location, and below what is known of
// it. The location is there to be typed again, and a shell takes ? and & for its own.
func (t *Text) revision(r event.Revision) {
	line := indent + shellWord(Clean(r.Location))
	if r.State != "" {
		line += "  " + Clean(r.State)
	}
	t.print(line)
	var facts []string
	if r.Registered != nil {
		facts = append(facts, "registered "+r.Registered.UTC().Format(time.DateTime)+" UTC")
	}
	if r.LastUsed != nil {
		facts = append(facts, "last used "+r.LastUsed.UTC().Format(time.DateTime)+" UTC")
	} else {
		facts = append(facts, "never used")
	}
	if r.Size > 0 {
		facts = append(facts, Bytes(r.Size))
	}
	if len(r.Groups) > 0 {
		facts = append(facts, "runs in "+Clean(strings.Join(r.Groups, ", ")))
	}
	t.print(indent + "  " + t.style.dim + strings.Join(facts, "; ") + t.style.off)
	if r.Description != "" {
		t.print(indent + "  " + t.style.dim + Clean(r.Description) + t.style.off)
	}
	t.uses(r.Deployments)
}

// shellWord is a text as one word of a command line, in quotes where it needs them.
func shellWord(text string) string {
	if !strings.ContainsAny(text, "?*[]{}()&;|<>$`\"'\\!#~ \t") {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

func (t *Text) uses(uses []event.RevisionUse) {
	for n, u := range uses {
		if n == usesShown && !t.verbose {
			t.print(fmt.Sprintf("%s  and %d more deployments; --verbose lists them", indent, len(uses)-usesShown))
			return
		}
		line := fmt.Sprintf("%s  %s in %s: %s", indent, Clean(u.ID), Clean(u.Group), Clean(u.Status))
		if u.Created != nil {
			line += ", " + u.Created.UTC().Format(time.DateTime) + " UTC"
		}
		t.print(line)
	}
}

// usesShown bounds the deployments that a list of them shows.
const usesShown = 20

// marks of the ways in which an entry differs.
var marks = map[string]string{"added": "+", "removed": "-", "content": "~", "mode": "m", "link": "l", "kind": "k"}

func (t *Text) entry(e event.Entry) {
	line := indent
	if e.Change != "" {
		line += marks[e.Change] + " "
	}
	line += fmt.Sprintf("%s %10s  %s", Clean(e.Mode), Bytes(e.Size), Clean(e.Path))
	if e.Link != "" {
		line += " -> " + Clean(e.Link)
	}
	t.print(line)
}
