package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

// Live writes for a terminal: the lines of Text, and below them a few that are
// redrawn as long as something goes on.
type Live struct {
	*Text
	width  func() int
	drawn  int // lines of the region now on the screen
	now    string
	began  time.Time
	states map[string]*state // by target
	order  []string
	ticker *time.Ticker
	done   chan struct{}
}

type state struct {
	event string
	since time.Time
}

// liveRows is how many targets the region shows at once.
const liveRows = 8

// NewLive makes a reporter for a terminal of the given width.
func NewLive(out, err io.Writer, style Style, width func() int, verbose bool) *Live {
	l := &Live{Text: NewText(out, err, style, verbose), width: width, states: map[string]*state{}, done: make(chan struct{})}
	l.print = func(line string) {
		l.erase()
		io.WriteString(l.out, line+"\n")
	}
	l.ticker = time.NewTicker(250 * time.Millisecond)
	go l.tick(l.ticker.C)
	return l
}

func (l *Live) tick(ticks <-chan time.Time) {
	for {
		select {
		case <-ticks:
			l.mu.Lock()
			l.draw()
			l.mu.Unlock()
		case <-l.done:
			return
		}
	}
}

// Emit writes an event's lines above the region and redraws it.
func (l *Live) Emit(e event.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch e := e.(type) {
	case event.Stage:
		if e.Status == event.StageStarted {
			l.now, l.began = e.Step, time.Now()
		} else {
			l.now = ""
		}
	case event.Progress:
		l.now = e.Step + "  " + progressWords(e, time.Since(l.began))
	case event.Lifecycle:
		if e.Status == "InProgress" {
			if l.states[e.Target] == nil {
				l.order = append(l.order, e.Target)
			}
			l.states[e.Target] = &state{event: e.Name, since: time.Now()}
		} else if s := l.states[e.Target]; s != nil && s.event == e.Name {
			delete(l.states, e.Target)
			l.order = slices.DeleteFunc(l.order, func(id string) bool { return id == e.Target })
		}
	}
	l.emit(e)
	l.draw()
}

func (l *Live) erase() {
	if l.drawn > 0 {
		fmt.Fprintf(l.out, "\x1b[%dA\x1b[J", l.drawn)
		l.drawn = 0
	}
}

func (l *Live) draw() {
	var lines []string
	if l.now != "" {
		lines = append(lines, fmt.Sprintf("%s … %s", l.now, Seconds(time.Since(l.began))))
	}
	for i, id := range l.order {
		if i == liveRows {
			lines = append(lines, fmt.Sprintf("%sand %d more", indent, len(l.order)-liveRows))
			break
		}
		s := l.states[id]
		lines = append(lines, fmt.Sprintf("%s%s  %-18s %s", indent, Clean(id), Clean(s.event), Seconds(time.Since(s.since))))
	}
	l.erase()
	width := l.width() - 1
	for _, line := range lines {
		if width > 0 {
			line = fit(line, width) // a line that wraps would not be erased whole
		}
		io.WriteString(l.out, l.style.dim+strings.TrimRight(line, " ")+l.style.off+"\n")
	}
	l.drawn = len(lines)
}

// Fail ends the live view and tells the error.
func (l *Live) Fail(step string, f Failure) {
	l.stop()
	l.Text.Fail(step, f)
}

// Close ends the live view.
func (l *Live) Close() error {
	l.stop()
	return l.Text.Close()
}

func (l *Live) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ticker != nil {
		l.ticker.Stop()
		close(l.done)
		l.ticker = nil
	}
	l.erase()
	l.now, l.order = "", nil
}
