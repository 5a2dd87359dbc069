package appspec

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/codedeploy-steps/codedeploy-steps/bundle"
)

// exampleFindings gives all that the package says about an example of a rule.
func exampleFindings(r Rule, example string) []Diagnostic {
	revision := exampleRevision(example)
	name, found := Find(revision, "")
	if kind := r.With.Target.Archive; kind != "" {
		if example == r.Passes && !slices.Contains(ArchiveKinds(), kind) {
			kind = "zip" // how it should be packed
		}
		files, _ := Example(example)
		var names []string
		for _, f := range files {
			names = append(names, f.Name)
		}
		found = append(found, CheckArchive("revision", kind, names)...)
	}
	if name == "" {
		return found
	}
	text, err := fs.ReadFile(revision, name)
	if err != nil {
		panic(err)
	}
	found = append(found, bundleFindings(name, example)...)
	f, more := r.With.Options.Parse(name, text)
	found = append(found, more...)
	if f != nil {
		found = append(found, Check(f, revision)...)
		found = append(found, CheckTarget(f, r.With.Target)...)
	}
	found, _ = Ignore(name, text, found)
	return found
}

// bundleFindings gives what a bundle of an example's files is refused for, or warned of.
func bundleFindings(name, example string) []Diagnostic {
	files, _ := Example(example)
	slices.SortFunc(files, func(a, b ExampleFile) int { return strings.Compare(a.Name, b.Name) })
	var m bundle.Manifest
	for _, f := range files {
		e := bundle.Entry{Name: f.Name, Mode: f.Mode}
		if f.Mode&fs.ModeSymlink != 0 {
			e.Link = f.Text
		}
		m.Entries = append(m.Entries, e)
	}
	var refused, alike []string
	for _, e := range m.LinksOutside() {
		refused = append(refused, e.Name)
	}
	for _, pair := range m.Collisions() {
		alike = append(alike, pair[0]+" and "+pair[1])
	}
	return CheckBundle(name, refused, alike)
}

// exampleRevision gives an example as a file system.
func exampleRevision(example string) fs.FS {
	files, _ := Example(example)
	revision := fstest.MapFS{}
	for _, f := range files {
		revision[f.Name] = &fstest.MapFile{Data: []byte(f.Text), Mode: f.Mode}
	}
	return revision
}

// TestTable: every rule is complete, and its examples show it: the failing one
// at the marked place with the rule's severity, the passing one not at all.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rules() {
		t.Run(r.ID, func(t *testing.T) {
			if seen[r.ID] {
				t.Fatal("stands twice")
			}
			seen[r.ID] = true
			if r.Severity != Error && r.Severity != Warning || r.Title == "" || r.Why == "" || r.Remedy == "" || r.Fails == "" || r.Passes == "" {
				t.Fatalf("incomplete: %+v", r)
			}
			if r.Agent == Refuses && r.Severity != Error {
				t.Error("what the agent refuses is an error")
			}
			_, at := Example(r.Fails)
			found := exampleFindings(r, r.Fails)
			i := slices.IndexFunc(found, func(d Diagnostic) bool { return d.Rule == r.ID })
			switch {
			case i < 0:
				t.Fatalf("the failing example gives %q", placedAll(found))
			case found[i].Range != at:
				t.Errorf("found at %v-%v, marked %v-%v", found[i].Range.Start, found[i].Range.End, at.Start, at.End)
			case found[i].Severity != r.Severity:
				t.Errorf("found as %s", found[i].Severity)
			case found[i].Refused != (r.Agent == Refuses):
				t.Errorf("the agent refuses it: %v, and the table says %q", found[i].Refused, r.Agent)
			}
			if found := exampleFindings(r, r.Passes); slices.Contains(rulesOf(found), r.ID) {
				t.Errorf("the passing example gives %q", placedAll(found))
			}
		})
	}
}

var ruleID = regexp.MustCompile(`"((?:YAML|EC2|REV|ECS|LAM|LIMIT|LINT)-\d{3})"`)

// TestNoRuleWithoutTable: what the code reports is in the table, and the table
// has nothing that the code does not report.
func TestNoRuleWithoutTable(t *testing.T) {
	sources, err := fs.Glob(os.DirFS("."), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]string{}
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "rules_") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range ruleID.FindAllStringSubmatch(string(text), -1) {
			used[m[1]] = name
		}
	}
	for id, name := range used {
		if _, ok := LookUp(id); !ok {
			t.Errorf("%s reports %s, which the table lacks", name, id)
		}
	}
	for _, r := range Rules() {
		if used[r.ID] == "" {
			t.Errorf("no code reports %s", r.ID)
		}
	}
}
