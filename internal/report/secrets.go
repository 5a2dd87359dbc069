package report

import (
	"encoding/json"
	"encoding/xml"
	"html"
	"io"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Secrets are texts that no reader is to see. CI systems hide what they are
// told to hide in their own logs, each in its own way or not at all; this holds
// everywhere, and in files.
type Secrets struct {
	mu    sync.Mutex
	forms []string   // longest first
	out   sync.Mutex // one write at a time
}

// shortest secret that is hidden: one of fewer bytes would take words apart.
const shortest = 4

// Add adds a secret: each of its lines, in every form that a reporter writes.
// It gives the lines that may be told to a CI system through its log: those
// that a log would not obey.
func (s *Secrets) Add(secret string) (tell []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range strings.FieldsFunc(secret, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if len(line) < shortest {
			continue
		}
		if Clean(line) == line {
			tell = append(tell, line)
		}
		for _, form := range formsOf(line) {
			if len(form) >= shortest && !slices.Contains(s.forms, form) {
				s.forms = append(s.forms, form)
			}
		}
	}
	slices.SortStableFunc(s.forms, func(a, b string) int { return len(b) - len(a) })
	return tell
}

// formsOf gives the forms in which reporters write a text, and addresses hold it.
func formsOf(text string) []string {
	forms := []string{text, Escape(text), diagramText(text), url.QueryEscape(text), url.PathEscape(text)}
	for _, plain := range []string{text, Clean(text)} {
		var inXML strings.Builder
		xml.EscapeText(&inXML, []byte(plain))
		quoted, _ := json.Marshal(plain)
		forms = append(forms, plain, html.EscapeString(plain), inXML.String(), string(quoted[1:len(quoted)-1]))
		b, _ := encode(plain, "")
		inJSON := string(b[1 : len(b)-2]) // without its quotes and the line's end
		forms = append(forms, inJSON, harmless(inJSON))
	}
	return forms
}

// Hide puts *** where a secret stands.
func (s *Secrets) Hide(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, form := range s.forms {
		text = strings.ReplaceAll(text, form, "***")
	}
	return text
}

// Writer hides secrets in what is written to it. Each write is looked at by
// itself; reporters write whole lines.
func (s *Secrets) Writer(w io.Writer) io.Writer { return &hiding{w, s.Hide, &s.out} }

// Open lets everything through, in turn with what the Writers write: for the
// commands that tell a CI system what to hide.
func (s *Secrets) Open(w io.Writer) io.Writer {
	return &hiding{w, func(text string) string { return text }, &s.out}
}

type hiding struct {
	w    io.Writer
	hide func(string) string
	turn *sync.Mutex
}

func (h *hiding) Write(p []byte) (int, error) {
	text := h.hide(string(p))
	h.turn.Lock()
	defer h.turn.Unlock()
	if _, err := io.WriteString(h.w, text); err != nil {
		return 0, err
	}
	return len(p), nil
}
