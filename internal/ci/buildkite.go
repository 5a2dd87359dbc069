package ci

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
)

// buildkite is Buildkite (buildkite.com/docs: "Environment variables",
// "Managing log output", and the agent's commands annotate, meta-data,
// redactor and oidc). All but the groups of the log needs buildkite-agent on
// the PATH, which a container has only where its plugin mounts it.
type buildkite struct{ known }

func detectBuildkite(v variables) System {
	if v("BUILDKITE") != "true" {
		return nil
	}
	return &buildkite{known{
		variables: v, name: "Buildkite", workspace: "BUILDKITE_BUILD_CHECKOUT_PATH", repository: "BUILDKITE_REPO", commit: "BUILDKITE_COMMIT",
		ref: "BUILDKITE_TAG BUILDKITE_BRANCH", run: "BUILDKITE_BUILD_NUMBER", url: "BUILDKITE_BUILD_URL", actor: "BUILDKITE_BUILD_CREATOR",
	}}
}

// agent runs the agent's program; found is false where there is none.
// What it is told goes through its input: arguments are seen by all.
func (b *buildkite) agent(ctx context.Context, input string, args ...string) (output string, found bool, err error) {
	path, err := exec.LookPath("buildkite-agent")
	if err != nil || b.variables("BUILDKITE_AGENT_ACCESS_TOKEN") == "" {
		return "", false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &out, &errs
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		return "", true, fmt.Errorf("buildkite-agent %s: %w: %s", args[0], err, strings.TrimSpace(errs.String()))
	}
	return out.String(), true, nil
}

// SetOutput sets meta-data of the build.
func (b *buildkite) SetOutput(_ io.Writer, name, value string) error {
	_, _, err := b.agent(context.Background(), value, "meta-data", "set", Variable(name))
	return err
}

// Mask adds a secret to those that the agent hides; an agent that is too old
// to know the command leaves it to the step itself.
func (b *buildkite) Mask(_ io.Writer, secret string) {
	b.agent(context.Background(), secret, "redactor", "add")
}

// Identity asks the agent for a token.
func (b *buildkite) Identity() TokenSource {
	if _, err := exec.LookPath("buildkite-agent"); err != nil || b.variables("BUILDKITE_AGENT_ACCESS_TOKEN") == "" {
		return nil
	}
	return func(ctx context.Context, audience string) (string, error) {
		token, _, err := b.agent(ctx, "", "oidc", "request-token", "--audience", audience)
		return strings.TrimSpace(token), err
	}
}

// Wrap adds groups, which begin at a line and end at the next one's beginning,
// and an annotation with the summary.
func (b *buildkite) Wrap(r report.Reporter, s Streams) report.Reporter {
	style := "success"
	w := wrap(r, s, marks{
		open:   func(stage string) { say(s.log(), "--- %s", report.Clean(stage)) },
		eager:  true,
		failed: func() { say(s.log(), "^^^ +++") }, // opens the group at hand
		summary: func(page *report.Summary) error {
			_, _, err := b.agent(context.Background(), s.markdown(page, 1<<20-1024), "annotate", "--style", style, "--append",
				"--context", "codedeploy-steps-"+b.variables("BUILDKITE_JOB_ID"))
			if err != nil { // what is shown beside the log fails no step
				say(s.log(), "warning: the build has no annotation of it: %s", report.Clean(err.Error()))
			}
			return nil
		},
	})
	return &failing{w, func() { style = "error" }}
}

// failing tells if the step fails.
type failing struct {
	report.Reporter
	told func()
}

func (f *failing) Fail(step string, failure report.Failure) {
	f.told()
	f.Reporter.Fail(step, failure)
}
