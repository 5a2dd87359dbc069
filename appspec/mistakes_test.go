package appspec

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// mistake is one that somebody made and asked about in public, written anew in
// a file of testdata/mistakes: a head of "key: value" lines, then the files of
// the revision as in the example of a rule. Those below broken/ have the
// mistake, those below mended/ have it no more, all others stand in both.
// ␍ stands for a carriage return.
type mistake struct {
	source string   // the thread, question or article
	saw    string   // what the person saw, in our words
	first  string   // severity and rule of the first thing that we show
	says   []string // what must stand in its message or help: the way to the remedy
	with   Situation
	at     Range
	broken fs.FS
	mended fs.FS
}

func readMistake(t *testing.T, name string) mistake {
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var m mistake
	head, _, _ := strings.Cut(string(text), "\n-- ")
	for line := range strings.Lines(head) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "source":
			m.source = value
		case "saw":
			m.saw = value
		case "first":
			m.first = value
		case "says":
			m.says = strings.Split(value, " | ")
		case "platform":
			m.with.Options.Platform = Platform(value)
		case "system":
			m.with.Target.System = value
		case "deployment":
			m.with.Target.Deployment = DeploymentType(value)
		case "containers":
			m.with.Target.Containers = strings.Fields(value)
		default:
			t.Fatalf("the head has a line %q", line)
		}
	}
	files, at := Example(string(text[len(head)+1:]))
	broken, mended := fstest.MapFS{}, fstest.MapFS{}
	for _, f := range files {
		file := &fstest.MapFile{Mode: f.Mode, Data: []byte(strings.ReplaceAll(f.Text, "␍", "\r"))}
		if name, ok := strings.CutPrefix(f.Name, "broken/"); ok {
			broken[name] = file
		} else if name, ok := strings.CutPrefix(f.Name, "mended/"); ok {
			mended[name] = file
		} else {
			broken[f.Name], mended[f.Name] = file, file
		}
	}
	m.at, m.broken, m.mended = at, broken, mended
	return m
}

// shown is all that the package says about a revision, in the order in which
// it is shown.
func shown(with Situation, revision fs.FS) []Diagnostic {
	root, _ := Root(revision)
	name, found := Find(root, "")
	if name == "" {
		return found
	}
	text, err := fs.ReadFile(root, name)
	if err != nil {
		panic(err)
	}
	f, more := with.Options.Parse(name, text)
	return slices.Concat(found, more, Check(f, root), CheckTarget(f, with.Target))
}

// TestMistakes: who made the mistake reads the remedy in the first thing that
// we show, and the remedy leaves nothing that fails.
func TestMistakes(t *testing.T) {
	names, err := fs.Glob(os.DirFS("."), "testdata/mistakes/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	if len(names) < 30 {
		t.Errorf("only %d mistakes", len(names))
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(path.Base(name), ".txtar"), func(t *testing.T) {
			m := readMistake(t, name)
			if m.source == "" || m.saw == "" || m.first == "" || len(m.says) == 0 {
				t.Fatalf("incomplete: %+v", m)
			}
			found := shown(m.with, m.broken)
			if len(found) == 0 {
				t.Fatal("nothing is found")
			}
			d := found[0]
			if got := string(d.Severity) + " " + d.Rule; got != m.first {
				t.Errorf("first is %s, not %s", got, m.first)
			}
			if d.Range != m.at {
				t.Errorf("found at %v-%v, marked %v-%v", d.Range.Start, d.Range.End, m.at.Start, m.at.End)
			}
			for _, words := range m.says {
				if !strings.Contains(d.Message+"\n"+d.Help, words) {
					t.Errorf("does not say %q", words)
				}
			}
			if t.Failed() {
				t.Logf("all that is shown: %q", formatted(found))
			}
			for _, d := range shown(m.with, m.mended) {
				if d.Severity == Error || strings.HasSuffix(m.first, d.Rule) {
					t.Errorf("mended, still: %s", d.Format())
				}
			}
		})
	}
}

func formatted(found []Diagnostic) []string {
	var all []string
	for _, d := range found {
		all = append(all, d.Format())
	}
	return all
}
