package report

import (
	"fmt"
	"slices"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

// A page has a bounded size, however many targets there are. Up to rowsAlone
// targets have a row each; of more, those that fared alike share one, and of
// the rows the first rowsShown are shown.
const (
	rowsAlone = 25
	rowsShown = 50
	idsShown  = 50 // of the targets of a row
)

// row is a target, or several that fared alike.
type row struct {
	ids    []string
	status string
	cells  []cellOf
}

// cellOf is a lifecycle event of a row.
type cellOf struct {
	event.Lifecycle               // of its first target
	most            time.Duration // what it took at most; Took is the least
	until           time.Time     // when the last of them ended
}

// label names a row.
func (r row) label() string {
	if len(r.ids) == 1 {
		return r.ids[0]
	}
	return fmt.Sprintf("%d targets", len(r.ids))
}

// took writes how long an event took, "" if that is next to nothing.
func (c cellOf) took() string { return took(c.Took, event.Duration(c.most)) }

func took(least, most event.Duration) string {
	from, to := Seconds(time.Duration(least)), Seconds(time.Duration(most))
	switch {
	case time.Duration(most) < 50*time.Millisecond:
		return ""
	case from == to:
		return to
	}
	return from + "–" + to
}

// cell gives the row's lifecycle event of a name.
func (r row) cell(name string) (cellOf, bool) {
	i := slices.IndexFunc(r.cells, func(c cellOf) bool { return c.Name == name })
	if i < 0 {
		return cellOf{}, false
	}
	return r.cells[i], true
}

// rows gives what is shown of a deployment's targets, and how many are not.
// Where targets share rows, those that failed come first.
func (d *deployment) rows() (rows []row, more int) {
	index := map[string]int{}
	for i, t := range d.targets {
		key := fmt.Sprint(i)
		if len(d.targets) > rowsAlone {
			key = t.fate()
		}
		at, ok := index[key]
		if !ok {
			at = len(rows)
			index[key] = at
			rows = append(rows, row{status: t.became()})
		}
		rows[at].take(t)
	}
	if len(d.targets) > rowsAlone {
		slices.SortStableFunc(rows, func(a, b row) int { return urgency(a.status) - urgency(b.status) })
	}
	for len(rows) > rowsShown {
		more += len(rows[len(rows)-1].ids)
		rows = rows[:len(rows)-1]
	}
	return rows, more
}

func (r *row) take(t *target) {
	r.ids = append(r.ids, t.id)
	for i, e := range t.events {
		took := time.Duration(e.Took)
		if len(r.ids) == 1 {
			r.cells = append(r.cells, cellOf{e, took, e.Began.Add(took)})
			continue
		}
		c := &r.cells[i]
		c.Took, c.most = min(c.Took, e.Took), max(c.most, took)
		if e.Began.IsZero() {
			continue
		}
		if e.Began.Before(c.Began) || c.Began.IsZero() {
			c.Began = e.Began
		}
		if end := e.Began.Add(took); end.After(c.until) {
			c.until = end
		}
	}
}

// fate is the same for targets that fared alike.
func (t *target) fate() string {
	key := fmt.Sprintf("%q", t.status)
	for _, e := range t.events {
		key += fmt.Sprintf("%q%q", e.Name, e.Status)
		if f := e.Failure; f != nil {
			key += fmt.Sprintf("%q%q%q", f.Code, f.Script, f.Message)
		}
	}
	return key
}

// became is the target's status: what was said of it, or what its events make of it.
func (t *target) became() string {
	if t.status != "" {
		return t.status
	}
	for _, e := range t.events {
		if e.Status == "Failed" {
			return e.Status
		}
	}
	if n := len(t.events); n > 0 {
		return t.events[n-1].Status
	}
	return "Unknown"
}

func urgency(status string) int {
	switch status {
	case "Failed":
		return 0
	case "Succeeded":
		return 3
	case "Skipped":
		return 2
	}
	return 1
}

// failures of a deployment: those with the same words are told once.
type failures struct {
	event.Lifecycle
	others int // targets besides, with the same failure
}

// storiesShown bounds the failures that are told in full.
const storiesShown = 20

func (d *deployment) failed() (told []failures, more int) {
	index := map[event.Failure]int{}
	for _, t := range d.targets {
		for _, e := range t.events {
			if e.Failure == nil {
				continue
			}
			key := *e.Failure
			if at, ok := index[key]; ok && len(d.targets) > rowsAlone {
				told[at].others++
				continue
			}
			index[key] = len(told)
			told = append(told, failures{e, 0})
		}
	}
	if len(told) > storiesShown {
		told, more = told[:storiesShown], len(told)-storiesShown
	}
	return told, more
}
