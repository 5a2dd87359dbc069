package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"sync"

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
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	sep := ","
	if bytes.HasPrefix(b.Bytes(), []byte("{}")) {
		sep = ""
	}
	fmt.Fprintf(j.w, `{"event":%q%s%s`, kind, sep, b.Bytes()[1:])
}

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
