// Command imports checks who imports whom: arrows point down the layers of
// docs/architecture.md only, and programs link no more than they should.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

const module = "github.com/codedeploy-steps/codedeploy-steps/"

// forbidden says which packages may not reach which, directly or through others.
var forbidden = []struct{ from, to, why string }{
	{"appspec", module, "appspec is public and imports nothing of ours"},
	{"bundle", module, "bundle is public and imports nothing of ours"},
	{"cmd/codedeploy-validate", "github.com/aws/", "validate talks to nobody"},
	{"cmd/codedeploy-bundle", "github.com/aws/", "bundle talks to nobody"},
	{"cmd/codedeploy-validate", "github.com/google/go-github", "validate talks to nobody"},
	{"cmd/codedeploy-bundle", "github.com/google/go-github", "bundle talks to nobody"},
	{"internal/step", module + "internal/github", "package step knows no service that listens"},
	{"internal/step", module + "internal/gitlab", "package step knows no service that listens"},
	{"internal/gitlab", "github.com/google/go-github", "GitLab is no GitHub"},
	{"cmd/codedeploy-push", module + "internal/engine/deploy", "only codedeploy-steps links the engine"},
	{"cmd/codedeploy-deploy", module + "internal/engine/deploy", "only codedeploy-steps links the engine"},
	{"internal/engine", module + "steps/", "the engine knows no steps"},
	{"internal/agent", module + "internal/engine", "the agent knows no engine"},
	{"internal/step", "github.com/aws/", "package step knows no AWS"},
	{"internal/watch", module + "internal/engine", "watching knows no engine"},
	{"internal/report", module + "internal/step", "reporters know no steps"},
}

func main() {
	bad := false
	for _, f := range forbidden {
		out, err := exec.Command("go", "list", "-deps", "./"+f.from).Output()
		if err != nil {
			fmt.Fprintln(os.Stderr, "go list:", err)
			os.Exit(1)
		}
		for dep := range strings.Lines(string(out)) {
			dep = strings.TrimSpace(dep)
			if strings.HasPrefix(dep, f.to) && dep != module+f.from {
				fmt.Printf("%s imports %s: %s\n", f.from, dep, f.why)
				bad = true
			}
		}
	}
	if bad {
		os.Exit(1)
	}
}
