package appspec

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what the agent says now to testdata/agent.tsv")

const (
	agentRecord = "testdata/agent.tsv"
	recordHead  = "# What the parser of CodeDeploy agent 1.8.1 (Ruby 3.1.7, Psych 4.0.4, Linux) says to the cases of rules_test.go.\n"
)

// TestAgentAgrees compares Refusal with the recorded words of the agent: it
// refuses the same texts, for the same first reason, in the same words.
func TestAgentAgrees(t *testing.T) {
	record, err := os.ReadFile(agentRecord)
	if err != nil {
		t.Fatal(err)
	}
	says := map[string]string{}
	for line := range strings.Lines(string(record)) {
		if name, words, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t"); ok {
			says[name] = words
		}
	}
	for _, c := range ruleCases() {
		t.Run(c.name, func(t *testing.T) {
			words, ok := says[c.name]
			if !ok {
				t.Fatal("not recorded: run with CODEDEPLOY_AGENT_ORACLE and -update")
			}
			compareWithAgent(t, c, words)
		})
	}
}

func compareWithAgent(t *testing.T, c ruleCase, words string) {
	f, diagnostics := Parse("appspec.yml", []byte(c.text))
	class, message, _ := strings.Cut(words, "\t")
	refusal, refused := Refusal(diagnostics)
	switch {
	case f != nil && f.OS.Value == "windows":
		return // the agent that was asked runs on Linux
	case f != nil && f.Platform == "" || f != nil && f.Platform == ECS || f != nil && f.Platform == Lambda:
		if class != "ok" && !HasErrors(diagnostics) {
			t.Errorf("the agent says %q, we find no error", words)
		}
		return
	case strings.HasSuffix(class, "DisallowedClass") || strings.HasSuffix(class, "BadAlias"):
		// Older Rubies accept these: warnings, but for tags and unknown aliases.
		if !slices.ContainsFunc(diagnostics, func(d Diagnostic) bool {
			return slices.Contains([]string{"YAML-014", "YAML-015", "YAML-016", "YAML-019"}, d.Rule)
		}) {
			t.Errorf("the agent says %q, we say %q", words, placedAll(diagnostics))
		}
		return
	case class == "ok":
		if refused {
			t.Errorf("the agent accepts this, we say it says %q", refusal.Agent)
		}
		return
	case !refused:
		t.Fatalf("the agent says %q, we say it accepts this", words)
	}
	switch {
	case strings.HasSuffix(class, "ValidationException"), strings.HasSuffix(class, "SyntaxError"):
		if !slices.Equal(strings.Fields(refusal.Agent), strings.Fields(message)) {
			t.Errorf("the agent says\n%q, we say it says\n%q", message, refusal.Agent)
		}
	case !strings.HasPrefix(refusal.Agent, class+": ") && !strings.HasPrefix(refusal.Agent, "The deployment failed"):
		t.Errorf("the agent fails with %s, we say it says %q", class, refusal.Agent)
	}
}

// TestAgentRecord asks the agent again, where it is installed, and proves that
// the record is what it says.
func TestAgentRecord(t *testing.T) {
	oracle := os.Getenv("CODEDEPLOY_AGENT_ORACLE")
	if oracle == "" {
		t.Skip("CODEDEPLOY_AGENT_ORACLE names no folder with the agent")
	}
	var names, texts []string
	for _, c := range ruleCases() {
		names, texts = append(names, c.name), append(texts, c.text)
	}
	answers := askAgent(t, oracle, texts)
	var now strings.Builder
	now.WriteString(recordHead)
	for i, answer := range answers {
		now.WriteString(names[i] + "\t" + answer + "\n")
	}
	if *update {
		if err := os.MkdirAll(filepath.Dir(agentRecord), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(agentRecord, []byte(now.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	record, err := os.ReadFile(agentRecord)
	if err != nil {
		t.Fatal(err)
	}
	if string(record) != now.String() {
		t.Error("the agent's answers differ from testdata/agent.tsv; run with -update and look at the change")
	}
}

// askAgent gives what the agent's parser says to each text.
func askAgent(t *testing.T, oracle string, texts []string) []string {
	t.Helper()
	dir := t.TempDir()
	var paths strings.Builder
	for i, text := range texts {
		path := filepath.Join(dir, fmt.Sprintf("%06d.yml", i))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		paths.WriteString(path + "\n")
	}
	agent := exec.CommandContext(t.Context(), filepath.Join(oracle, "ruby-agent"), filepath.Join(oracle, "parse-appspec.rb"))
	agent.Stdin = strings.NewReader(paths.String())
	agent.Stderr = os.Stderr
	output, err := agent.Output()
	if err != nil {
		t.Fatal(err)
	}
	answers := strings.Split(strings.TrimSuffix(string(output), "\n"), "\n")
	if len(answers) != len(texts) {
		t.Fatalf("%d answers to %d texts", len(answers), len(texts))
	}
	for i, answer := range answers {
		_, answers[i], _ = strings.Cut(answer, "\t")
	}
	return answers
}
