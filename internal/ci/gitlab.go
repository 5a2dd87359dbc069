package ci

import (
	"context"
	"io"
	"regexp"
	"strconv"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
)

// gitlab is GitLab CI/CD (docs.gitlab.com: "Predefined CI/CD variables
// reference", "Custom collapsible sections" in "CI/CD job logs", "OpenID
// Connect (OIDC) Authentication Using ID Tokens"). Outputs reach later jobs
// through the file of --dotenv, findings through report files; its log shows
// neither annotations nor masks that a job adds.
type gitlab struct {
	known
	now func() time.Time
}

func detectGitLab(v variables) System {
	if v("GITLAB_CI") != "true" {
		return nil
	}
	return &gitlab{known{
		variables: v, name: "GitLab CI/CD", workspace: "CI_PROJECT_DIR", repository: "CI_PROJECT_PATH", commit: "CI_COMMIT_SHA",
		ref: "CI_COMMIT_REF_NAME", run: "CI_PIPELINE_ID", url: "CI_JOB_URL CI_PIPELINE_URL", actor: "GITLAB_USER_LOGIN",
	}, time.Now}
}

// Identity gives the token of id_tokens that is called GITLAB_OIDC_TOKEN, the
// name in GitLab's own pages; one of another name is given by --oidc-token.
func (g *gitlab) Identity() TokenSource { return g.token("GITLAB_OIDC_TOKEN") }

// token gives a token that was made when the job started.
func (k *known) token(name string) TokenSource {
	if k.variables(name) == "" {
		return nil
	}
	return func(context.Context, string) (string, error) { return k.variables(name), nil }
}

var notInSection = regexp.MustCompile(`[^A-Za-z0-9_.-]`)

// Wrap adds collapsible sections.
func (g *gitlab) Wrap(r report.Reporter, s Streams) report.Reporter {
	var n int // names of sections are unique in a job
	mark := func(what, stage, header string) {
		name := "codedeploy_" + notInSection.ReplaceAllString(stage, "_") + "_" + strconv.Itoa(n)
		say(s.log(), "\x1b[0Ksection_%s:%d:%s\r\x1b[0K%s", what, g.now().Unix(), name, header)
	}
	return wrap(r, s, marks{
		open:  func(stage string) { n++; mark("start", stage, report.Clean(stage)) },
		close: func(stage string) { mark("end", stage, "") },
	})
}

// Mask can do nothing: GitLab masks variables of the project only.
func (g *gitlab) Mask(io.Writer, string) {}
