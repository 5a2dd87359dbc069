package report

import (
	"net/url"
	"path"
	"strings"
	"unicode/utf16"

	"github.com/codedeploy-steps/codedeploy-steps/appspec"
	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

// The parts of SARIF 2.1.0 (OASIS, Static Analysis Results Interchange Format)
// that are written here, under the names that the standard gives them.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool struct {
			Driver sarifDriver `json:"driver"`
		} `json:"tool"`
		Invocations []sarifInvocation        `json:"invocations"`
		BaseIDs     map[string]sarifLocation `json:"originalUriBaseIds"`
		Artifacts   []sarifArtifact          `json:"artifacts,omitempty"`
		Results     []sarifResult            `json:"results"` // empty, not absent: the run was carried out
		Newlines    []string                 `json:"newlineSequences"`
		ColumnKind  string                   `json:"columnKind"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID      string        `json:"id"`
		Short   *sarifMessage `json:"shortDescription,omitempty"`
		Full    *sarifMessage `json:"fullDescription,omitempty"`
		Default *struct {
			Level string `json:"level"`
		} `json:"defaultConfiguration,omitempty"`
		Help *sarifMessage `json:"help,omitempty"`
	}
	sarifMessage struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		ExitCode      int                 `json:"exitCode"`
		Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct {
		Level   string       `json:"level"`
		Message sarifMessage `json:"message"`
	}
	sarifArtifact struct {
		Location sarifLocation `json:"location"`
	}
	sarifLocation struct {
		URI         string        `json:"uri,omitempty"`
		BaseID      string        `json:"uriBaseId,omitempty"`
		Description *sarifMessage `json:"description,omitempty"`
	}
	sarifResult struct {
		RuleID       string             `json:"ruleId"`
		RuleIndex    int                `json:"ruleIndex"`
		Level        string             `json:"level"`
		Message      sarifMessage       `json:"message"`
		Locations    []sarifPlace       `json:"locations"`
		Fingerprints map[string]string  `json:"partialFingerprints"`
		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
	}
	sarifPlace struct {
		Physical struct {
			Artifact sarifLocation `json:"artifactLocation"`
			Region   *sarifRegion  `json:"region,omitempty"`
		} `json:"physicalLocation"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
		EndLine     int `json:"endLine,omitempty"`
		EndColumn   int `json:"endColumn,omitempty"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"` // inSource or external
		Justification string `json:"justification,omitempty"`
	}
)

// sourceRoot stands for the folder that relative paths are relative to: that
// of the checkout.
const sourceRoot = "%SRCROOT%"

// SARIF writes findings as SARIF 2.1.0, for code scanning on GitHub and for
// editors. Of the rules those are described that have findings.
func SARIF(f *Findings) ([]byte, error) {
	run := sarifRun{
		Results: []sarifResult{}, ColumnKind: "utf16CodeUnits",
		Newlines: []string{"\r\n", "\n", "\r", "\u0085", "\u2028", "\u2029"}, // those of YAML 1.1, by which lines are counted
		BaseIDs:  map[string]sarifLocation{sourceRoot: {Description: &sarifMessage{Text: "The folder of the checkout."}}},
	}
	run.Tool.Driver = sarifDriver{Name: "codedeploy-steps", Version: Clean(f.Version), Rules: []sarifRule{}}
	run.Invocations = []sarifInvocation{{Successful: true}}
	if f.Failure != nil {
		run.Invocations[0].ExitCode = f.Failure.Code
	}
	if b := f.broken(); b != nil {
		run.Invocations[0].Successful = false
		run.Invocations[0].Notifications = []sarifNotification{{"error", sarifMessage{Text: b.full()}}}
	}
	for _, file := range f.byFile() {
		run.Artifacts = append(run.Artifacts, sarifArtifact{uri(file.name)})
	}
	table := map[string]appspec.Rule{}
	if len(f.Found) > 0 {
		for _, r := range appspec.Rules() {
			table[r.ID] = r
		}
	}
	index := map[string]int{}
	prints := fingerprints{}
	for _, d := range f.Found {
		i, ok := index[d.Rule]
		if !ok {
			i = len(run.Tool.Driver.Rules)
			index[d.Rule] = i
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, describe(d.Rule, table[d.Rule]))
		}
		run.Results = append(run.Results, result(d, i, prints.of(d)))
	}
	return indented(sarifLog{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0", Runs: []sarifRun{run},
	})
}

