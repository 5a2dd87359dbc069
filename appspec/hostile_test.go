package appspec

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strings"
	"testing"
	"testing/fstest"
)

// hostileTexts are texts of about n bytes that try to keep a parser busy.
func hostileTexts(n int) []ruleCase {
	fill := func(head, part, tail string) string {
		return head + strings.Repeat(part, max(n-len(head)-len(tail), 0)/len(part)) + tail
	}
	counted := func(head, format string) string {
		var b strings.Builder
		b.WriteString(head)
		for i := 0; b.Len() < n; i++ {
			b.WriteString(strings.ReplaceAll(format, "@", fmt.Sprint(i)))
		}
		return b.String()
	}
	bomb := counted("a0: &a0 [x, x]\n", "b@: &b@ [*a0, *a0, *a0, *a0]\n")
	half := n / 2
	texts := map[string]string{
		"aliases in aliases":          server(bomb + "c: &c [*b9, *b9, *b8, *b7]\nd: &d [*c, *c, *c]\nfiles: [*d, *d, *d]\n"),
		"aliases of a list":           counted(server("hooks:\n  A: &l\n"+strings.Repeat("    - location: a.sh\n", 300)), "  E@: *l\n"),
		"brackets nested":             server("files: " + strings.Repeat("[", half) + strings.Repeat("]", half) + "\n"),
		"brackets without end":        fill(server("files: "), "[", ""),
		"braces without end":          fill(server("files: "), "{", ""),
		"braces with keys":            fill(server("files: "), "{a: ", ""),
		"dashes nested":               fill(server("files:\n  "), "- ", "x\n"),
		"questions nested":            fill(server("files:\n  "), "? ", "x\n"),
		"stairs of keys":              stairs(int(math.Sqrt(float64(2*n))) - 3),
		"signs in quotes without end": fill(server("files: \""), "\n%", ""),
		"questions in brackets":       fill(server("files: ["), "a?b,", "]\n"),
		"marked":                      byteOrderMark + fill(server("files: ["), "a?b:?,", "]\n"),
		"keys":                        counted(server(""), "key@: x\n"),
		"the same key":                fill(server(""), "a: x\n", ""),
		"flow list":                   fill(server("files: ["), "a,", "]\n"),
		"flow mapping":                counted(server("files: {"), "a@: b,") + "}\n",
		"flow mappings":               fill(server("files: ["), "{a: b},", "]\n"),
		"flow pairs":                  fill(server("files: ["), "a: b,", "]\n"),
		"scripts":                     fill(server("hooks:\n  AfterInstall:\n"), "    - location: a.sh\n      timeout: 1\n", ""),
		"files":                       counted(server("files:\n"), "  - source: a@\n    destination: /srv/@\n"),
		"permissions":                 counted(server("permissions:\n"), "  - object: /srv/@\n    mode: 644\n"),
		"empty items":                 fill(server("files:\n"), "  -\n", ""),
		"comments":                    fill(server(""), "# x\n", ""),
		"comments with tabs":          fill(server(""), "#\n\t#\n", ""),
		"comments indented":           fill(server("files:\n"), "   # x\n  # y\n", ""),
		"comments after items":        fill(server("files:\n"), "  - x # y\n", ""),
		"comments before items":       fill(server("files:\n"), "  # y\n  - x\n", ""),
		"comments in brackets":        fill(server("files: [\n"), "# x\n\t# y\na,\n", "]\n"),
		"marks in brackets":           fill(server("files: ["), "\n %", "]\n"),
		"documents":                   fill(server(""), "---\n", ""),
		"document ends":               fill(server(""), "...\n", ""),
		"documents and a mistake":     fill(server(""), "---\nos: x\n", "@"),
		"directives":                  counted("", "%TAG !@! x\n") + "---\n" + server(""),
		"directives in the middle":    fill(server(""), "%YAML 1.1\n", "@"),
		"anchors":                     counted(server("files:\n"), "  - &a@ x\n"),
		"one anchor":                  fill(server("files:\n"), "  - &a x\n", ""),
		"tags":                        fill(server("files:\n"), "  - !!str x\n", ""),
		"tag handles":                 counted(server("files:\n"), "  - !a@!b x\n"),
		"quotes without end":          fill(server("files: \""), "x ", ""),
		"quoted lines":                fill(server("files: \""), "x\n\n ", "\"\n"),
		"escapes":                     fill(server("files: \""), `\x41\u0041`, "\"\n"),
		"quotes":                      fill(server("files: ["), `"",`, "]\n"),
		"single quotes":               fill(server("files: '"), "''", "'\n"),
		"block of text":               fill(server("files: |\n"), "  x\n", ""),
		"folded text":                 fill(server("files: >\n"), "  x\n\n", ""),
		"plain lines":                 fill(server("files: x\n"), "  x\n", ""),
		"plain words":                 fill(server("files: "), "x ", "\n"),
		"no break in sight":           fill(server("files: "), "x", "\n"),
		"colons":                      fill(server("files: "), ":", "\n"),
		"keys in a line":              fill(server("files: "), "a: ", "\n"),
		"not ASCII":                   fill(server("files: ["), "é, ", "]\n"),
		"not ASCII keys":              counted(server(""), "é@: ü\n"),
		"blanks":                      fill(server("files:"), " ", "\n"),
		"line breaks":                 fill(server(""), "\n", ""),
		"carriage returns":            fill(server(""), "\r", ""),
		"tabs":                        fill(server("files:"), "\t", "\n"),
		"no-break spaces":             fill(server("files: "), "\u00a0", "\n"),
		"byte order marks":            fill(server(""), "\n\ufeff", ""),
		"NUL bytes":                   fill(server(""), "\x00", ""),
		"UTF-16":                      fill("\xff\xfe", "a\x00", ""),
		"digits":                      fill(server("files: "), "1", "\n"),
		"numbers":                     fill(server("files: ["), "1_0,", "]\n"),
		"base 60":                     fill(server("files: ["), "1:59:59,", "]\n"),
		"merge keys":                  fill(server("files:\n  - &m {source: a}\n"), "  - <<: *m\n", ""),
		"merged merges":               counted(server("files:\n  - &m0 {source: a}\n"), "  - &m@x\n    <<: [*m0, *m0, *m0, *m0]\n"),
		"ACL entries":                 fill(server("permissions:\n  - object: /x\n    acls: ["), "u:b:r,", "]\n"),
		"categories":                  fill(server("permissions:\n  - object: /x\n    context: {type: t, range: \"s0:"), "c0.c1023,", "\"}\n"),
		"except":                      fill(server("permissions:\n  - object: /x\n    except: ["), "a*b*c,", "]\n"),
		"resources":                   fill("Resources:\n", "  - a: {Type: x}\n", ""),
		"resources in lists":          "version: 0.0\nResources: " + strings.Repeat("[", half) + strings.Repeat("]", half) + "\n",
		"mistake at the end":          fill(server("files:\n"), "  - source: a\n", "@"),
		"two lists and a mistake":     fill(server("files:\n"), "  - source: a\n", "- b\n   c: d\n"),
	}
	var cases []ruleCase
	for name, text := range sorted(texts) {
		cases = append(cases, ruleCase{name: name, text: text})
	}
	return cases
}

