package appspec

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// keptAndIgnored gives what is found in a text, after what it asks to ignore.
func keptAndIgnored(text string) (kept, ignored []string) {
	_, found := Parse("appspec.yml", []byte(text))
	k, i := Ignore("appspec.yml", []byte(text), found)
	for _, d := range k {
		kept = append(kept, d.Range.Start.String()+" "+d.Rule)
	}
	for _, d := range i {
		ignored = append(ignored, d.Range.Start.String()+" "+d.Rule+": "+d.Reason)
	}
	return kept, ignored
}

// untouched is the rest of a file without faults.
const untouched = "version: 0.0\nos: linux\nhooks:\n  ApplicationStop:\n    - location: stop.sh\n"

func TestIgnore(t *testing.T) {
	const ask = "# codedeploy-steps: ignore "
	for _, test := range []struct{ name, text, kept, ignored string }{
		{"nothing asked", "x: 1\n", "1:1 YAML-023", ""},
		{"the same line", "x: 1 " + ask + "YAML-023 ours\n", "", "1:1 YAML-023: ours"},
		{"the line before", ask + "YAML-023 read by our tool\nx: 1\n", "", "2:1 YAML-023: read by our tool"},
		{"comments between", ask + "YAML-023 ours\n# more words\n" + ask + "YAML-013 ours\nx: 1\n", "3:28 LINT-003", "4:1 YAML-023: ours"},
		{"an empty line between", ask + "YAML-023 ours\n\nx: 1\n", "1:28 LINT-003 3:1 YAML-023", ""},
		{"the line after", "x: 1\n" + ask + "YAML-023 ours\n", "1:1 YAML-023 2:28 LINT-003", ""},
		{"at a line's end, for that line", "x: 1 " + ask + "YAML-023 ours\ny: 1\n", "2:1 YAML-023", "1:1 YAML-023: ours"},
		{"two rules", "x: 1 " + ask + "YAML-013, YAML-023 - ours\n", "1:33 LINT-003", "1:1 YAML-023: - ours"},
		{"another case, no blanks", "x: 1 #codedeploy-steps:ignore yaml-023,lint-001 ours\n", "1:40 LINT-003", "1:1 YAML-023: ours"},
		{"asked twice", ask + "YAML-023 ours\nx: 1 " + ask + "YAML-023 ours\n", "2:33 LINT-003", "2:1 YAML-023: ours"},
		{"no reason", "x: 1 " + ask + "YAML-023\n", "1:1 YAML-023 1:6 LINT-001", ""},
		{"a dash for a reason", "x: 1 " + ask + "YAML-023 -- \n", "1:1 YAML-023 1:6 LINT-001", ""},
		{"no rule", "x: 1 # codedeploy-steps: ignore\n", "1:1 YAML-023 1:6 LINT-001", ""},
		{"an unknown rule", "x: 1 " + ask + "YAML-923 ours\n", "1:1 YAML-023 1:33 LINT-002", ""},
		{"another word", "x: 1 # codedeploy-steps: ignored YAML-023 ours\n", "1:1 YAML-023", ""},
		{"not a comment", "x: \"a#codedeploy-steps: ignore YAML-023 ours\"\n", "1:1 YAML-023", ""},
		{"an error goes too", "Files: [] " + ask + "YAML-022 ours\n", "", "1:1 YAML-022: ours"},
		{"an error that stays keeps LINT-003 away", "Files: []\n" + ask + "YAML-023 ours\n", "1:1 YAML-022", ""},
		{"after wide letters", "x: ü🚀 " + ask + "YAML-013, YAML-023 ours\n", "1:34 LINT-003", "1:1 YAML-023: ours"},
	} {
		kept, ignored := keptAndIgnored(test.text + untouched)
		if got := strings.Join(kept, " "); got != test.kept {
			t.Errorf("%s: kept is %q, not %q", test.name, got, test.kept)
		}
		if got := strings.Join(ignored, "; "); got != test.ignored {
			t.Errorf("%s: ignored is %q, not %q", test.name, got, test.ignored)
		}
	}
}

// Findings about the revision have no place: the file's head may ask to ignore them.
func TestIgnoreWithoutAPlace(t *testing.T) {
	const ask = "# codedeploy-steps: ignore YAML-013 so be it\n"
	for text, want := range map[string]int{
		ask + untouched:                        1,
		"\n# words\n\n---\n" + ask + untouched: 1,
		untouched + ask:                        0,
		"version: 0.0 " + ask:                  0,
	} {
		found := []Diagnostic{{Rule: "YAML-013", Severity: Warning, File: "appspec.yml"}}
		if _, got := Ignore("appspec.yml", []byte(text), found); len(got) != want {
			t.Errorf("%q ignores %d", text, len(got))
		}
		if _, got := Ignore("other.yml", []byte(text), found); len(got) != 0 {
			t.Errorf("%q ignores what another file has", text)
		}
	}
}

// Who is not told where a revision goes, or what is in its folder, cannot say that there is nothing to ignore.
func TestIgnoreDoesNotGuessTheTarget(t *testing.T) {
	for _, r := range Rules() {
		kept, _ := keptAndIgnored("# codedeploy-steps: ignore " + r.ID + " we know\n" + untouched)
		if told := slices.Equal(kept, []string{"1:28 LINT-003"}); told != (!r.Listed && reflect.ValueOf(r.With).IsZero()) {
			t.Errorf("%s: %v", r.ID, kept)
		}
	}
}

func TestIgnoreReadsNoHugeText(t *testing.T) {
	text := strings.Repeat("# codedeploy-steps: ignore YAML-023 ours\n", maxText/40)
	found := []Diagnostic{{Rule: "LIMIT-001", Severity: Error, File: "appspec.yml"}}
	if kept, ignored := Ignore("appspec.yml", []byte(text), found); len(kept) != 1 || len(ignored) != 0 {
		t.Errorf("%d, %d", len(kept), len(ignored))
	}
}
