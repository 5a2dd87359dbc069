package appspec

import (
	"bytes"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"gopkg.in/yaml.v3"
)

// repairOf mends the findings of one rule alone, whatever it changes.
func repairOf(r Rule) Repair {
	return Repair{Options: r.With.Options, Unsafe: true, Wanted: func(d Diagnostic) bool { return d.Rule == r.ID }}
}

// TestRepairOfExamples: what a rule that can be mended finds in its failing
// example is gone afterwards, nothing else is changed, and no other rule's
// example is touched.
func TestRepairOfExamples(t *testing.T) {
	for _, r := range Rules() {
		t.Run(r.ID, func(t *testing.T) {
			if fix := menders()[r.ID].fix; fix != r.Fix {
				t.Errorf("mended as %q, and the table says %q", fix, r.Fix)
			}
			revision := exampleRevision(r.Fails)
			name, _ := Find(revision, "")
			if name == "" {
				if r.Fix != NoFix {
					t.Fatal("there is no AppSpec to mend")
				}
				return
			}
			text, err := fs.ReadFile(revision, name)
			if err != nil {
				t.Fatal(err)
			}
			mended, err := repairOf(r).Revision(name, text, revision)
			if err != nil && r.Fix != NoFix {
				t.Fatal(err)
			}
			if r.Fix == NoFix {
				if len(mended) > 0 {
					t.Errorf("mended, though the table says no: %+v", mended[0].Edits)
				}
				return
			}
			if len(mended) == 0 {
				t.Fatal("not mended")
			}
			if r.Fix == Unsafe {
				safe := repairOf(r)
				safe.Unsafe = false
				if mended, _ := safe.Revision(name, text, revision); len(mended) > 0 {
					t.Errorf("mended without being asked for what is unsafe: %+v", mended[0].Edits)
				}
			}
			after := overlay(revision, mended)
			_, found := exampleFindingsIn(r, after)
			if slices.Contains(rulesOf(found), r.ID) {
				t.Errorf("found again: %q", placedAll(found))
			}
			for _, m := range mended {
				checkEdits(t, m.Before, m.After, withoutModes(m.Edits))
				if m.Name == name {
					checkMeaning(t, r, m)
				}
			}
			_, found = exampleFindingsIn(r, revision)
			if i := slices.Index(rulesOf(found), r.ID); !slices.ContainsFunc(mended, func(m Mended) bool { return m.Mends(found[i]) }) {
				t.Error("it is not told that the finding is mended")
			}
			text, _ = fs.ReadFile(after, name)
			if again, _ := repairOf(r).Revision(name, text, after); len(again) > 0 {
				t.Errorf("mended again: %+v", again[0].Edits)
			}
		})
	}
}

// exampleFindingsIn gives all that the package says about a revision.
func exampleFindingsIn(r Rule, revision fs.FS) (*File, []Diagnostic) {
	name, found := Find(revision, "")
	text, err := fs.ReadFile(revision, name)
	if err != nil {
		panic(err)
	}
	f, more := r.With.Options.Parse(name, text)
	return f, slices.Concat(found, more, Check(f, revision), CheckTarget(f, r.With.Target))
}

// overlay is a revision with files mended.
func overlay(revision fs.FS, mended []Mended) fs.FS {
	all := fstest.MapFS{}
	for name, file := range revision.(fstest.MapFS) {
		all[name] = file
	}
	for _, m := range mended {
		all[m.Name] = &fstest.MapFile{Data: m.After, Mode: m.ModeAfter}
	}
	return all
}

func withoutModes(edits []Edit) []Edit {
	return slices.DeleteFunc(slices.Clone(edits), func(e Edit) bool { return !e.Range.Start.IsKnown() })
}

// checkEdits makes the edits by their places alone: the result must be the
// same, so that no other byte has changed.
func checkEdits(t *testing.T, before, after []byte, edits []Edit) {
	t.Helper()
	text := newSource(strings.TrimPrefix(string(before), byteOrderMark))
	done, mark, at := "", len(before)-len(text.text), 0
	for _, e := range edits {
		if e.Old == byteOrderMark {
			mark = 0
			continue
		}
		from := text.offset(e.Range.Start)
		if e.Old == "\r" {
			from = text.lines[e.Range.Start.Line-1] + len(text.line(e.Range.Start.Line))
		}
		if !strings.HasPrefix(text.text[from:], e.Old) || from < at || e.Old == e.New {
			t.Fatalf("%+v does not stand there", e)
		}
		done, at = done+text.text[at:from]+e.New, from+len(e.Old)
	}
	done = byteOrderMark[:mark] + done + text.text[at:]
	if done != string(after) {
		t.Errorf("more has changed than the edits say:\n%q\n%q", done, after)
	}
}

