package gitlab

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/internal/story"
)

const commit = "0123456789abcdef0123456789abcdef01234567"

type sample struct {
	step.Common
	GitLab Inputs
	run    func(env *step.Env) error
}

func (s *sample) Run(_ context.Context, env *step.Env) error { return s.run(env) }

// world is a job of a GitLab, and a step in it.
type world struct {
	*testing.T
	*server
	env map[string]string
	ctx context.Context
	out bytes.Buffer
}

func newWorld(t *testing.T) *world {
	w := &world{T: t, server: newServer(t), ctx: t.Context()}
	w.env = map[string]string{"GITLAB_CI": "true", "CI_API_V4_URL": w.URL + "/api/v4", "CI_PROJECT_ID": "5", "CI_MERGE_REQUEST_IID": "7", "CI_COMMIT_SHA": commit,
		"CI_JOB_URL": "https://gitlab.example/a/-/jobs/1", "GITLAB_TOKEN": token, "INPUT_GITLAB_NOTE": "true", "INPUT_APPLICATION": "web", "INPUT_DEPLOYMENT_GROUP": "prod"}
	t.Cleanup(func() {
		if strings.Contains(w.out.String(), token) {
			t.Errorf("the token is in the log:\n%s", w.out.String())
		}
	})
	return w
}

func (w *world) deploys(status ...string) step.Code {
	w.Helper()
	w.out.Reset()
	run := func(env *step.Env) error {
		return env.Stage("deploy", func() error {
			for _, o := range [][2]string{{"application", "web"}, {"deployment-group", "prod"}, {"revision", "s3://b/k.zip"}, {"deployment-id", "d-1"}} {
				if err := env.Output(o[0], o[1]); err != nil {
					return err
				}
			}
			for _, s := range status {
				env.Events.Emit(event.Deployment{ID: "d-1", Application: "web", Group: "prod", Status: s})
				if s == "Failed" {
					return step.ShownError(step.Failed, "deployment d-1 failed")
				}
			}
			return nil
		})
	}
	p := step.Alone(step.Step{Name: "deploy", Outputs: []string{"application", "deployment-group", "revision", "deployment-id"}, New: func() step.Inputs {
		s := &sample{run: run}
		s.GitLab.pause = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
		return s
	}})
	return p.Run(w.ctx, step.Process{Stdout: &w.out, Stderr: &w.out, Dir: w.TempDir(), Getenv: func(name string) string { return w.env[name] }, Width: func() int { return 80 }})
}

// one wants one note of ours that says all the words.
func (w *world) one(words ...string) {
	w.Helper()
	mark := story.Marker("web", "prod", "")
	var ours []string
	for _, n := range w.notes {
		if n.Author.ID == bot && strings.HasPrefix(n.Body, mark) {
			ours = append(ours, n.Body)
		}
	}
	if len(ours) != 1 {
		w.Fatalf("there are %d notes of ours\n%s", len(ours), w.out.String())
	}
	for _, word := range words {
		if !strings.Contains(ours[0], word) {
			w.Errorf("%q is missing in the note\n%s", word, ours[0])
		}
	}
}

func (w *world) says(code, want step.Code, words string) {
	w.Helper()
	if code != want || !strings.Contains(w.out.String(), words) {
		w.Errorf("exit code %d, not %d, or %q is missing in\n%s", code, want, words, w.out.String())
	}
}

func TestOneNoteIsKeptUpToDate(t *testing.T) {
	w := newWorld(t)
	w.says(w.deploys("InProgress", "Succeeded"), step.OK, "")
	w.one("✅ web → prod: Succeeded", "| deployment | d&#45;1 |", "| commit | "+commit+" |", "[log](https://gitlab.example/a/-/jobs/1)")
	w.says(w.deploys("InProgress", "Failed"), step.Failed, "")
	w.one("❌ web → prod: Failed")
}

func TestAStrangersNoteIsLeftAlone(t *testing.T) {
	w := newWorld(t)
	text := story.Marker("web", "prod", "") + "\nmine"
	w.notes = []note{{ID: 1, Body: text}, {ID: 2, Body: "looks good"}, {ID: 3, Body: "> " + text}}
	w.perPage = 1 // each on a page of its own
	w.deploys("Succeeded")
	w.deploys("Succeeded")
	w.one("Succeeded")
	if len(w.notes) != 4 || w.notes[0].Body != text {
		t.Errorf("the notes are %+v", w.notes)
	}
}

func TestANoteThatWasDeletedIsMadeAgain(t *testing.T) {
	w := newWorld(t)
	w.notes = []note{{ID: 1, Body: story.Marker("web", "prod", "")}}
	w.notes[0].Author.ID = bot
	w.fail = func(call string) int {
		if strings.HasPrefix(call, "PUT") {
			w.notes = nil
		}
		return 0
	}
	w.deploys("Succeeded")
	w.one("Succeeded")
}

