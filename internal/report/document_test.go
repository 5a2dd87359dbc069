package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	junit "github.com/joshdk/go-junit"
	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

// runs are what documents are made of, by name.
func runs() map[string]*Findings {
	checked := func(file, from string) event.Checked { return event.Checked{File: file, FailFrom: from} }
	return map[string]*Findings{
		"none":   {Version: "v1.2.3", Checked: []event.Checked{checked("app/appspec.yml", "error")}},
		"unread": {Version: "v1.2.3", Failure: &Failure{Text: "--source nowhere: no such file or directory", Remedy: "Is it checked out?", Code: 2}},
		"found": {Version: "v1.2.3", Failure: &Failure{Text: "2 files: 1 with errors", Code: 1, Shown: true},
			Checked: []event.Checked{checked("größe 1/appspec.yml", "error"), checked("old.zip!appspec.yml", "warning"), checked("clean/appspec.yml", "error")},
			Found: []event.Diagnostic{
				{Rule: "TEST-001", Severity: "error", File: "größe 1/appspec.yml", Line: 3, Column: 10, EndLine: 3, EndColumn: 14, Message: `"🚀" <is> not & never`, Help: "The agent would say: no\nDo that.", Snippet: `x: "🚀", y: évil`},
				{Rule: "TEST-001", Severity: "error", File: "größe 1/appspec.yml", Line: 4, Column: 1, EndLine: 4, EndColumn: 2, Message: "the same again", Snippet: `x: "🚀", y: évil`},
				{Rule: "LINT-001", Severity: "warning", File: "größe 1/appspec.yml", Line: 5, Column: 2, Message: "no end\x1b[31m ::error::x\x00 ##[group]", Snippet: "\tx"},
				{Rule: "LINT-002", Severity: "warning", File: "größe 1/appspec.yml", Line: 6, Column: 1, EndLine: 6, EndColumn: 1, Message: "in the file", Ignored: &event.Ignored{By: event.IgnoredInFile, Reason: "it <is> so"}},
				{Rule: "TEST-002", Severity: "error", File: "old.zip!appspec.yml", Message: "without a place", Ignored: &event.Ignored{By: event.IgnoredByInput}},
				{Rule: "LINT-001", Severity: "warning", File: "old.zip!appspec.yml", Message: "fails from warnings on"},
			}},
		"hostile": hostileFindings(),
	}
}

// hostileFindings has text that terminals, runners and markup would obey everywhere.
func hostileFindings() *Findings {
	f := &Findings{Version: nasty[0], Failure: &Failure{Text: strings.Join(nasty, "\n"), Code: 2}}
	for _, n := range nasty {
		f.Found = append(f.Found, event.Diagnostic{Rule: n, Severity: "error", File: "x" + n, Line: 1, Column: 1, EndLine: 1, EndColumn: 2, Message: n, Help: n, Snippet: n},
			event.Diagnostic{Rule: n, Severity: "warning", File: "x" + n, Message: n, Ignored: &event.Ignored{By: event.IgnoredInFile, Reason: n}})
	}
	return f
}

func TestDocumentsGolden(t *testing.T) {
	for name, findings := range runs() {
		for kind, format := range Formats() {
			got, err := format(findings)
			if err != nil {
				t.Fatal(err)
			}
			if again, _ := format(runs()[name]); !bytes.Equal(got, again) {
				t.Errorf("%s %s is not the same twice", name, kind)
			}
			if found := obeys(string(got)); found != nil {
				t.Errorf("%s %s: %q", name, kind, found)
			}
			path := filepath.Join("testdata", "documents", name+"."+kind)
			if name == "hostile" {
				continue
			}
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n")); !bytes.Equal(got, want) {
				t.Errorf("%s is\n%s", path, got)
			}
		}
	}
}

