package report

import (
	"bytes"
	"strings"
	"testing"
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
