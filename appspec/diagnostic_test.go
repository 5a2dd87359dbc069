package appspec

import (
	"strings"
	"testing"
	"unicode"
)

func first(t *testing.T, text string) Diagnostic {
	t.Helper()
	_, diagnostics := Parse("appspec.yml", []byte(text))
	if len(diagnostics) == 0 {
		t.Fatal("no diagnostic")
	}
	return diagnostics[0]
}

func TestFormatShowsThePlace(t *testing.T) {
	d := first(t, "version: \"0.0\"\nos: linux\nfiles: [{source: /, destination: /srv/x}]\n")
	want := `appspec.yml:1:10: error: version is the text "0.0", not the number 0.0 [EC2-002]
    1 | version: "0.0"
      |          ^~~~~
  The CodeDeploy agent would say: The deployment failed because an invalid version value (0.0) was entered in the application specification file. Make sure your AppSpec file specifies "0.0" as the version, and then try again.
  Help: Remove the quotes: version: 0.0. The agent wants the number.
`
	if got := d.Format(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestCaretIsBelowThePlace(t *testing.T) {
	for _, c := range []struct {
		name, line, line2, caret string
		from, to                 int
	}{
		{"tabs stay tabs", "\tos:\tLinux", "\tos:\tLinux", "\t   \t^~~~~", 6, 11},
		{"wide characters take two cells", "日本: 語x", "日本: 語x", "      ^~~", 5, 7},
		{"combining marks take none", "e\u0301: xy", "e\u0301: xy", "   ^~", 5, 7},
		{"escapes are shown, not sent", "a\x1b[2J: x", "a␛[2J: x", "       ^", 8, 9},
		{"right-to-left override", "a\u202e: x", "a\ufffd: x", "    ^", 5, 6},
		{"the end of the line", "os:", "os:", "   ^", 4, 4},
		{"beyond the line", "os:", "os:", "   ^", 9, 12},
		{"end in a later line", "os: x", "os: x", "    ^", 5, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := Diagnostic{Snippet: c.line, Range: span(3, c.from, c.to-c.from)}
			if line, caret := d.underlined(); line != c.line2 || caret != c.caret {
				t.Errorf("got %q\n    %q\nwant %q\n     %q", line, caret, c.line2, c.caret)
			}
		})
	}
}

func TestLongLineIsCutAroundThePlace(t *testing.T) {
	line := strings.Repeat("a", 500) + "HERE" + strings.Repeat("b", 500)
	d := Diagnostic{Snippet: line, Range: span(1, 501, 4)}
	text, caret := d.underlined()
	if len([]rune(text)) > snippetWidth+2 || !strings.HasPrefix(text, "…") || !strings.HasSuffix(text, "…") {
		t.Errorf("cut to %q", text)
	}
	if i := strings.Index(caret, "^~~~"); i < 0 || string([]rune(text)[i:i+4]) != "HERE" {
		t.Errorf("caret\n%s\n%s", text, caret)
	}
}

func TestFormatSendsNothingThatATerminalObeys(t *testing.T) {
	hostile := "\x1b[2J\r\x07\u009b31m\u202e\u2028::error::x\n##[group]"
	d := Diagnostic{Rule: "EC2-006", Severity: Error, File: hostile, Message: hostile, Agent: hostile, Help: hostile, Snippet: hostile, Range: span(1, 1, 1)}
	for _, line := range strings.Split(strings.TrimSuffix(d.Format(), "\n"), "\n") {
		if i := strings.IndexFunc(line, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' }); i >= 0 {
			t.Errorf("%q holds %q", line, line[i:])
		}
		if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.HasPrefix(strings.TrimSpace(line), "##[") {
			t.Errorf("a runner would obey %q", line)
		}
	}
	if strings.ContainsAny(d.String(), "\n\r\x1b") {
		t.Errorf("String is %q", d.String())
	}
}

func TestRefusalIsWhatTheAgentMeetsFirst(t *testing.T) {
	_, diagnostics := Parse("x", []byte("file_exists_behavior: x\nfiles:\n  - source: /\nhooks:\n  AfterInstall:\n    - timeout: 5\nos: linux\nversion: 0.0\n"))
	if d, ok := Refusal(diagnostics); !ok || d.Rule != "EC2-104" {
		t.Errorf("refused for %v", d)
	}
	if diagnostics[0].Rule != "EC2-034" {
		t.Errorf("the first in file order is %v", diagnostics[0])
	}
	_, diagnostics = Parse("x", []byte(server("hooks:\n  Deploy:\n    - location: a.sh\n")))
	if d, ok := Refusal(diagnostics); ok || !HasErrors(diagnostics) {
		t.Errorf("the agent reads an unknown event without a word; refused for %v", d)
	}
}

func TestHelpSuggestsTheNearestWord(t *testing.T) {
	for text, want := range map[string]string{
		server("hooks:\n  BeforeInstal:\n    - location: a.sh\n"):              "Did you mean BeforeInstall?",
		server("hooks:\n  afterinstall:\n    - location: a.sh\n"):              "Did you mean AfterInstall? Case matters.",
		server("hooks:\n  Deploy:\n    - location: a.sh\n"):                    "Events are BeforeBlockTraffic",
		"version: 0.0\nos: linus\n":                                            `Did you mean "linux"?`,
		hook("timeuot: 5"):                                                     `Did you mean "timeout"?`,
		server("hook:\n  AfterInstall:\n    - location: a.sh\nfiles: []\n"):    `Did you mean "hooks"?`,
		hook("runas: bob") + "file_exists_behavior: OVERWRTIE\n":               "Did you mean OVERWRITE?",
		server("files:\n  - sourc: /\n    source: /\n    destination: /srv\n"): `Did you mean "source"?`,
	} {
		_, diagnostics := Parse("x", []byte(text))
		found := false
		for _, d := range diagnostics {
			found = found || strings.HasPrefix(d.Help, want)
		}
		if !found {
			t.Errorf("no help %q in %+v", want, diagnostics)
		}
	}
}
