package ci

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/authority"
	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
)

// azure is Azure Pipelines (learn.microsoft.com: "Use predefined variables",
// "Logging commands", "Oidctoken - Create" of the REST API). The agent reads
// commands from both streams, wherever they stand in a line.
type azure struct{ known }

func detectAzure(v variables) System {
	if v("TF_BUILD") == "" {
		return nil
	}
	return &azure{known{
		variables: v, name: "Azure Pipelines", workspace: "BUILD_SOURCESDIRECTORY", repository: "BUILD_REPOSITORY_NAME",
		commit: "BUILD_SOURCEVERSION", ref: "BUILD_SOURCEBRANCH", run: "BUILD_BUILDID", actor: "BUILD_REQUESTEDFOR",
	}}
}

// azureIssues of a kind are kept of one task.
const azureIssues = 10

// Build adds the page of the run.
func (a *azure) Build() Build {
	b := a.known.Build()
	if server, project := a.first("SYSTEM_COLLECTIONURI SYSTEM_TEAMFOUNDATIONCOLLECTIONURI"), a.variables("SYSTEM_TEAMPROJECT"); server != "" && project != "" && b.Run != "" {
		b.URL = strings.TrimSuffix(server, "/") + "/" + url.PathEscape(project) + "/_build/results?buildId=" + url.QueryEscape(b.Run)
	}
	return b
}

// azureText escapes the text after a command, azureProperty a value inside it.
func azureText(s string) string {
	return strings.NewReplacer("%", "%AZP25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func azureProperty(s string) string {
	return strings.NewReplacer("]", "%5D", ";", "%3B").Replace(azureText(s))
}

// SetOutput sets a variable that later jobs read as an output of this step. On
// its way through the log a value is made as harmless as all else there.
func (a *azure) SetOutput(w io.Writer, name, value string) error {
	say(w, "##vso[task.setvariable variable=%s;isOutput=true]%s", Variable(name), azureText(report.Clean(value)))
	return nil
}

// Mask hides a secret in the log.
func (a *azure) Mask(w io.Writer, secret string) {
	say(w, "##vso[task.setsecret]%s", azureText(secret))
}

// Wrap adds groups, issues and a page of the run's summary.
func (a *azure) Wrap(r report.Reporter, s Streams) report.Reporter {
	return wrap(r, s, marks{
		open:  func(stage string) { say(s.log(), "##[group]%s", report.Clean(stage)) },
		close: func(string) { say(s.log(), "##[endgroup]") },
		finding: func(d event.Diagnostic) {
			properties := "type=" + d.Severity
			for _, p := range []struct{ name, value string }{
				{"sourcepath", d.File}, {"linenumber", number(d.Line)}, {"columnnumber", number(d.Column)}, {"code", d.Rule},
			} {
				if p.value != "" {
					properties += ";" + p.name + "=" + azureProperty(p.value)
				}
			}
			say(s.log(), "##vso[task.logissue %s]%s", properties, azureText(d.Message))
		},
		most: azureIssues,
		summary: func(page *report.Summary) error {
			if s.JSON {
				return nil
			}
			return a.upload(s.log(), s.markdown(page, 1<<20))
		},
	})
}

func number(n int) string {
	if n <= 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// upload leaves a file for the agent, which takes it when the task has ended
// and clears its folder after the job.
func (a *azure) upload(w io.Writer, markdown string) error {
	dir := a.variables("AGENT_TEMPDIRECTORY")
	if dir == "" {
		return nil
	}
	f, err := os.CreateTemp(dir, "CodeDeploy-*.md")
	if err != nil {
		return fmt.Errorf("AGENT_TEMPDIRECTORY: %w", err)
	}
	_, err = f.WriteString(markdown)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("AGENT_TEMPDIRECTORY: %w", err)
	}
	say(w, "##vso[task.uploadsummary]%s", azureText(f.Name()))
	return nil
}

// Identity asks for a token of a service connection, whose id the job gives by
// the variable that Azure's own tasks set. Its audience is the service
// connection's affair.
func (a *azure) Identity() TokenSource {
	at, connection, token := a.variables("SYSTEM_OIDCREQUESTURI"), a.variables("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"), a.variables("SYSTEM_ACCESSTOKEN")
	if at == "" || connection == "" || token == "" {
		return nil
	}
	return func(ctx context.Context, _ string) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		ask, err := http.NewRequestWithContext(ctx, http.MethodPost, at+"?api-version=7.1&serviceConnectionId="+url.QueryEscape(connection), http.NoBody)
		if err != nil {
			return "", err
		}
		ask.Header.Set("Authorization", "Bearer "+token)
		ask.Header.Set("Content-Type", "application/json")
		answer, err := (&http.Client{Transport: authority.Transport(a.variables)}).Do(ask)
		if err != nil {
			return "", err
		}
		defer answer.Body.Close()
		var body struct {
			Token string `json:"oidcToken"`
		}
		err = json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(&body)
		if answer.StatusCode != http.StatusOK || err != nil || body.Token == "" {
			return "", fmt.Errorf("Azure Pipelines gave no token for the service connection %s: %s", connection, answer.Status)
		}
		return body.Token, nil
	}
}
