package appspec

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

const (
	mutantRecord     = "testdata/mutants.tsv"
	mutantRecordHead = "# What the parser of CodeDeploy agent 1.8.1 (Ruby 3.1.7, Psych 4.0.4, Linux) says to the mutants of each base: the base's name, a digest of its mutants, a letter for each (see agentVerdict).\n"
)

// bases are the texts that mutants are made from: all cases, all examples of
// rules, and a few longer files.
func bases() []ruleCase {
	var all []ruleCase
	seen := map[string]bool{}
	add := func(name, text string) {
		if !seen[text] && len(text) < 4<<10 {
			seen[text] = true
			all = append(all, ruleCase{name: name, text: text})
		}
	}
	for i, text := range wholeFiles() {
		for n := range 12 { // comments make them different bases
			add(fmt.Sprintf("whole file %d.%d", i, n), strings.Repeat("#\n", n)+text)
		}
	}
	for _, c := range ruleCases() {
		add(c.name, c.text)
	}
	for _, r := range Rules() {
		for i, example := range []string{r.Fails, r.Passes} {
			files, _ := Example(example)
			for _, f := range files {
				if slices.Contains(DefaultNames(), f.Name) {
					add(r.ID+" "+[]string{"fails", "passes"}[i], f.Text)
				}
			}
		}
	}
	return all
}

// wholeFiles are AppSpec files that use most of the format.
func wholeFiles() []string {
	return []string{
		`version: 0.0
os: linux
# what is copied
files:
  - source: /
    destination: /srv/app
  - source: conf/app.conf
    destination: /etc/app
file_exists_behavior: OVERWRITE
permissions:
  - object: /srv/app
    pattern: "*.sh"
    except: [a.sh, b.sh]
    owner: app
    group: app
    mode: 755
    type:
      - file
  - object: /srv/app/log
    mode: "0644"
    acls:
      - u:bob:rw
      - d:u:eve:r
    context:
      user: unconfined_u
      name: unconfined_u
      type: httpd_sys_content_t
      range: s0-s3:c0.c5
    type: [file, directory]
hooks:
  ApplicationStop:
    - location: scripts/stop.sh
      timeout: 60
      runas: root
  BeforeInstall:
    - location: scripts/before.sh
      timeout: 300
    - location: scripts/again.sh
      timeout: 300
      runas: app
  ValidateService:
    - location: scripts/check.sh
`,
		`version: 0.0
os: windows
files:
  - source: \index.html
    destination: c:\inetpub\wwwroot
  - source: "bin\\app"
    destination: 'c:\app'
hooks:
  BeforeInstall:
  - location: \before.bat
    timeout: 900
  AfterInstall:
  - location: after.ps1
    timeout: 900
`,
		`{
  "version": 0.0,
  "os": "linux",
  "files": [
    {"source": "/", "destination": "/srv/app"}
  ],
  "permissions": [{"object": "/srv/app", "mode": "755", "type": ["file"], "owner": "root"}],
  "hooks": {
    "AfterInstall": [{"location": "a.sh", "timeout": 30, "runas": "root"}]
  }
}
`,
		`---
version: 0.0
os: linux
files: [{source: build, destination: /srv/app}, {source: "x y", destination: '/srv/x'}]
hooks:
    AfterInstall:   # with comments
        # before the item
        -   location: >-
              scripts/after.sh
            timeout: 120   # seconds
    ApplicationStart: [{location: start.sh}]
...
`,
	}
}

// agentVerdict is the letter that stands for an answer of the agent's parser.
func agentVerdict(answer string) byte {
	class, _, _ := strings.Cut(answer, "\t")
	switch class {
	case "ok":
		return '.'
	case "InstanceAgent::Plugins::CodeDeployPlugin::ApplicationSpecification::AppSpecValidationException":
		return 'v'
	case "Psych::SyntaxError":
		return 's'
	case "Psych::BadAlias":
		return 'a' // newer Rubies refuse aliases
	case "Psych::DisallowedClass":
		return 'd' // newer Rubies refuse dates, symbols, and objects
	}
	return 'x' // an exception that nobody meant
}

// disagreement compares what we say to a text with the agent's verdict; it is
// empty if both are at one.
func disagreement(text string, verdict byte) string {
	f, diagnostics := Parse("appspec.yml", []byte(text))
	if f != nil && (f.Platform == ECS || f.Platform == Lambda) {
		return "" // the agent never sees it
	}
	diagnostics = append(diagnostics, CheckTarget(f, Target{System: "linux"})...) // as the agent that was asked
	refusal, refused := Refusal(diagnostics)
	switch verdict {
	case '.':
		if refused {
			return fmt.Sprintf("the agent accepts it, we say with %s that it says %q", refusal.Rule, refusal.Agent)
		}
		for _, d := range diagnostics {
			if d.Severity == Error && !silent(d.Rule) {
				return "the agent accepts it, and " + d.Rule + " is no rule about what it accepts: " + d.String()
			}
		}
	case 'a', 'd':
		if !HasErrors(diagnostics) && !slices.ContainsFunc(diagnostics, func(d Diagnostic) bool { return depends(d.Rule) }) {
			return "newer agents refuse it, we say nothing of it"
		}
	default:
		switch {
		case !HasErrors(diagnostics):
			return "the agent refuses it, we find no error"
		case !refused && !(serviceType().MatchString(text) && !serverKey().MatchString(text)) && !slices.ContainsFunc(diagnostics, func(d Diagnostic) bool { return slices.Contains(unjudged(), d.Rule) }):
			return fmt.Sprintf("the agent refuses it, we say it accepts it: %q", placedAll(diagnostics))
		}
	}
	return ""
}