// checkMeaning: mended, a document says what it said, but for the values in
// lines that were edited; one that was not readable says what the passing
// example does.
func checkMeaning(t *testing.T, r Rule, m Mended) {
	t.Helper()
	after := treeOf(m.After)
	if after == nil {
		t.Fatalf("not readable:\n%s", m.After)
	}
	edited := map[int]bool{}
	for _, e := range m.Edits {
		edited[e.Range.Start.Line] = true
	}
	before := treeOf(m.Before)
	if before != nil && sameBut(before, after, edited) {
		return
	}
	files, _ := Example(r.Passes)
	for _, f := range files {
		if f.Name == m.Name && sameTree(treeOf([]byte(f.Text)), after) {
			return
		}
	}
	t.Errorf("the meaning has changed:\n%s", m.After)
}

func treeOf(text []byte) *yaml.Node {
	doc, failure := parseYAML(newSource(strings.TrimPrefix(string(text), byteOrderMark)))
	if failure != nil || doc.more.IsKnown() {
		return nil
	}
	return doc.root
}

func sameBut(a, b *yaml.Node, edited map[int]bool) bool {
	if a.Kind != b.Kind || (a.Value != b.Value || a.Tag != b.Tag) && !edited[a.Line] {
		return false
	}
	return slices.EqualFunc(a.Content, b.Content, func(a, b *yaml.Node) bool { return sameBut(a, b, edited) })
}