func result(d event.Diagnostic, rule int, fingerprint string) sarifResult {
	r := sarifResult{
		RuleID: d.Rule, RuleIndex: rule, Level: d.Severity, Message: sarifMessage{Text: full(d)},
		Fingerprints: map[string]string{"ruleFileLine/v1": fingerprint},
	}
	var p sarifPlace
	p.Physical.Artifact = uri(d.File)
	p.Physical.Region = region(d)
	r.Locations = []sarifPlace{p}
	if d.Ignored != nil {
		s := sarifSuppression{"external", Clean(d.Ignored.Reason)}
		if d.Ignored.By == event.IgnoredInFile {
			s.Kind = "inSource"
		}
		r.Suppressions = []sarifSuppression{s}
	}
	return r
}

// region gives the place of a finding, its columns in UTF-16 code units. It is
// nil for a finding about the whole file.
func region(d event.Diagnostic) *sarifRegion {
	if d.Line == 0 {
		return nil
	}
	r := &sarifRegion{StartLine: d.Line, EndLine: d.EndLine, StartColumn: d.Column, EndColumn: d.EndColumn}
	if d.Column > 0 {
		r.StartColumn = units(d.Snippet, d.Column)
	}
	if d.EndColumn > 0 && d.EndLine == d.Line {
		r.EndColumn = units(d.Snippet, d.EndColumn)
	}
	return r
}

// units turns a column counted in characters into one in UTF-16 code units.
func units(line string, column int) int {
	at := 1
	for _, c := range line {
		if column--; column < 1 {
			return at
		}
		at += max(utf16.RuneLen(c), 1)
	}
	return at + column - 1
}

// uri gives a file's name as a URI: relative to the checkout where it lies in it.
func uri(file string) sarifLocation {
	switch {
	case path.IsAbs(file):
		return sarifLocation{URI: (&url.URL{Scheme: "file", Path: file}).String()}
	case len(file) > 2 && file[1:3] == `:\`: // a drive of Windows
		return sarifLocation{URI: (&url.URL{Scheme: "file", Path: "/" + strings.ReplaceAll(file, `\`, "/")}).String()}
	}
	return sarifLocation{URI: (&url.URL{Path: file}).String(), BaseID: sourceRoot}
}

// describe tells of a rule what the table has.
func describe(id string, r appspec.Rule) sarifRule {
	out := sarifRule{ID: id}
	if r.ID == "" {
		return out
	}
	out.Short = &sarifMessage{Text: r.Title}
	out.Full = &sarifMessage{Text: r.Why}
	out.Default = &struct {
		Level string `json:"level"`
	}{string(r.Severity)}
	text := r.Why + "\n" + r.Remedy
	out.Help = &sarifMessage{Text: text, Markdown: strings.Join([]string{
		literal.Replace(r.Why), "**" + literal.Replace(r.Remedy) + "**", "Fails:", fenced(r.Fails), "Passes:", fenced(r.Passes)}, "\n\n")}
	return out
}

// literal keeps what our own texts quote from becoming markup.
var literal = strings.NewReplacer("<", "&lt;", "&", "&amp;", "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`)

// fenced gives a rule's example as a block of code.
func fenced(example string) string {
	files, _ := appspec.Example(example)
	var b strings.Builder
	b.WriteString("```yaml\n")
	for _, f := range files {
		if len(files) > 1 {
			b.WriteString("# " + Clean(f.Name) + "\n")
		}
		for _, line := range shortened(CleanLines(f.Text)) {
			b.WriteString(line + "\n")
		}
	}
	return b.String() + "```"
}
