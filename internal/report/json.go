package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

// JSON writes each event as one object a line, its kind in the field "event".
type JSON struct {
	mu sync.Mutex
	w  io.Writer
}

// NewJSON makes a reporter for programs.
func NewJSON(w io.Writer) *JSON { return &JSON{w: w} }

// Emit writes one event.
func (j *JSON) Emit(e event.Event) {
	if n, ok := e.(event.Note); ok && n.Level == event.Debug {
		return
	}
	j.write(e.Kind(), e)
}

func (j *JSON) write(kind string, v any) {
	b, err := encode(v, "")
	if err != nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	sep := ","
	if bytes.HasPrefix(b, []byte("{}")) {
		sep = ""
	}
	fmt.Fprintf(j.w, `{"event":%q%s%s`, kind, sep, harmless(string(b[1:])))
}

// encode gives a line of JSON, or with an indent several, and leaves <, > and & as they are.
func encode(v any, indent string) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	err := enc.Encode(v)
	return b.Bytes(), err
}

// harmless writes what a runner or a terminal would obey within a line as
// escapes of JSON: a reader gets the text as it was.
func harmless(encoded string) string {
	encoded = strings.ReplaceAll(encoded, "##", `#\u0023`)
	if !strings.ContainsFunc(encoded, obeyed) {
		return encoded
	}
	var b strings.Builder
	for _, r := range encoded {
		if obeyed(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func obeyed(r rune) bool { return r >= 0x7f && r < 0xa0 || unicode.Is(unicode.Bidi_Control, r) }

// Fail writes the error as an event of its own.
func (j *JSON) Fail(step string, f Failure) {
	j.write("error", struct {
		Step    string `json:"step,omitempty"`
		Message string `json:"message"`
		Remedy  string `json:"remedy,omitempty"`
		Code    int    `json:"exitCode"`
	}{step, f.Text, f.Remedy, f.Code})
}

// Close has nothing to add.
func (j *JSON) Close() error { return nil }