func TestRepairText(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"all at once", "\ufeffVersion: 0\r\nos:\t\"Linux\" # keep\r\n", "version: 0.0\nos: \"linux\" # keep\n"},
		{"tabs of two levels", server("hooks:\n\tAfterInstall:\n\t\t- location: a.sh\n\t\t  timeout: 5\n"), server("hooks:\n  AfterInstall:\n    - location: a.sh\n      timeout: 5\n")},
		{"tab among spaces", server("files:\n  - source: /\n\tdestination: /srv/x\n"), server("files:\n  - source: /\n    destination: /srv/x\n")},
		{"tab as wide as eight", server("hooks:\n    AfterInstall:\n      - location: a.sh\n\ttimeout: 5\n"), server("hooks:\n    AfterInstall:\n      - location: a.sh\n        timeout: 5\n")},
		{"tab as deep as its sibling", server("files:\n     - source: /\n\tdestination: /srv/x\n"), server("files:\n     - source: /\n       destination: /srv/x\n")},
		{"tabs and other mistakes", server("files:\n\t- source:/\n\t  destination: /srv/x\nhooks:\n\u00a0 AfterInstall:\n\t\t- location:a.sh\n"), server("files:\n  - source: /\n    destination: /srv/x\nhooks:\n  AfterInstall:\n    - location: a.sh\n")},
		{"tab that could mean two things", server("permissions:\n  - object: /srv/x\n    acls:\n      - u:bob:rw\n\t- u:eve:rw\n"), ""},
		{"tab in an empty line", server("files:\n  - source: |-\n      a\n\t\n      b\n    destination: /srv/x\n"), server("files:\n  - source: |-\n      a\n\n      b\n    destination: /srv/x\n")},
		{"tabs before a text", server("files:\n\t- source: /\n\t  destination: |-\n\t      /srv/x\n\n\n# end\n"), server("files:\n  - source: /\n    destination: |-\n        /srv/x\n\n\n# end\n")},
		{"syntax that cannot be mended", server("files:\n  - source:/a\n  - ]\n"), ""},
		{"line ends and syntax that cannot be mended", "version: 0.0\r\nos:linux\r\n]\r\n", "version: 0.0\nos:linux\n]\n"},
		{"no space after any colon", "version:0.0\nos:linux\nfiles:\n  - source:/\n    destination:/srv/x\n", "version: 0.0\nos: linux\nfiles:\n  - source: /\n    destination: /srv/x\n"},
		{"two sections in the wrong case", server("Hooks:\n  beforeinstall:\n    - location: a.sh\n"), server("hooks:\n  BeforeInstall:\n    - location: a.sh\n")},
		{"wrong case beside the right one", server("hooks: {AfterInstall: [{location: a.sh}]}\nHooks: {AfterInstall: [{location: b.sh}]}\n"), ""},
		{"wrong case twice", server("HOOKS: {}\nHooks: {AfterInstall: [{location: b.sh}]}\n"), server("hooks: {}\nHooks: {AfterInstall: [{location: b.sh}]}\n")},
		{"blank in quotes", server("files:\n  - {source: '\u00a0', destination: /srv/x}\n"), ""},
		{"blank without a width", server("files:\n  - source: \u200b/app\n    destination: /srv/x\n"), server("files:\n  - source: /app\n    destination: /srv/x\n")},
		{"version of text", "version: v0.0\nos: linux\n", ""},
		{"another version in quotes", "version: '1.0'\nos: linux\n", ""},
		{"version in single quotes", "version: '0.0'\nos: linux\n", "version: 0.0\nos: linux\n"},
		{"mode of five digits", permission("mode: 00644"), ""},
		{"mode in brackets", server("permissions: [{object: /srv/x, mode: 0644}]\n"), server("permissions: [{object: /srv/x, mode: \"0644\"}]\n")},
		{"timeouts", hook("timeout: \"300\"\n    - location: b.sh\n      timeout: 0600\n    - location: c.sh\n      timeout: 5.9"), hook("timeout: 300\n    - location: b.sh\n      timeout: 600\n    - location: c.sh\n      timeout: 5.9")},
		{"what a comment asks to ignore", "version: 0 # codedeploy-steps: ignore EC2-004 written by a template\nos: Linux\n", "version: 0 # codedeploy-steps: ignore EC2-004 written by a template\nos: linux\n"},
		{"edit beside an edit", server("permissions:\n  - object: /srv/x\n    mode:0644\n"), server("permissions:\n  - object: /srv/x\n    mode: \"0644\"\n")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			want := test.want
			if want == "" {
				want = test.text
			}
			got, edits := Repair{Unsafe: true}.Text("appspec.yml", []byte(test.text))
			if string(got) != want {
				t.Fatalf("got\n%q, want\n%q", got, want)
			}
			checkEdits(t, []byte(test.text), got, edits)
		})
	}
}

// TestPatch: changes of changed places are edits of the text as it was.
func TestPatch(t *testing.T) {
	p := newPatch([]byte("a bcd e\nnext\n"))
	p.apply([]change{{rule: "1", line: 1, from: 2, to: 5, new: "BCDE"}, {rule: "2", line: 1, from: 7, to: 7, new: "!"}})
	p.apply([]change{{rule: "3", line: 1, from: 0, to: 3, new: "x"}})
	p.apply([]change{{rule: "4", line: 1, from: 4, to: 7, new: "-"}})
	want := []Edit{{Rule: "3", Range: span(1, 1, 5), Old: "a bcd", New: "xCDE"}, {Rule: "4", Range: span(1, 6, 2), Old: " e", New: "-"}}
	if got := p.list(); !slices.Equal(got, want) || string(p.bytes()) != "xCDE-\nnext\n" {
		t.Errorf("%+v\n%q", got, p.bytes())
	}
}

func FuzzRepair(f *testing.F) {
	for _, r := range Rules() {
		files, _ := Example(r.Fails)
		f.Add([]byte(files[0].Text))
	}
	f.Add([]byte("hooks:\n\tAfterInstall:\n\t\t- location:a.sh\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		fixed, edits := Repair{Unsafe: true}.Text("appspec.yml", text)
		checkEdits(t, text, fixed, edits)
		if again, more := (Repair{Unsafe: true}).Text("appspec.yml", fixed); len(more) > 0 || !bytes.Equal(again, fixed) {
			t.Errorf("mended again: %+v\n%q\n%q", more, fixed, again)
		}
		if treeOf(text) != nil && treeOf(fixed) == nil {
			t.Errorf("no longer readable: %q", fixed)
		}
	})
}
