package appspec

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// FuzzParse: whatever the text, Parse and Check end, and what they say can be
// shown: it lies in the text and sends no control character.
func FuzzParse(f *testing.F) {
	for _, c := range slices.Concat(ruleCases(), ecsFrameCases(), ecsPropertyCases(), ecsOptionCases(), ecsHookCases()) {
		f.Add([]byte(c.text))
	}
	for _, text := range wholeFiles() {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, options := range []Options{{}, {Spacing: true}, {Platform: Server}, {Platform: ECS}, {Platform: Lambda, Spacing: true}} {
			fuzzOne(t, options, text)
		}
	})
}

func fuzzOne(t *testing.T, options Options, text []byte) {
	file, diagnostics := options.Parse("appspec.yml", text)
	if file == nil && !HasErrors(diagnostics) {
		t.Fatal("no file and no error")
	}
	if _, refused := Refusal(diagnostics); refused && !HasErrors(diagnostics) {
		t.Fatal("refused without an error")
	}
	if file != nil {
		diagnostics = append(diagnostics, Check(file, fstest.MapFS{"a.sh": {Data: []byte("#!/bin/sh\n"), Mode: 0o755}})...)
		diagnostics = append(diagnostics, CheckTarget(file, Target{System: "linux", Deployment: InPlace, Archive: "tar", Users: []string{"root"}, Groups: []string{"root"}, NoTestListener: true, Containers: []string{"web"}})...)
		diagnostics = append(diagnostics, CheckTarget(file, Target{System: "windows", Deployment: BlueGreenOriginal})...)
		for _, hook := range file.Hooks {
			for _, script := range hook.Scripts {
				if script.Timeout() <= 0 {
					t.Fatalf("time-out %v", script.Timeout())
				}
			}
		}
	}
	lines := strings.Count(string(text), "\n") + strings.Count(string(text), "\r") + strings.Count(string(text), "\u0085") +
		strings.Count(string(text), "\u2028") + strings.Count(string(text), "\u2029") + 1
	var last Pos
	for i, d := range diagnostics {
		start, end := d.Range.Start, d.Range.End
		if start.Line > lines || end.compare(start) < 0 || start.IsKnown() && start.Column < 1 {
			t.Fatalf("%s lies at %v-%v of %d lines", d.Rule, start, end, lines)
		}
		if file == nil && i > 0 && start.IsKnown() && start.compare(last) < 0 {
			t.Fatalf("%s is out of order", d.Rule)
		}
		last = start
		for _, line := range strings.Split(d.Format(), "\n") {
			if strings.ContainsFunc(line, func(r rune) bool { return obeyed(r) && r != '\t' && r != '\ufffd' }) {
				t.Fatalf("%q would be obeyed", line)
			}
		}
	}
}