// A job of a branch finds the request of its commit; an open one first.
func TestTheRequestOfACommit(t *testing.T) {
	w := newWorld(t)
	delete(w.env, "CI_MERGE_REQUEST_IID")
	w.says(w.deploys("Succeeded"), step.OK, "commit "+commit+" belongs to no merge request")
	w.requests = []map[string]any{{"iid": 6, "state": "merged", "project_id": 5}, {"iid": 7, "state": "opened", "project_id": 5}}
	w.deploys("Succeeded")
	w.one("Succeeded")
}

// In a fork's pipeline the merge request is the other project's.
func TestTheProjectOfARequest(t *testing.T) {
	w := newWorld(t)
	w.env["CI_PROJECT_ID"], w.env["CI_MERGE_REQUEST_PROJECT_ID"] = "6", "5"
	w.deploys("Succeeded")
	w.one("Succeeded")
}

// Whatever GitLab does, the step ends as it would without.
func TestFaults(t *testing.T) {
	refuse := func(status int) func(w *world) {
		return func(w *world) { w.fail = func(string) int { return status } }
	}
	for name, c := range map[string]struct {
		make func(w *world)
		says string
	}{
		"no token":       {func(w *world) { delete(w.env, "GITLAB_TOKEN") }, "--gitlab-token is not set"},
		"no GitLab":      {func(w *world) { delete(w.env, "CI_API_V4_URL") }, "CI_API_V4_URL names no address"},
		"no project":     {func(w *world) { w.env["CI_PROJECT_ID"] = "../6" }, "CI_PROJECT_ID no project"},
		"a wrong token":  {func(w *world) { w.env["GITLAB_TOKEN"] = "wrong-token" }, "GitLab answers 401: 401 Unauthorized. The token is not valid"},
		"without rights": {refuse(403), "GitLab answers 403: 403 no. The token has to have the scope api"},
		"a fault":        {refuse(502), "GitLab answers 502: 502 no."},
		"too many calls": {refuse(429), "GitLab answers 429: 429 no."},
		"out of reach":   {func(w *world) { w.Close() }, "GitLab's API is not reached"},
		"no JSON": {func(w *world) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<html>")) }))
			w.Cleanup(s.Close)
			w.env["CI_API_V4_URL"] = s.URL
		}, "GitLab answers 200: something that is not its API's JSON"},
		"a redirect": {func(w *world) {
			s := httptest.NewServer(http.HandlerFunc(func(to http.ResponseWriter, r *http.Request) { http.Redirect(to, r, w.URL+"/elsewhere", 302) }))
			w.Cleanup(s.Close)
			w.env["CI_API_V4_URL"] = s.URL
		}, "GitLab answers 302"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c.make(w)
			w.says(w.deploys("InProgress", "Succeeded"), step.OK, c.says)
			if n := strings.Count(w.out.String(), "The step goes on."); n > 1 {
				t.Errorf("it warns %d times:\n%s", n, w.out.String())
			}
			if len(w.notes) != 0 {
				t.Errorf("the notes are %+v", w.notes)
			}
		})
	}
}

// A fault at the end is tried again; what an unanswered call made is found.
func TestAFaultThatPasses(t *testing.T) {
	w := newWorld(t)
	posts := 0
	w.fail = func(call string) int {
		if strings.HasPrefix(call, "POST") {
			if posts++; posts == 1 {
				made := note{ID: 40, Body: story.Marker("web", "prod", "") + "\nhalf"}
				made.Author.ID = bot
				w.notes = append(w.notes, made)
				return 504
			}
		}
		return 0
	}
	w.says(w.deploys("Succeeded"), step.OK, "")
	w.one("Succeeded")
	if strings.Contains(w.out.String(), "The step goes on.") {
		t.Errorf("it warns:\n%s", w.out.String())
	}
}

// At a cancel nothing new is begun.
func TestACancel(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w.ctx = ctx
	w.deploys("InProgress")
	if len(w.calls) != 0 {
		t.Errorf("it calls %q", w.calls)
	}
}

// No line of a note is a quick action, which GitLab would carry out.
func TestNoQuickActions(t *testing.T) {
	s := story.Story{}
	for _, h := range []string{"/merge", "x\n/close", "\r/approve", "@all !7"} {
		s.Add(event.Deployment{ID: h, Application: h, Group: h, Status: "Failed", ErrorCode: h, Message: h})
		s.Add(event.Lifecycle{Deployment: h, Target: h, Name: h, Status: "Failed", Failure: &event.Failure{Code: h, Script: h, Message: h, LogTail: h}})
		s.Add(event.Diagnostic{Rule: h, Severity: "error", File: h, Message: h})
		for line := range strings.Lines(safe(s.Comment("<!-- m -->", h, commit, ""))) {
			if strings.HasPrefix(line, "/") {
				t.Errorf("%q is obeyed: %s", h, line)
			}
			if !strings.HasPrefix(line, "    ") && (strings.Contains(line, "&#64;all") || strings.Contains(line, "&#33;7")) {
				t.Errorf("%q is a mention: %s", h, line)
			}
		}
	}
}

// What everybody can read on GitLab has no secret: a service's words may.
func TestNoSecretIsInANote(t *testing.T) {
	w := newWorld(t)
	w.deploys("said " + token)
	w.one("said ***")
}
