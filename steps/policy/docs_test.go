package policy_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

var fence = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

// TestTheDocumentsCommands: each command of docs/credentials.md gives a policy.
func TestTheDocumentsCommands(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "credentials.md"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, block := range fence.FindAllStringSubmatch(string(text), -1) {
		for line := range strings.Lines(strings.ReplaceAll(block[1], "\\\n", " ")) {
			command, ok := strings.CutPrefix(strings.TrimSpace(line), "codedeploy-steps ")
			if !ok {
				continue
			}
			command, _, _ = strings.Cut(command, " > ")
			code, out, errs := ask(t, command)
			if code != step.OK {
				t.Errorf("%s: %d %s", command, code, errs)
				continue
			}
			trust := strings.HasPrefix(command, "policy trust ")
			check(t, out, trust)
			if trust {
				seen[strings.Fields(command)[2]] = true
			}
		}
	}
	for _, provider := range []string{"github", "gitlab", "bitbucket", "circleci", "buildkite", "azure", "jenkins", "role"} {
		if !seen[provider] {
			t.Errorf("no command shows %s", provider)
		}
	}
}
