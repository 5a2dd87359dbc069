package agent

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"runtime"
	"strings"
	"testing"
)

// The comparison with the published agent has two halves. What it answered to
// the scenarios of scenarios_test.go is kept in testdata and compared with what
// this package does, everywhere. Where CODEDEPLOY_AGENT_ORACLE names a folder
// with a program "ruby-agent" that runs Ruby files with the agent's libraries
// on the path, the agent is asked again, and -update keeps its new answers.

var update = flag.Bool("update", false, "keep what the published agent answers now")

const answersFile = "testdata/agent_answers.json"

type answers struct {
	Agent     string               `json:"agent"`
	Ruby      string               `json:"ruby"`
	Psych     string               `json:"psych"`
	Scenarios map[string][]outcome `json:"scenarios"`
}

// outcome is what can be seen after one event.
type outcome struct {
	Event        string   `json:"event"`
	Noop         string   `json:"noop"` // true, false, or error
	Code         Code     `json:"code"`
	Script       string   `json:"script,omitempty"`
	Message      string   `json:"message"`
	Log          string   `json:"log,omitempty"`
	Tree         []string `json:"tree,omitempty"`
	CleanUp      []string `json:"cleanup,omitempty"`
	Plan         []string `json:"plan,omitempty"`
	Instructions []string `json:"instructions,omitempty"` // names and pointers
	Deployments  []string `json:"deployments,omitempty"`
	ScriptsLog   []string `json:"scriptsLog,omitempty"`
	Tools        []string `json:"tools,omitempty"`
}

func TestRecordedAgent(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the answers are those of an agent on Linux")
	}
	text, err := os.ReadFile(answersFile)
	if err != nil {
		t.Fatal(err)
	}
	var recorded answers
	if err := json.Unmarshal(text, &recorded); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, s := range scenarios {
		names[s.name] = true
		t.Run(s.name, func(t *testing.T) {
			s.skip(t)
			t.Parallel()
			want, known := recorded.Scenarios[s.name]
			if !known {
				t.Fatal("the agent was never asked; run with CODEDEPLOY_AGENT_ORACLE and -update")
			}
			compare(t, s.play(t, &ours{}), want)
		})
	}
	for name := range recorded.Scenarios {
		if !names[name] {
			t.Errorf("an answer is kept for a scenario that is gone: %s", name)
		}
	}
}

func TestLiveAgent(t *testing.T) {
	oracle := os.Getenv("CODEDEPLOY_AGENT_ORACLE")
	if oracle == "" {
		t.Skip("CODEDEPLOY_AGENT_ORACLE names no folder with the published agent")
	}
	p := startPublished(t, oracle)
	live := answers{Agent: "1.8.1", Scenarios: map[string][]outcome{}}
	var versions struct{ Ruby, Psych string }
	p.ask(t, map[string]any{"versions": true}, &versions)
	live.Ruby, live.Psych = versions.Ruby, versions.Psych
	var recorded answers
	if text, err := os.ReadFile(answersFile); err == nil {
		if err := json.Unmarshal(text, &recorded); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range scenarios {
		if answer, known := recorded.Scenarios[s.name]; known {
			live.Scenarios[s.name] = answer // stays if it cannot be asked here
		}
		t.Run(s.name, func(t *testing.T) {
			s.skip(t)
			live.Scenarios[s.name] = s.play(t, p)
			if !*update {
				compare(t, recorded.Scenarios[s.name], live.Scenarios[s.name])
			}
		})
	}
	t.Logf("%d scenarios, agent %s, Ruby %s, Psych %s", len(live.Scenarios), live.Agent, live.Ruby, live.Psych)
	if !*update {
		return
	}
	text, err := json.MarshalIndent(live, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(answersFile, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

func compare(t *testing.T, got, want []outcome) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) {
			t.Fatalf("%d events, the agent has %d", len(got), len(want))
		}
		g, _ := json.MarshalIndent(got[i], "", " ")
		w, _ := json.MarshalIndent(want[i], "", " ")
		if bytes.Equal(g, w) {
			continue
		}
		gl, wl := strings.Split(string(g), "\n"), strings.Split(string(w), "\n")
		for n := range max(len(gl), len(wl)) {
			a, b := "", ""
			if n < len(gl) {
				a = gl[n]
			}
			if n < len(wl) {
				b = wl[n]
			}
			if a != b {
				t.Errorf("event %d, %s:\n got       %s\n the agent %s", i, want[i].Event, a, b)
				break
			}
		}
	}
}
