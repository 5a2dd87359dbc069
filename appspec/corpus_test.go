package appspec

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	corpusRecord     = "testdata/corpus.tsv"
	corpusRecordHead = "# Real AppSpec files, which are not kept here: SHA-256, platform, what the agent's parser says (ok, refuses, not asked), what we say (ok, error), the rules that we find broken.\n"
)

// A realFile is a line of the record.
type realFile struct {
	digest, platform, agent, ours string
	rules                         []string
}

func (f realFile) String() string {
	return strings.Join([]string{f.digest, f.platform, f.agent, f.ours, strings.Join(f.rules, " ")}, "\t")
}

func recordedCorpus(t *testing.T) []realFile {
	record, err := os.ReadFile(corpusRecord)
	if err != nil {
		t.Fatal(err)
	}
	var files []realFile
	for line := range strings.Lines(string(record)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) != 5 {
			t.Fatalf("%d fields in %q", len(fields), line)
		}
		files = append(files, realFile{fields[0], fields[1], fields[2], fields[3], strings.Fields(fields[4])})
	}
	return files
}

// TestCorpusVerdicts: on every real file for servers we are at one with the
// agent, but for what it is silent about; and every fault that real files have
// is shown by a case of our own.
func TestCorpusVerdicts(t *testing.T) {
	shown := map[string]bool{}
	for _, c := range ruleCases() {
		for _, want := range c.want {
			rule, _, _ := strings.Cut(want, " ")
			shown[rule] = true
		}
	}
	for _, r := range Rules() {
		shown[r.ID] = true
	}
	for _, f := range recordedCorpus(t) {
		for _, rule := range f.rules {
			if !shown[rule] {
				t.Errorf("%.12s breaks %s, which no case shows", f.digest, rule)
			}
		}
		switch {
		case f.agent == "refuses" && f.ours != "error":
			t.Errorf("the agent refuses %.12s, we find no error", f.digest)
		case f.agent == "ok" && f.ours == "error" && !slices.ContainsFunc(f.rules, silent):
			t.Errorf("the agent accepts %.12s, we find %q", f.digest, f.rules)
		case f.platform != string(Server) && f.agent != "not asked":
			t.Errorf("%.12s is for %s, which the agent never reads", f.digest, f.platform)
		}
	}
}

// TestCorpus reads the real files, where they are, and proves that the record
// is what we say to them.
func TestCorpus(t *testing.T) {
	corpus := os.Getenv("CODEDEPLOY_STEPS_CORPUS")
	if corpus == "" {
		t.Skip("CODEDEPLOY_STEPS_CORPUS names no folder with INDEX.tsv and appspec/")
	}
	index, err := os.ReadFile(filepath.Join(corpus, "INDEX.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	var now []string
	for line := range strings.Lines(string(index)) {
		fields := strings.Split(line, "\t")
		if len(fields) < 3 || fields[0] == "file" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(corpus, "appspec", fields[0]))
		if err != nil {
			t.Fatal(err)
		}
		now = append(now, judged(t, fields[0], text, fields[1], fields[2]).String())
	}
	slices.Sort(now)
	now = slices.Compact(now) // a file may stand in several repositories
	if len(now) == 0 {
		t.Fatal("the corpus is empty")
	}
	content := corpusRecordHead + strings.Join(now, "\n") + "\n"
	if *update {
		if err := os.WriteFile(corpusRecord, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	record, err := os.ReadFile(corpusRecord)
	if err != nil {
		t.Fatal(err)
	}
	if string(record) != content {
		t.Error("what we say differs from " + corpusRecord + "; run with -update and look at the change")
	}
}

func judged(t *testing.T, name string, text []byte, platform, agentSays string) realFile {
	digest := sha256.Sum256(text)
	file := realFile{digest: hex.EncodeToString(digest[:]), platform: platform, agent: "not asked", ours: "ok"}
	f, diagnostics := Parse("appspec.yml", text)
	_, refused := Refusal(diagnostics)
	if HasErrors(diagnostics) {
		file.ours = "error"
	}
	if platform == string(Server) {
		file.agent = "refuses"
		if agentSays == "ok" {
			file.agent = "ok"
		}
		if refused != (file.agent == "refuses") && !slices.ContainsFunc(diagnostics, func(d Diagnostic) bool { return slices.Contains(unjudged(), d.Rule) }) {
			t.Errorf("%s: the agent says %q, we say %q", name, agentSays, placedAll(diagnostics))
		}
		if refusal, refused := Refusal(diagnostics); refused && !strings.HasSuffix(agentSays, refusal.Agent) {
			t.Errorf("%s: the agent says %q, we say it says %q", name, agentSays, refusal.Agent)
		}
	}
	mixed := slices.ContainsFunc(diagnostics, func(d Diagnostic) bool { return d.Rule == "YAML-020" })
	if f != nil && f.Platform != "" && string(f.Platform) != platform && !mixed {
		t.Errorf("%s is for %s, we take it for %s", name, platform, f.Platform)
	}
	for _, d := range diagnostics {
		file.rules = append(file.rules, d.Rule)
	}
	slices.Sort(file.rules)
	file.rules = slices.Compact(file.rules)
	return file
}

// TestCorpusRecordIsWhole: no file stands twice in the record, and its words
// are those that mean something.
func TestCorpusRecordIsWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range recordedCorpus(t) {
		if raw, err := hex.DecodeString(f.digest); err != nil || len(raw) != sha256.Size || seen[f.digest+f.platform] {
			t.Errorf("the digest %q is none, or stands twice", f.digest)
		}
		seen[f.digest+f.platform] = true
		for _, word := range []struct {
			is   string
			from []string
		}{
			{f.platform, []string{string(Server), string(ECS), string(Lambda)}},
			{f.agent, []string{"ok", "refuses", "not asked"}},
			{f.ours, []string{"ok", "error"}},
		} {
			if !slices.Contains(word.from, word.is) {
				t.Errorf("%.12s: %q is none of %q", f.digest, word.is, word.from)
			}
		}
		if f.ours == "error" && len(f.rules) == 0 {
			t.Errorf("%.12s has an error, and breaks no rule", f.digest)
		}
	}
}
