package github

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/github/githubtest"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

func (w *world) resolve(location string) (got string, code step.Code) {
	w.Helper()
	code = w.run("", func(ctx context.Context, env *step.Env, in *Inputs) (err error) {
		if got, err = in.Resolve(ctx, env, location); err != nil {
			return err
		}
		again, err := in.Resolve(ctx, env, location)
		w.is("again", again, got)
		return err
	})
	return got, code
}

func TestTheCommitOfARef(t *testing.T) {
	for ref, calls := range map[string]int{"release/1.x": 1, "v1.2.3": 1, "0123456": 1, commit: 0} {
		w := newWorld(t)
		w.Commits[ref] = commit
		got, code := w.resolve("github://octo/app@" + ref)
		w.is("code", code, step.OK)
		w.is(ref, got, "github://octo/app@"+commit)
		w.is("calls for "+ref, len(w.Calls()), calls)
	}
	for _, location := range []string{"", "s3://bucket/key.zip?versionId=1", "github://nonsense", "http://x"} {
		w := newWorld(t)
		got, _ := w.resolve(location)
		w.is("what is no ref", got, location)
	}
}

func TestARefThatIsNotFound(t *testing.T) {
	w := newWorld(t)
	_, code := w.resolve("github://octo/app@nothing")
	w.is("code", code, step.Refused)
	w.says("could not find the commit of github://octo/app@nothing", "GitHub answers 422: No commit found for SHA: nothing", "contents: read")

	w = newWorld(t)
	_, code = w.resolve("github://octo/private@main")
	w.is("code", code, step.Refused)

	for _, location := range []string{"github://../..@x", "github://octo/app@../../../user", "github://./app@x"} {
		w := newWorld(t)
		_, code := w.resolve(location)
		w.is(location, code, step.Misused)
		w.is("calls", len(w.Calls()), 0)
	}

	w = newWorld(t)
	w.Before = func(rw http.ResponseWriter, _ *http.Request, _ string) bool {
		rw.Write([]byte("<html>log in"))
		return true
	}
	_, code = w.resolve("github://octo/app@main")
	w.is("code", code, step.Refused)
	w.says("GitHub answered something else")
}

// Without GitHub's word the run's own branch is known all the same.
func TestTheRunsOwnBranch(t *testing.T) {
	w := newWorld(t)
	w.fault(-1, "", func(rw http.ResponseWriter) { githubtest.Refuse(rw, 403, "no") })
	got, code := w.resolve("github://octo/app@main")
	w.is("code", code, step.OK)
	w.is("commit", got, "github://octo/app@"+commit)
	w.is("warnings", w.warnings(), 1)
	_, code = w.resolve("github://octo/app@other")
	w.is("another branch", code, step.Refused)
}

func TestWhereTheAPIIs(t *testing.T) {
	for _, test := range []struct{ api, server, want string }{
		{"", "", "https://api.github.com/"},
		{"", "https://github.com", "https://api.github.com/"},
		{"https://api.github.com", "https://github.com", "https://api.github.com/"},
		{"https://ghe.example/api/v3", "https://ghe.example", "https://ghe.example/api/v3/"},
		{"", "https://ghe.example/", "https://ghe.example/api/v3/"},
		{"https://api.octo.ghe.com", "https://octo.ghe.com", "https://api.octo.ghe.com/"},
		{"ftp://x", "", "none"},
		{"https://", "", "none"},
		{"x y\n", "", "none"},
	} {
		got := "none"
		if u := apiOf(func(name string) string {
			return map[string]string{"GITHUB_API_URL": test.api, "GITHUB_SERVER_URL": test.server}[name]
		}); u != nil {
			got = u.String()
		}
		if got != test.want {
			t.Errorf("%q, %q: %s, not %s", test.api, test.server, got, test.want)
		}
	}
}

func TestDescriptionsAreShort(t *testing.T) {
	got := short(strings.Repeat("é", 200) + "\n::error::x")
	if n := len([]rune(got)); n != 140 || !strings.HasSuffix(got, "…") {
		t.Errorf("%d: %s", n, got)
	}
	if got := short("a\nb\x1b[0m"); got != `a b\x1b[0m` {
		t.Errorf("%q", got)
	}
}
