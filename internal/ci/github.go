package ci

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/sethvargo/go-githubactions"

	"github.com/codedeploy-steps/codedeploy-steps/internal/authority"
	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
)

// GitHub is GitHub Actions, and what behaves as it does: Forgejo and Gitea
// Actions, act (docs.github.com: "Workflow commands for GitHub Actions",
// "Variables reference", "OpenID Connect reference").
type GitHub struct{ known }

func detectGitHub(v variables) System {
	if v("GITHUB_ACTIONS") != "true" {
		return nil
	}
	return &GitHub{known{
		variables: v, name: "GitHub Actions", workspace: "GITHUB_WORKSPACE", repository: "GITHUB_REPOSITORY",
		commit: "GITHUB_SHA", ref: "GITHUB_REF_NAME", run: "GITHUB_RUN_ID", actor: "GITHUB_ACTOR",
		files: "GITHUB_OUTPUT GITHUB_STEP_SUMMARY",
	}}
}

// Limits of GitHub: annotations of a kind in one step, bytes of a step's summary.
const (
	githubAnnotations = 10
	githubSummary     = 1 << 20
)

// Build adds the page of the run.
func (g *GitHub) Build() Build {
	b := g.known.Build()
	if server := g.variables("GITHUB_SERVER_URL"); server != "" && b.Repository != "" && b.Run != "" {
		b.URL = server + "/" + b.Repository + "/actions/runs/" + b.Run
	}
	return b
}

func (g *GitHub) action(w io.Writer) *githubactions.Action {
	return githubactions.New(githubactions.WithWriter(lenient{w}), githubactions.WithGetenv(githubactions.GetenvFunc(g.variables)))
}

// lenient keeps the library from panicking where the log can't be written: the
// reporters go on then, too.
type lenient struct{ w io.Writer }

func (l lenient) Write(p []byte) (int, error) {
	l.w.Write(p)
	return len(p), nil
}

// SetOutput appends to the file GITHUB_OUTPUT; without one there is nobody to
// tell (a step run by hand in a job).
func (g *GitHub) SetOutput(_ io.Writer, name, value string) error {
	if g.variables("GITHUB_OUTPUT") == "" {
		return nil
	}
	return recovered("GITHUB_OUTPUT", func() { g.action(io.Discard).SetOutput(name, value) })
}

// Mask hides a secret in the job's log.
func (g *GitHub) Mask(w io.Writer, secret string) { g.action(w).AddMask(secret) }

// recovered turns the library's panics on files that cannot be written into errors.
func recovered(file string, f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: %v", file, r)
		}
	}()
	f()
	return nil
}

// Identity asks the runner for a token, where the job has the permission
// id-token: write.
func (g *GitHub) Identity() TokenSource {
	if g.variables("ACTIONS_ID_TOKEN_REQUEST_URL") == "" || g.variables("ACTIONS_ID_TOKEN_REQUEST_TOKEN") == "" {
		return nil
	}
	return func(ctx context.Context, audience string) (string, error) {
		client := &http.Client{Timeout: 10 * time.Second, Transport: authority.Transport(g.variables)}
		return githubactions.New(githubactions.WithGetenv(githubactions.GetenvFunc(g.variables)), githubactions.WithHTTPClient(client)).GetIDToken(ctx, audience)
	}
}

// Wrap adds annotations, log groups and the job summary.
func (g *GitHub) Wrap(r report.Reporter, s Streams) report.Reporter {
	a := g.action(s.log())
	return wrap(r, s, marks{
		open:    func(stage string) { a.Group(stage) },
		close:   func(string) { a.EndGroup() },
		finding: func(d event.Diagnostic) { annotate(a, d) },
		most:    githubAnnotations,
		summary: func(page *report.Summary) error {
			if g.variables("GITHUB_STEP_SUMMARY") == "" {
				return nil
			}
			return recovered("GITHUB_STEP_SUMMARY", func() { a.AddStepSummary(s.markdown(page, githubSummary-1024)) })
		},
	})
}

// annotate puts a finding at its place in the file.
func annotate(a *githubactions.Action, d event.Diagnostic) {
	fields := map[string]string{}
	for name, text := range map[string]string{"title": d.Rule, "file": d.File} {
		if text != "" {
			fields[name] = text
		}
	}
	for name, n := range map[string]int{"line": d.Line, "col": d.Column, "endLine": d.EndLine, "endColumn": d.EndColumn} {
		if n > 0 {
			fields[name] = strconv.Itoa(n)
		}
	}
	a = a.WithFieldsMap(fields)
	if d.Severity == "warning" {
		a.Warningf("%s", d.Message)
	} else {
		a.Errorf("%s", d.Message)
	}
}
