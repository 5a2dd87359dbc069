package report

import (
	"encoding/json"
	"html"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "",
		"plain text: 1::2":       "plain text: 1::2",
		"::set-output name=a::b": ": :set-output name=a::b",
		"  \t::error::x":         "      : :error::x",
		":::x":                   ": ::x",
		"a ::error::x":           "a ::error::x",
		"##[error]x":             "# #[error]x",
		"###[error]x":            "## #[error]x",
		"x ##vso[a]##vso[b]":     "x # #vso[a]# #vso[b]",
		"##VSO[a] ##TeamCity[b":  "# #VSO[a] # #TeamCity[b",
		"## heading [x]":         "## heading [x]",
		"\x1b[31mred\x1b[0m":     `\x1b[31mred\x1b[0m`,
		"\u009b31m":              `\x9b31m`,
		"a\tb":                   "a    b",
		"a\rb\nc":                "a b c",
		"nul\x00del\x7f":         `nul\x00del\x7f`,
		"bad\xffbytes\xc3":       "bad\uFFFDbytes\uFFFD",
		"\u202eevil\u2069":       `\u202eevil\u2069`,
		"a\u2028b\u2029c":        `a\u2028b\u2029c`,
		"größe 名前 🚀 \u00a0":      "größe 名前 🚀 \u00a0",
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) is %q, not %q", in, got, want)
		}
	}
}

func TestCleanLines(t *testing.T) {
	for in, want := range map[string][]string{
		"":                     nil,
		"\n\n":                 nil,
		"a":                    {"a"},
		"a\nb\n":               {"a", "b"},
		"a\r\nb":               {"a", "b"},
		"a\n\nb\n\n":           {"a", "", "b"},
		"kept\rover it":        {"kept", "over it"},
		"a\n::error::b":        {"a", ": :error::b"},
		"a\r::error::b":        {"a", ": :error::b"},
		"\x1b[2K\n\x00\n##[a]": {`\x1b[2K`, `\x00`, "# #[a]"},
	} {
		if got := CleanLines(in); strings.Join(got, "\n") != strings.Join(want, "\n") || len(got) != len(want) {
			t.Errorf("CleanLines(%q) is %q, not %q", in, got, want)
		}
	}
}

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		"plain text 1, 2": "plain text 1, 2",
		"<b>&amp;":        "&#60;b&#62;&#38;amp;",
		"a|b":             "a&#124;b",
		"`x` *y* _z_":     "&#96;x&#96; &#42;y&#42; &#95;z&#95;",
		"a\nb":            "a b",
	} {
		if got := Escape(in); got != want {
			t.Errorf("Escape(%q) is %q, not %q", in, got, want)
		}
	}
}

func TestIdentifiersAreReadableInThePage(t *testing.T) {
	if got := identifier("d-ABC123"); got != "d-ABC123" {
		t.Error(got)
	}
	for _, id := range []string{"d-*x*", "a b", "x\ny", "<b>", "ä"} {
		if got := identifier(id); got != Escape(id) {
			t.Errorf("%q is %q", id, got)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, n := range nasty {
		f.Add(n)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Clean(s)
		if strings.Contains(got, "\n") {
			t.Errorf("Clean(%q) has a line break: %q", s, got)
		}
		if found := obeys(got); found != nil {
			t.Errorf("Clean(%q) is %q: %q", s, got, found)
		}
		if again := Clean(got); again != got {
			t.Errorf("cleaned twice, %q is %q, then %q", s, got, again)
		}
		lines := CleanLines(s)
		if found := obeys(strings.Join(lines, "\n")); found != nil {
			t.Errorf("CleanLines(%q) is %q: %q", s, lines, found)
		}
	})
}

func FuzzEscape(f *testing.F) {
	for _, n := range nasty {
		f.Add(n)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Escape(s)
		if found := obeys(got); found != nil {
			t.Errorf("Escape(%q) is %q: %q", s, got, found)
		}
		if strings.ContainsAny(got, "|<>`*_[]\\\n") {
			t.Errorf("Escape(%q) leaves markup: %q", s, got)
		}
		if back := html.UnescapeString(got); back != Clean(s) {
			t.Errorf("Escape(%q) is shown as %q, not %q", s, back, Clean(s))
		}
	})
}

func FuzzCaret(f *testing.F) {
	f.Add("\tlocation: 名前", 3, 9)
	f.Add("\xff\xfe", 2, 1)
	f.Add("", 1, 400)
	f.Fuzz(func(t *testing.T, snippet string, column, end int) {
		if column < 1 || strings.ContainsAny(snippet, "\r\n") {
			return
		}
		got := caret(event.Diagnostic{Line: 1, EndLine: 1, Column: column, EndColumn: end, Snippet: snippet})
		if strings.Trim(got, " ") != strings.Trim(got, " ^")+strings.Repeat("^", strings.Count(got, "^")) || !strings.HasSuffix(got, "^") {
			t.Errorf("%q", got)
		}
		if utf8.ValidString(snippet) && !strings.Contains(snippet, "::") && !strings.Contains(snippet, "##") && len(got) > cells(Clean(snippet))+1 {
			t.Errorf("the caret is right of the line's end: %q below %q", got, snippet)
		}
	})
}