// TestBadInputIsOneDiagnostic: what is no AppSpec at all gets one answer.
func TestBadInputIsOneDiagnostic(t *testing.T) {
	aliases := "a0: &a0 [x, x]\n"
	for i := 1; len(aliases) < 2<<20; i++ {
		aliases += fmt.Sprintf("a%d: &a%d [*a%d, *a%d, *a%d, *a%d, %s]\n", i, i, i-1, i-1, i-1, i-1, strings.Repeat("*a0, ", 2000))
	}
	for _, c := range []struct{ name, text, rule string }{
		{"megabytes of nested aliases", aliases, "LIMIT-001"},
		{"nested in brackets", server("files: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "\n"), "LIMIT-002"},
		{"nested in brackets, 10,000 deep", server("files: " + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + "\n"), "LIMIT-002"},
		{"nested in dashes, 10,000 deep", server("files:\n  " + strings.Repeat("- ", 10_000) + "x\n"), "LIMIT-002"},
		{"nested in keys", stairs(2_000), "LIMIT-001"},
		{"NUL bytes", strings.Repeat("\x00", 1000), "YAML-007"},
		{"UTF-16", "\xff\xfe" + strings.Repeat("a\x00", 1000), "YAML-006"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, found := Parse("appspec.yml", []byte(c.text))
			if len(found) != 1 || found[0].Rule != c.rule || found[0].Severity != Error {
				t.Errorf("got %q, want one %s", placedAll(found[:min(len(found), 5)]), c.rule)
			}
		})
	}
}

// stairs nests keys so deep.
func stairs(depth int) string {
	var b strings.Builder
	for i := range depth {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

// endless is a file of a size that no memory holds.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	if e.read > 2*maxText {
		return 0, errors.New("it was read on and on")
	}
	e.read += len(p)
	return len(p), nil
}

func TestReadStopsAtTheLimit(t *testing.T) {
	text, err := Read(&endless{})
	if err != nil || len(text) > maxText+1 {
		t.Fatalf("%d bytes, %v", len(text), err)
	}
	if _, found := Parse("appspec.yml", text); len(found) != 1 || found[0].Rule != "LIMIT-001" {
		t.Errorf("got %q", placedAll(found))
	}
}

func TestReadFileTakesFilesOnly(t *testing.T) {
	revision := fstest.MapFS{"appspec.yml": {Mode: fs.ModeNamedPipe}, "folder": {Mode: fs.ModeDir | 0o755}, "a": {Data: []byte("x")}}
	for name, want := range map[string]string{"appspec.yml": "read appspec.yml: not a file", "folder": "read folder: not a file"} {
		if _, err := ReadFile(revision, name); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
	if text, err := ReadFile(revision, "a"); err != nil || string(text) != "x" {
		t.Errorf("%q, %v", text, err)
	}
}
