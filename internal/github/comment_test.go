package github

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/github/githubtest"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/internal/story"
)

const names = " --application web --deployment-group prod"

func TestOneCommentIsKeptUpToDate(t *testing.T) {
	w := newWorld(t)
	w.pullRequest(7)
	failed := deployment("Failed")
	failed.Overview = &event.Overview{Succeeded: 1, Failed: 2}
	w.deploys("--github-comment"+names, deployment("InProgress"),
		event.Lifecycle{Deployment: "d-1", Target: "i-1", Name: "Install", Status: "Failed",
			Failure: &event.Failure{Code: "ScriptFailed", Script: "scripts/start.sh", Message: "exit code 7", LogTail: "no such port"}}, failed)
	w.is("comments", len(w.Comments), 1)
	c := w.Comments[0]
	w.is("pull request", c.Pull, 7)
	for _, want := range []string{
		"<!-- codedeploy-steps ", "### ❌ web → prod: Failed\n",
		"\n| application | web |\n| deployment group | prod |\n| deployment | d&#45;1 |\n| revision | s3&#58;//releases/web&#46;zip?versionId=v1 |\n| commit | " + commit + " |\n| targets | 1 succeeded, 2 failed |\n| status | Failed |\n| run | [log](https://github.example/octo/app/actions/runs/42) |\n",
		"| target | Install |", "Install failed on i&#45;1", "output    | no such port\n", "scripts/start.sh",
	} {
		if !strings.Contains(c.Body, want) {
			t.Errorf("%q is missing in\n%s", want, c.Body)
		}
	}
	// The next run edits the same comment; another group has its own.
	w.deploys("--github-comment"+names, deployment("Succeeded"))
	w.is("comments", len(w.Comments), 1)
	if !strings.Contains(c.Body, "### ✅ web → prod: Succeeded\n") || strings.Contains(c.Body, "no such port") {
		t.Errorf("%s", c.Body)
	}
	w.deploys("--github-comment --application web --deployment-group staging", deployment("Succeeded"))
	w.is("comments", len(w.Comments), 2)
	w.is("warnings", w.warnings(), 0)
}

func TestTheCommentTellsOfAReleaseThatFailsEarly(t *testing.T) {
	w := newWorld(t)
	w.pullRequest(7)
	w.run("--github-comment"+names, func(_ context.Context, env *step.Env, _ *Inputs) error {
		return env.Stage("validate", func() error {
			env.Events.Emit(event.Diagnostic{Rule: "HOOK-004", Severity: "error", File: "appspec.yml", Line: 3, Column: 5, Message: "not there"})
			return step.ShownError(step.Failed, "1 error")
		})
	})
	w.is("comments", len(w.Comments), 1)
	for _, want := range []string{"### ❌ web → prod: failed before a deployment was made\n", "HOOK&#45;004", "not there"} {
		if !strings.Contains(w.Comments[0].Body, want) {
			t.Errorf("%q is missing in\n%s", want, w.Comments[0].Body)
		}
	}
}

func TestWhichCommentIsOurs(t *testing.T) {
	in := &Inputs{Application: "web", DeploymentGroup: "prod"}
	w := newWorld(t)
	w.pullRequest(7)
	comment := func(association, kind, body string) *githubtest.Comment {
		c := &githubtest.Comment{ID: int64(len(w.Comments) + 1), Pull: 7, Association: association, User: githubtest.User{Login: "x", Type: kind}, Body: body}
		w.Comments = append(w.Comments, c)
		return c
	}
	stranger := comment("NONE", "User", marker(in)+"\nedit me")
	quote := comment("MEMBER", "User", "> "+marker(in))
	for range 110 { // ours is on the second page
		comment("NONE", "User", "talk")
	}
	own := comment("NONE", "Bot", marker(in)+"\nof before")
	w.deploys("--github-comment"+names, deployment("Succeeded"))
	w.is("stranger's edits", stranger.Edits, 0)
	w.is("quote's edits", quote.Edits, 0)
	w.is("comments", len(w.Comments), 113)
	if own.Edits == 0 {
		t.Error("our comment was not edited")
	}
	// One of a person with rights is edited: a personal token made it.
	w = newWorld(t)
	w.pullRequest(7)
	own = comment("COLLABORATOR", "User", marker(in))
	w.deploys("--github-comment"+names, deployment("Succeeded"))
	w.is("comments", len(w.Comments), 1)
}

func TestThePullRequestOfACommit(t *testing.T) {
	w := newWorld(t)
	w.Pulls[commit] = []githubtest.Pull{{Number: 3, State: "closed"}, {Number: 4, State: "open"}, {Number: 5, State: "open"}}
	w.deploys("--github-comment", deployment("Succeeded"))
	w.is("comments", len(w.Comments), 1)
	w.is("pull request", w.Comments[0].Pull, 4)

	w = newWorld(t) // merged: the comment tells that it is deployed
	w.Pulls[commit] = []githubtest.Pull{{Number: 3, State: "closed"}}
	w.deploys("--github-comment", deployment("Succeeded"))
	w.is("pull request", w.Comments[0].Pull, 3)

	w = newWorld(t)
	w.is("code", w.deploys("--github-comment", deployment("Succeeded")), step.OK)
	w.is("comments", len(w.Comments), 0)
	w.is("warnings", w.warnings(), 0)
	w.says("belongs to no pull request")
}

