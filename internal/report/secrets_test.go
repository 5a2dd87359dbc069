package report

import (
	"bytes"
	"encoding/json"
	"html"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

func TestSecretsAreHiddenInEveryForm(t *testing.T) {
	var s Secrets
	tell := s.Add("pass-word.1\nabc\n\x1b[31mred\nsecond_line")
	if got := strings.Join(tell, " "); got != "pass-word.1 second_line" {
		t.Errorf("the system is told %q", got)
	}
	for text, want := range map[string]string{
		"a pass-word.1 b":                   "a *** b",
		"abc":                               "abc", // too short to hide
		Escape("pass-word.1"):               "***",
		Clean("\x1b[31mred"):                "***",
		`{"text":"\u001b[31mred"}`:          `{"text":"***"}`,
		"second_line and pass-word.1 again": "*** and *** again",
	} {
		if got := s.Hide(text); got != want {
			t.Errorf("%q becomes %q", text, got)
		}
	}
	s.Add("pass-word.1 and more") // the longer one first
	if got := s.Hide("pass-word.1 and more"); got != "***" {
		t.Error(got)
	}
}

func TestSecretsAreHiddenByWrites(t *testing.T) {
	var s Secrets
	var out bytes.Buffer
	s.Add("hunter2")
	n, err := s.Writer(&out).Write([]byte("it is hunter2\n"))
	if n != len("it is hunter2\n") || err != nil {
		t.Error(n, err)
	}
	s.Open(&out).Write([]byte("::add-mask::hunter2\n"))
	if out.String() != "it is ***\n::add-mask::hunter2\n" {
		t.Errorf("%q", &out)
	}
}

// Each way in which a document or a system's command writes a text hides it.
func TestSecretsAreHiddenWhereverTheyAreWritten(t *testing.T) {
	for _, secret := range []string{`ends with "`, `a&b"c<d`, `hash##tag`, `it's|[x]`, "100%sure;]", `back\slash`, "key+with/signs=="} {
		var s Secrets
		s.Add(secret)
		var out bytes.Buffer
		NewJSON(s.Writer(&out)).Emit(event.Note{Level: event.Info, Text: "it is " + secret + " here"})
		var note struct{ Text string }
		if err := json.Unmarshal(out.Bytes(), &note); err != nil || note.Text != "it is *** here" {
			t.Errorf("JSON: %v: %s", err, &out)
		}
		f := &Findings{Found: []event.Diagnostic{{Rule: "X", Severity: "error", File: "a.yml", Line: 1, Message: "it is " + secret}}}
		for _, e := range []event.Event{event.Deployment{ID: "d-1", Status: "Failed", Message: secret}, event.Lifecycle{Deployment: "d-1", Target: secret, Name: "Install", Status: "Failed",
			Began: time.Unix(1, 0), Failure: &event.Failure{Code: "ScriptFailed", LogTail: secret}}} {
			f.History.Add(e)
		}
		for name, format := range AllFormats() {
			text, err := format(f)
			hidden := s.Hide(string(text))
			if err != nil || hidden == string(text) {
				t.Errorf("%s: %v: nothing is hidden of %q", name, err, secret)
			}
			for _, form := range []string{secret, html.EscapeString(secret), diagramText(secret)} {
				if strings.Contains(html.UnescapeString(hidden), form) || strings.Contains(hidden, form) {
					t.Errorf("%s has %q", name, form)
				}
			}
		}
		if got := s.Hide("https://host/?token=" + url.QueryEscape(secret)); got != "https://host/?token=***" {
			t.Errorf("URL: %s", got)
		}
	}
}
