package github

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/github/githubtest"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

const (
	commit = "0123456789abcdef0123456789abcdef01234567"
	older  = "89abcdef0123456789abcdef0123456789abcdef"
)

// sample is a step that says what the test wants.
type sample struct {
	step.Common
	GitHub Inputs
	run    func(ctx context.Context, env *step.Env, in *Inputs) error
}

func (s *sample) Run(ctx context.Context, env *step.Env) error { return s.run(ctx, env, &s.GitHub) }

// world is a job on GitHub with a server, and a step in it.
type world struct {
	*testing.T
	*githubtest.Server
	env map[string]string
	ctx context.Context
	out bytes.Buffer

	mu     sync.Mutex
	waited []time.Duration
}

func newWorld(t *testing.T) *world {
	s, err := githubtest.New()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, Server: s, ctx: t.Context()}
	w.env = map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "octo/app", "GITHUB_SHA": commit, "GITHUB_REF_NAME": "main",
		"GITHUB_RUN_ID": "42", "GITHUB_SERVER_URL": "https://github.example", "GITHUB_API_URL": s.API(),
		"INPUT_GITHUB-TOKEN": githubtest.Token,
	}
	t.Cleanup(func() {
		s.Close()
		for _, v := range s.Violations() {
			t.Errorf("against GitHub's API description: %s", v)
		}
		if strings.Contains(strings.ReplaceAll(w.out.String(), "::add-mask::"+githubtest.Token, ""), githubtest.Token) {
			t.Errorf("the token is in the log:\n%s", w.out.String())
		}
	})
	return w
}

// run runs a step with the given inputs.
func (w *world) run(args string, do func(ctx context.Context, env *step.Env, in *Inputs) error) step.Code {
	w.Helper()
	w.out.Reset()
	p := step.Alone(step.Step{
		Name: "deploy", Outputs: []string{"application", "deployment-group", "revision", "deployment-id", "status"},
		New: func() step.Inputs {
			s := &sample{run: do}
			s.GitHub.pause = func(ctx context.Context, d time.Duration) error {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.waited = append(w.waited, d)
				return ctx.Err()
			}
			return s
		},
	})
	return p.Run(w.ctx, step.Process{Args: strings.Fields(args), Stdout: &w.out, Stderr: &w.out, Dir: w.TempDir(),
		Getenv: func(name string) string { return w.env[name] }, Width: func() int { return 80 }})
}

// deploys runs a step that deploys, with these states of its deployment.
func (w *world) deploys(args string, events ...event.Event) step.Code {
	w.Helper()
	return w.run(args, func(_ context.Context, env *step.Env, _ *Inputs) error { return say(env, "deploy", events...) })
}

const revisionText = "s3://releases/web.zip?versionId=v1"

// say says what the steps deploy, wait and rollback say.
func say(env *step.Env, stage string, events ...event.Event) error {
	return env.Stage(stage, func() error {
		outputs := []string{"application", "web", "deployment-group", "prod", "revision", revisionText, "deployment-id", "d-1"}
		switch stage {
		case "wait":
			outputs = outputs[6:]
		case "rollback":
			outputs = outputs[4:]
		}
		for pair := range slices.Chunk(outputs, 2) {
			if err := env.Output(pair[0], pair[1]); err != nil {
				return err
			}
		}
		for _, e := range events {
			env.Events.Emit(e)
		}
		for _, e := range events {
			if d, ok := e.(event.Deployment); ok && d.Status == "Failed" {
				return step.ShownError(step.Failed, "deployment %s failed", d.ID)
			}
		}
		return nil
	})
}

func deployment(status string) event.Deployment {
	return event.Deployment{ID: "d-1", Application: "web", Group: "prod", Status: status}
}

func (w *world) pullRequest(number int) {
	w.Helper()
	path := filepath.Join(w.TempDir(), "event.json")
	text := `{"number": 7, "pull_request": {"number": 7, "head": {"sha": "` + commit + `"}}}`
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "7", string(rune('0'+number)))), 0o644); err != nil {
		w.Fatal(err)
	}
	w.env["GITHUB_EVENT_PATH"] = path
}

// states of a deployment on GitHub.
func states(d *githubtest.Deployment) string {
	var all []string
	for _, s := range d.Statuses {
		all = append(all, s.State)
	}
	return strings.Join(all, " ")
}

func (w *world) is(what string, got, want any) {
	w.Helper()
	if got != want {
		w.Errorf("%s is %v, not %v\n%s", what, got, want, w.out.String())
	}
}

func (w *world) says(words ...string) {
	w.Helper()
	for _, word := range words {
		if !strings.Contains(w.out.String(), word) {
			w.Errorf("%q is missing in\n%s", word, w.out.String())
		}
	}
}

// warnings counts the annotations that warn.
func (w *world) warnings() int { return strings.Count(w.out.String(), "::warning") }