// unjudged are the rules that report an error without saying what the agent
// does with the file.
func unjudged() []string {
	return []string{
		"LIMIT-001", "LIMIT-002", "LIMIT-003", "LIMIT-004", // no more is read
		"YAML-016",                 // what an odd tag does to a value is not worked out
		"YAML-021", "PLATFORM-001", // a file of another platform
	}
}

// silent is true for rules that call an error what the agent reads without a
// word.
func silent(rule string) bool {
	if r, ok := LookUp(rule); ok && (r.Agent == Accepts || r.Agent == NotAsked) {
		return true
	}
	return sometimesSilent()[rule] != ""
}

// sometimesSilent are the rules of which the agent refuses most findings, and
// when it does not.
func sometimesSilent() map[string]string {
	return map[string]string{
		"YAML-009": "the blank is a part of a name or value that the agent does not check",
		"YAML-010": "what lacks the space is an entry of files that holds the words source and destination",
		"YAML-016": "the tag makes a value that the agent takes, such as a symbol",
		"EC2-021":  "the entry is a text that holds the words source and destination: Ruby finds them in it",
		"EC2-064":  "except is a mapping: it is read as a list of pairs, and matches nothing or fails at Install",
		"EC2-080":  "context is a text that holds the word type: Ruby finds it in it",
		"EC2-110":  "timeout is false, which counts as none",
	}
}

func depends(rule string) bool {
	r, ok := LookUp(rule)
	return ok && r.Agent == Depends
}

func digestOf(texts []string) string {
	hash := sha256.New()
	for _, text := range texts {
		fmt.Fprintf(hash, "%d %s", len(text), text)
	}
	return hex.EncodeToString(hash.Sum(nil)[:4])
}

// TestMutantsAgree compares what we say to many mutants with the recorded
// verdicts of the agent.
func TestMutantsAgree(t *testing.T) {
	record, err := os.ReadFile(mutantRecord)
	if err != nil {
		t.Fatal(err)
	}
	verdicts := map[string]string{}
	for line := range strings.Lines(string(record)) {
		if fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); len(fields) == 3 {
			verdicts[fields[0]+"\t"+fields[1]] = fields[2]
		}
	}
	compared, reported := 0, 0
	for _, base := range bases() {
		mutants := mutantsOf(base.text)
		says, ok := verdicts[base.name+"\t"+digestOf(mutants)]
		if !ok || len(says) != len(mutants) {
			t.Errorf("the mutants of %q are not recorded: run with CODEDEPLOY_AGENT_ORACLE and -update", base.name)
			continue
		}
		for i, text := range mutants {
			compared++
			if difference := disagreement(text, says[i]); difference != "" {
				if reported++; reported <= 20 {
					t.Errorf("mutant %d of %q: %s\n%q", i, base.name, difference, text)
				}
			}
		}
	}
	if reported > 20 {
		t.Errorf("%d disagreements in all", reported)
	}
	if compared < 20_000 {
		t.Errorf("only %d mutants were compared", compared)
	}
}

// TestMutantRecord asks the agent about all mutants, where it is installed.
func TestMutantRecord(t *testing.T) {
	oracle := os.Getenv("CODEDEPLOY_AGENT_ORACLE")
	if oracle == "" {
		t.Skip("CODEDEPLOY_AGENT_ORACLE names no folder with the agent")
	}
	var texts []string
	for _, base := range bases() {
		texts = append(texts, mutantsOf(base.text)...)
	}
	answers := askAgent(t, oracle, texts)
	var now strings.Builder
	now.WriteString(mutantRecordHead)
	at := 0
	for _, base := range bases() {
		mutants := mutantsOf(base.text)
		fmt.Fprintf(&now, "%s\t%s\t", base.name, digestOf(mutants))
		for range mutants {
			now.WriteByte(agentVerdict(answers[at]))
			at++
		}
		now.WriteByte('\n')
	}
	if *update {
		if err := os.WriteFile(mutantRecord, []byte(now.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	record, err := os.ReadFile(mutantRecord)
	if err != nil {
		t.Fatal(err)
	}
	if string(record) != now.String() {
		t.Error("the agent's answers differ from " + mutantRecord + "; run with -update and look at the change")
	}
}