func TestSeconds(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0.0s", 49 * time.Millisecond: "0.0s", 1250 * time.Millisecond: "1.3s", 9949 * time.Millisecond: "9.9s",
		10 * time.Second: "10s", 59 * time.Second: "59s", time.Minute: "1m00s", 61 * time.Second: "1m01s",
		59*time.Minute + 59*time.Second: "59m59s", time.Hour: "1h00m", 26*time.Hour + 3*time.Minute: "26h03m",
		9960 * time.Millisecond: "10s", 59700 * time.Millisecond: "1m00s",
		59*time.Minute + 59*time.Second + 900*time.Millisecond: "1h00m",
	} {
		if got := Seconds(d); got != want {
			t.Errorf("%v is %s, not %s", d, got, want)
		}
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1536: "1.5 KiB", 1 << 20: "1.0 MiB", 1<<20 - 1: "1.0 MiB",
		5 << 30: "5.0 GiB", 1 << 40: "1.0 TiB", 1 << 50: "1024.0 TiB",
	} {
		if got := Bytes(n); got != want {
			t.Errorf("%d is %s, not %s", n, got, want)
		}
	}
}

func TestJSONLines(t *testing.T) {
	var out strings.Builder
	s := story{failure: &Failure{Text: "could not\ndo it", Remedy: "Do that.", Code: 3}}
	s.events = append(goodRelease(), failedRelease()...)
	s.events = append(s.events, event.Diagnostic{Rule: "r", Severity: "error", File: "f", Message: "m <&>"})
	s.play(NewJSON(&out))
	kinds := map[string]map[string]any{}
	lines := 0
	for line := range strings.Lines(out.String()) {
		lines++
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if !strings.HasPrefix(line, `{"event":"`) {
			t.Errorf("the kind is not first: %s", line)
		}
		kind, _ := v["event"].(string)
		if kinds[kind] == nil {
			kinds[kind] = map[string]any{}
		}
		for name, value := range v {
			kinds[kind][name] = value
		}
	}
	if want := len(s.events); lines != want { // a debug note less, an error more
		t.Errorf("%d lines for %d events", lines, want)
	}
	for kind, names := range map[string]string{
		"note":       "level text",
		"stage":      "step status summary seconds",
		"diagnostic": "rule severity file message",
		"deployment": "deploymentId application deploymentGroup deploymentConfig status rollback overview? errorCode message",
		"target":     "deploymentId target status",
		"lifecycle":  "deploymentId target lifecycleEvent status seconds failure",
		"progress":   "step done total",
		"output":     "name value",
		"error":      "step message remedy exitCode",
	} {
		if kinds[kind] == nil {
			t.Errorf("there is no %s", kind)
			continue
		}
		for _, name := range strings.Fields(names) {
			if !strings.HasSuffix(name, "?") && kinds[kind][name] == nil {
				t.Errorf("%s has no %s: %v", kind, name, kinds[kind])
			}
		}
		for name := range kinds[kind] {
			if name != "event" && !strings.Contains(" "+names, " "+name) {
				t.Errorf("%s has the field %s, which is not documented here", kind, name)
			}
		}
	}
	if kinds["error"]["exitCode"] != 3.0 || kinds["error"]["message"] != "could not\ndo it" || kinds["error"]["step"] != "deploy" {
		t.Errorf("%v", kinds["error"])
	}
	failure, _ := kinds["lifecycle"]["failure"].(map[string]any)
	for _, name := range []string{"errorCode", "scriptName", "message", "logTail", "meaning", "remedy"} {
		if failure[name] == nil {
			t.Errorf("failure has no %s", name)
		}
	}
	if kinds["diagnostic"]["message"] != "m <&>" {
		t.Error("HTML is escaped")
	}
}

func FuzzJSON(f *testing.F) {
	for _, n := range nasty {
		f.Add(n)
	}
	f.Add(`\##[\\##vso[\u0023`)
	f.Fuzz(func(t *testing.T, s string) {
		var out strings.Builder
		NewJSON(&out).Emit(event.Output{Name: s, Value: s})
		if found := obeys(out.String()); found != nil || strings.Count(out.String(), "\n") != 1 {
			t.Errorf("%q is written as %q: %q", s, &out, found)
		}
		var v struct{ Event, Name, Value string }
		if err := json.Unmarshal([]byte(out.String()), &v); err != nil {
			t.Fatal(err)
		}
		if utf8.ValidString(s) && (v.Value != s || v.Name != s || v.Event != "output") {
			t.Errorf("%q is read as %+v", s, v)
		}
	})
}
