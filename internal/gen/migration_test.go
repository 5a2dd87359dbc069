package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/owner"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps"
)

// theirs is what another tool takes and gives, as its source has it.
type theirs struct {
	Page, Table, Source, Commit string
	Inputs, Outputs             []string
}

// variables are those of the environment that a migration table may name
// instead of an input: what the SDK and Go's HTTP client read.
var variables = []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_CA_BUNDLE", "HTTPS_PROXY"}

var (
	stepLink = regexp.MustCompile(`\[([a-z ]+)\]\(\.\./reference/steps\.md#[a-z-]+\)`)
	quotedIn = regexp.MustCompile("`([^`]+)`")
)

// table is one of a page: theirs, the step that it is held against, rows.
type table struct {
	name, step string
	outputs    bool
	rows       [][]string // theirs, ours, what differs
}

// tables are those of a page whose heading names a step in the second column.
func tables(text string) []table {
	var all []table
	var now *table
	for line := range strings.Lines(text) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if !strings.HasPrefix(line, "| ") || len(cells) < 2 {
			if !strings.HasPrefix(line, "|---") {
				now = nil
			}
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(strings.TrimSuffix(cells[i], " |"))
		}
		if now != nil {
			now.rows = append(now.rows, append(cells, "")[:3])
		} else if m := stepLink.FindStringSubmatch(cells[1]); m != nil {
			all = append(all, table{strings.ReplaceAll(cells[0], "`", ""), m[1], strings.HasPrefix(cells[1], "outputs of "), nil})
			now = &all[len(all)-1]
		}
	}
	return all
}

// The migration tables hold every input and output of the tool that is left,
// and name inputs and outputs of ours that there are.
func TestMigrationTables(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "migration.json"))
	if err != nil {
		t.Fatal(err)
	}
	var data []theirs
	if err := json.Unmarshal(text, &data); err != nil {
		t.Fatal(err)
	}
	wanted := map[string]map[string][]string{} // page, table, their names
	want := func(page, table string, names []string) {
		if wanted[page] == nil {
			wanted[page] = map[string][]string{}
		}
		wanted[page][table] = names
	}
	for _, d := range data {
		if d.Source == "" || d.Commit == "" || len(d.Inputs) == 0 {
			t.Errorf("%s: where it was found is missing", d.Table)
		}
		want(d.Page, d.Table, d.Inputs)
		if len(d.Outputs) > 0 {
			want(d.Page, d.Table+", outputs", d.Outputs)
		}
	}
	pages, err := filepath.Glob(filepath.Join("..", "..", "docs", "migration", "*.md"))
	if err != nil || len(pages) != len(wanted) {
		t.Fatalf("%d pages, and data for %d: %v", len(pages), len(wanted), err)
	}
	for _, path := range pages {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		left := wanted[filepath.Base(path)]
		for _, table := range tables(string(text)) {
			names, known := left[table.name]
			if !known {
				t.Errorf("%s: the table %q is not in the data", filepath.Base(path), table.name)
				continue
			}
			delete(left, table.name)
			for _, wrong := range table.check(names) {
				t.Errorf("%s, %s: %s", filepath.Base(path), table.name, wrong)
			}
		}
		for name := range left {
			t.Errorf("%s has no table for %s", filepath.Base(path), name)
		}
	}
}

// check says what is wrong with a table for things of these names.
func (in table) check(names []string) []string {
	ours, found := namesOf(in.step, in.outputs)
	if !found {
		return []string{"there is no step " + in.step}
	}
	var wrong []string
	var seen []string
	for _, row := range in.rows {
		name := strings.Trim(row[0], "`")
		seen = append(seen, name)
		if !slices.Contains(names, name) {
			wrong = append(wrong, name+" is none of theirs")
		}
		given := quotedIn.FindAllStringSubmatch(row[1], -1)
		if row[1] == "none" && row[2] == "" || row[1] != "none" && len(given) == 0 {
			wrong = append(wrong, name+" has no counterpart, and no word why")
		}
		for _, m := range given {
			if !slices.Contains(ours, m[1]) && (in.outputs || !slices.Contains(variables, m[1])) {
				wrong = append(wrong, name+": "+in.step+" has no "+m[1])
			}
		}
	}
	for _, name := range names {
		if n := count(seen, name); n != 1 {
			wrong = append(wrong, fmt.Sprintf("%s has %d rows", name, n))
		}
	}
	return wrong
}

func count(all []string, one string) int {
	n := 0
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}

// namesOf are the names of a step's inputs or outputs.
func namesOf(name string, outputs bool) ([]string, bool) {
	for _, s := range steps.All(owner.Connect) {
		if s.Name != name {
			continue
		}
		if outputs {
			return s.Outputs, true
		}
		var all []string
		for _, f := range step.Fields(s.New()) {
			all = append(all, f.Name)
		}
		return all, true
	}
	return nil, false
}

// The check of the tables finds what it is there for.
func TestMigrationTableIsChecked(t *testing.T) {
	const head = "| theirs | [push](../reference/steps.md#push) | |\n|---|---|---|\n"
	for _, c := range []struct{ rows, want string }{
		{"| `a` | `source`, `AWS_PROFILE` | |\n| `b` | none | why |\n", ""},
		{"| `a` | `source` | |\n", "b has 0 rows"},
		{"| `a` | `sauce` | |\n| `b` | none | why |\n", "a: push has no sauce"},
		{"| `a` | `source` | |\n| `b` | none | |\n", "b has no counterpart, and no word why"},
		{"| `a` | `source` | |\n| `b` | `source` | |\n| `c` | `source` | |\n", "c is none of theirs"},
	} {
		found := tables(head + c.rows)
		if len(found) != 1 || found[0].name != "theirs" {
			t.Fatalf("tables: %+v", found)
		}
		if got := strings.Join(found[0].check([]string{"a", "b"}), "; "); got != c.want {
			t.Errorf("%q: got %q, want %q", c.rows, got, c.want)
		}
	}
	if got := (table{step: "pull"}).check(nil); len(got) != 1 || got[0] != "there is no step pull" {
		t.Errorf("a step that is none: %q", got)
	}
}

// Named arguments of the Jenkins library in the migration page are inputs.
func TestMigrationGroovy(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "migration", "jenkins-plugin.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, call, _ := strings.Cut(string(text), "codedeployRelease(\n")
	call, _, found := strings.Cut(call, "\n)\n")
	arguments := regexp.MustCompile(`(?m)^ +([a-zA-Z0-9]+): '`).FindAllStringSubmatch(call, -1)
	if !found || len(arguments) != strings.Count(call, "\n")+1 {
		t.Fatalf("%d arguments in\n%s", len(arguments), call)
	}
	ours, _ := namesOf("release", false)
	upper := regexp.MustCompile(`[A-Z]`)
	for _, m := range arguments {
		name := upper.ReplaceAllStringFunc(m[1], func(s string) string { return "-" + strings.ToLower(s) })
		if !slices.Contains(ours, name) {
			t.Errorf("release has no %s", name)
		}
	}
}