func TestACommentThatWasDeletedIsMadeAgain(t *testing.T) {
	w := newWorld(t)
	w.pullRequest(7)
	deleted := false
	w.Before = func(rw http.ResponseWriter, r *http.Request, operation string) bool {
		if operation == "issues/update-comment" && !deleted {
			deleted = true
			w.Comments = nil
			githubtest.Refuse(rw, http.StatusNotFound, "Not Found")
			return true
		}
		return false
	}
	w.Comments = []*githubtest.Comment{{ID: 1, Pull: 7, Body: marker(&Inputs{Application: "web", DeploymentGroup: "prod"}), User: githubtest.User{Type: "Bot"}}}
	w.deploys("--github-comment"+names, deployment("Succeeded"))
	w.is("comments", len(w.Comments), 1)
	w.is("warnings", w.warnings(), 0)
}

var hostile = []string{
	"::set-output name=a::b", "x\n::error::y", "a|b|c", "--> <script>alert(1)</script>", "@octocat", "#1", "[x](javascript:y)", "`a` **b**",
	"$(id)", "%0A::x", "\x1b[2J", "</details>\n# big", "\u202egpj.exe", "&lt;b&gt;", "\xff\xfe", "🙂", "![x](https://evil.example/x.png)",
}

func TestHostileTextInACommentIsText(t *testing.T) {
	for _, h := range hostile {
		s := story.Story{}
		for _, e := range []event.Event{
			event.Stage{Step: "deploy", Status: event.StageStarted},
			event.Output{Name: "application", Value: h}, event.Output{Name: "deployment-group", Value: h}, event.Output{Name: "revision", Value: h},
			event.Deployment{ID: h, Application: h, Group: h, Status: h, ErrorCode: h, Message: h},
			event.Diagnostic{Rule: h, Severity: h, File: h, Message: h},
			event.Lifecycle{Deployment: h, Target: h, Name: h, Status: "Failed", Failure: &event.Failure{Code: h, Script: h, Message: h, LogTail: h}},
			event.Stage{Step: h, Status: event.StageFailed, Summary: h},
		} {
			s.Add(e)
		}
		s.End(&report.Failure{Text: h, Remedy: h})
		text := s.Comment("<!-- mark -->", h, commit, "https://github.example/x")
		if !utf8.ValidString(text) || strings.Contains(text, "\x1b") {
			t.Errorf("%q: %q", h, text)
		}
		for line := range strings.Lines(strings.TrimPrefix(text, "<!-- mark -->")) {
			if strings.HasPrefix(line, "    ") {
				continue // code: nothing in it is Markdown or HTML
			}
			rest := strings.NewReplacer("<details open><summary>", "", "</summary>", "", "</details>", "", "[log](https://github.example/x)", "").Replace(line)
			rest = strings.TrimSuffix(strings.TrimPrefix(rest, "**"), "**\n")
			if strings.ContainsAny(rest, "<>@`![*") || strings.Contains(rest, "&#64;o") || strings.Contains(rest, "&#35;1") {
				t.Errorf("%q is obeyed: %s", h, line)
			}
			if strings.HasPrefix(line, "| application") && strings.Count(line, "|") != 3 {
				t.Errorf("%q breaks the table: %s", h, line)
			}
		}
	}
}

func TestACommentIsNotLongerThanGitHubTakes(t *testing.T) {
	w := newWorld(t)
	w.pullRequest(7)
	events := []event.Event{deployment("InProgress")}
	for i := range 300 {
		events = append(events, event.Lifecycle{Deployment: "d-1", Target: fmt.Sprint("i-", i, "@#"), Name: "Install", Status: "Failed",
			Failure: &event.Failure{Code: "ScriptFailed", Script: fmt.Sprint("a", i, ".sh"), LogTail: fmt.Sprint(i) + strings.Repeat("@#é", 1500)}})
	}
	w.deploys("--github-comment", append(events, deployment("Failed"))...)
	w.is("comments", len(w.Comments), 1)
	if n := len(w.Comments[0].Body); n > story.Limit || n < story.Limit/2 {
		t.Errorf("%d bytes", n)
	}
	if !strings.Contains(w.Comments[0].Body, "cut:") {
		t.Error("it does not say that it was cut")
	}
}

// What everybody can read on GitHub has no secret: a hook's last words may.
func TestNoSecretIsToldToGitHub(t *testing.T) {
	w := newWorld(t)
	w.pullRequest(7)
	const secret = "p@ss#w0rd!"
	w.run("--github-comment --github-deployment", func(_ context.Context, env *step.Env, _ *Inputs) error {
		env.Secret(secret)
		bad := deployment("Failed")
		bad.ErrorCode, bad.Message = "HEALTH_CONSTRAINTS", "no "+secret
		return say(env, "deploy", deployment("InProgress"), event.Lifecycle{Deployment: "d-1", Target: "i-1", Name: "Install", Status: "Failed",
			Failure: &event.Failure{Code: "ScriptFailed", Script: "a.sh", Message: secret, LogTail: "password=" + secret}}, bad)
	})
	w.is("comments", len(w.Comments), 1)
	w.is("deployments", len(w.Deployments), 1)
	text := strings.ReplaceAll(html.UnescapeString(w.Comments[0].Body), "\u200b", "")
	for _, s := range w.Deployments[0].Statuses {
		text += s.Description
	}
	if strings.Contains(text, secret) || strings.Count(text, "***") < 4 {
		t.Errorf("%s", text)
	}
}