// publishedSARIF is the schema of SARIF 2.1.0 as OASIS published it. The module
// that reads SARIF here carries it in its source, where only it can use it.
func publishedSARIF(t *testing.T) *jsonschema.Schema {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/owenrumney/go-sarif/v3").Output()
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(dir)), "pkg", "report", "v210", "sarif", "schema.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	text, err := strconv.Unquote(file.Decls[0].(*ast.GenDecl).Specs[0].(*ast.ValueSpec).Values[0].(*ast.BasicLit).Value)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("sarif.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestSARIFIsValid(t *testing.T) {
	schema := publishedSARIF(t)
	if schema.Validate(map[string]any{"version": "2.1.0", "runs": []any{map[string]any{}}}) == nil {
		t.Fatal("a run without a tool is valid")
	}
	for name, findings := range runs() {
		text, _ := SARIF(findings)
		if err := schema.Validate(decoded(t, text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What go-sarif reads is all that is written; it adds what the standard has as defaults.
func TestSARIFIsReadWhole(t *testing.T) {
	for name, findings := range runs() {
		text, _ := SARIF(findings)
		log, err := sarif.FromBytes(text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		again, err := json.Marshal(log)
		if err != nil {
			t.Fatal(err)
		}
		if lost := missing("", decoded(t, text), decoded(t, again)); lost != "" {
			t.Errorf("%s: %s is not read:\n%s", name, lost, again)
		}
	}
}

// missing names what is in ours and not in theirs.
func missing(at string, ours, theirs any) string {
	switch ours := ours.(type) {
	case map[string]any:
		theirs, _ := theirs.(map[string]any)
		for key, value := range ours {
			if lost := missing(at+"/"+key, value, theirs[key]); lost != "" {
				return lost
			}
		}
		return ""
	case []any:
		theirs, ok := theirs.([]any)
		if !ok || len(theirs) != len(ours) {
			return at
		}
		for i := range ours {
			if lost := missing(fmt.Sprint(at, "/", i), ours[i], theirs[i]); lost != "" {
				return lost
			}
		}
		return ""
	}
	if ours != theirs {
		return at
	}
	return ""
}

func decoded(t *testing.T, text []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSARIFForReaders(t *testing.T) {
	text, _ := SARIF(runs()["found"])
	log, err := sarif.FromBytes(text)
	if err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	first := run.Results[0]
	place := first.Locations[0].PhysicalLocation
	if uri := *place.ArtifactLocation.URI; uri != "gr%C3%B6%C3%9Fe%201/appspec.yml" {
		t.Error(uri)
	}
	// The rocket is one character and two code units.
	if r := place.Region; *r.StartColumn != 11 || *r.EndColumn != 15 || *r.StartLine != 3 {
		t.Errorf("%d-%d", *r.StartColumn, *r.EndColumn)
	}
	for i, r := range run.Results {
		if rule := run.Tool.Driver.Rules[r.RuleIndex]; *rule.ID != *r.RuleID {
			t.Errorf("result %d points to %s", i, *rule.ID)
		}
	}
	prints := map[string]bool{}
	for _, r := range run.Results {
		prints[r.PartialFingerprints["ruleFileLine/v1"]] = true
	}
	if len(prints) != len(run.Results) {
		t.Errorf("%d fingerprints for %d results", len(prints), len(run.Results))
	}
	if s := run.Results[3].Suppressions[0]; *s.Kind != "inSource" || *s.Justification != "it <is> so" {
		t.Errorf("%+v", s)
	}
}

func TestURIs(t *testing.T) {
	for file, want := range map[string]string{
		"a/b.yml":         "a/b.yml",
		"a b/ü.yml":       "a%20b/%C3%BC.yml",
		"a:b/c.yml":       "./a:b/c.yml",
		"100%#?.yml":      "100%25%23%3F.yml",
		"../up.yml":       "../up.yml",
		"/abs/a b.yml":    "file:///abs/a%20b.yml",
		`C:\work\a b.yml`: "file:///C:/work/a%20b.yml",
		"b.zip!appspec":   "b.zip%21appspec",
		"\xff.yml":        "%FF.yml",
	} {
		got := uri(file)
		if got.URI != want {
			t.Errorf("%q is %s, not %s", file, got.URI, want)
		}
		if relative := !strings.HasPrefix(want, "file:"); relative != (got.BaseID == sourceRoot) {
			t.Errorf("%q is relative to %q", file, got.BaseID)
		}
	}
}

func TestFingerprintsStay(t *testing.T) {
	d := event.Diagnostic{Rule: "R", File: "f", Line: 3, Snippet: "  os: Linux", Message: "m"}
	moved := d
	moved.Line, moved.Snippet, moved.Message = 9, "os: Linux ", "in other words"
	if (fingerprints{}).of(d) != (fingerprints{}).of(moved) {
		t.Error("a line that moves is another finding")
	}
	for name, other := range map[string]event.Diagnostic{
		"rule": {Rule: "S", File: "f", Snippet: "os: Linux"}, "file": {Rule: "R", File: "g", Snippet: "os: Linux"}, "line": {Rule: "R", File: "f", Snippet: "os: linux"},
	} {
		if (fingerprints{}).of(d) == (fingerprints{}).of(other) {
			t.Errorf("another %s is the same finding", name)
		}
	}
}

func TestCodeQualityIsValid(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join("testdata", "schema", "codequality.json"))
	if err != nil {
		t.Fatal(err)
	}
	for name, findings := range runs() {
		text, _ := CodeQuality(findings)
		if err := schema.Validate(decoded(t, text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		prints := map[any]bool{}
		issues := decoded(t, text).([]any)
		for _, issue := range issues {
			prints[issue.(map[string]any)["fingerprint"]] = true
		}
		if len(prints) != len(issues) {
			t.Errorf("%s: %d fingerprints for %d issues", name, len(prints), len(issues))
		}
	}
}

func TestJUnitIsValid(t *testing.T) {
	lint, err := exec.LookPath("xmllint")
	if err != nil {
		if strings.Contains(os.Getenv("CODEDEPLOY_STEPS_TEST_REQUIRE"), "xmllint") {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	all := runs()
	for name, deployment := range pages() {
		all["deployment "+name] = deployment
	}
	for name, findings := range all {
		text, _ := JUnit(findings)
		cmd := exec.Command(lint, "--noout", "--nonet", "--schema", filepath.Join("testdata", "schema", "junit.xsd"), "-")
		cmd.Stdin = bytes.NewReader(text)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

func TestJUnitForReaders(t *testing.T) {
	for name, want := range map[string]junit.Totals{
		"none": {Tests: 1, Passed: 1}, "unread": {Tests: 1, Error: 1}, "found": {Tests: 6, Passed: 2, Skipped: 2, Failed: 2},
	} {
		text, _ := JUnit(runs()[name])
		suites, err := junit.Ingest(text)
		if err != nil {
			t.Fatal(err)
		}
		var got junit.Totals
		for _, s := range suites {
			got.Tests += s.Totals.Tests
			got.Passed += s.Totals.Passed
			got.Skipped += s.Totals.Skipped
			got.Failed += s.Totals.Failed
			got.Error += s.Totals.Error
		}
		if got != want {
			t.Errorf("%s is read as %+v", name, got)
		}
	}
	text, _ := JUnit(runs()["found"])
	suites, _ := junit.Ingest(text)
	failed := suites[0].Tests[0]
	if failed.Name != "TEST-001" || failed.Message != `"🚀" <is> not & never` || !strings.Contains(failed.Error.Error(), "größe 1/appspec.yml:4:1: error: the same again") {
		t.Errorf("%+v", failed)
	}
}

// All XML is read by a strict reader, whatever is in the text.
func TestXMLIsWellFormed(t *testing.T) {
	for name, findings := range runs() {
		for _, kind := range []string{"junit", "checkstyle"} {
			text, _ := Formats()[kind](findings)
			for d := xml.NewDecoder(bytes.NewReader(text)); ; {
				if _, err := d.Token(); err == io.EOF {
					break
				} else if err != nil {
					t.Fatalf("%s %s: %v", name, kind, err)
				}
			}
		}
	}
}

func TestDocumentIsWrittenAtTheEnd(t *testing.T) {
	var written []string
	d := NewDocument(func(f *Findings) ([]byte, error) {
		return []byte(f.Version + " " + f.Found[0].Rule + " " + f.Checked[0].File + " " + f.Failure.Text), nil
	}, "v1", func(text []byte) error { written = append(written, string(text)); return errors.New("full") })
	other := NewDocument(CodeQuality, "v1", func(text []byte) error { written = append(written, string(text)); return nil })
	all := NewTee(d)
	all.Add(other)
	all.Emit(event.Diagnostic{Rule: "R", Severity: "error", File: "f", Message: "m"})
	all.Emit(event.Checked{File: "f"})
	all.Emit(event.Note{Text: "x"})
	all.Fail("validate", Failure{Text: "no"})
	if written != nil {
		t.Fatalf("%q", written)
	}
	if err := all.Close(); err == nil || err.Error() != "full" {
		t.Error(err)
	}
	if len(written) != 2 || written[0] != "v1 R f no" || !strings.Contains(written[1], `"check_name": "R"`) {
		t.Errorf("%q", written)
	}
}

func FuzzDocuments(f *testing.F) {
	for _, n := range nasty {
		f.Add(n, 1, 2)
	}
	f.Fuzz(func(t *testing.T, s string, line, column int) {
		if line < 0 || column < 0 {
			return
		}
		findings := &Findings{Found: []event.Diagnostic{{Rule: s, Severity: "error", File: s, Line: line, Column: column, EndLine: line, EndColumn: column, Message: s, Help: s, Snippet: s}}}
		for kind, format := range Formats() {
			text, err := format(findings)
			if err != nil {
				t.Fatalf("%s: %v", kind, err)
			}
			if found := obeys(string(text)); found != nil {
				t.Errorf("%s: %q", kind, found)
			}
		}
	})
}

// A run that found something to warn of and then broke did break.
func TestARunThatBrokeIsNotGoodForItsWarnings(t *testing.T) {
	f := &Findings{
		Found:   []event.Diagnostic{{Rule: "X", Severity: "warning", File: "a.yml", Line: 1, Message: "perhaps"}},
		Failure: &Failure{Text: "write bundle.zip: no space left on device", Code: 1},
	}
	for name, words := range map[string]string{"junit": `errors="1"`, "sarif": `"executionSuccessful": false`, "checkstyle": "no space left"} {
		if text, err := AllFormats()[name](f); err != nil || !strings.Contains(string(text), words) {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
}

func TestAFindingAboutAWholeFileHasNoLine(t *testing.T) {
	f := &Findings{Found: []event.Diagnostic{{Rule: "X", Severity: "error", File: "app", Message: "no"}, {Rule: "X", Severity: "error", File: "app", Line: 3, Message: "no"}}}
	if text, _ := Markdown(f); !strings.Contains(string(text), "| app | error |") || !strings.Contains(string(text), "| app:3 | error |") {
		t.Errorf("%s", text)
	}
}
