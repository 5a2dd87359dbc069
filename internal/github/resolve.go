package github

import (
	"context"
	"strings"

	gh "github.com/google/go-github/v62/github"

	"github.com/codedeploy-steps/codedeploy-steps/internal/revision"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

type resolvedKey string

// Resolve gives a revision as CodeDeploy takes it: a branch, a tag or a short
// id in github://owner/repository@… becomes the commit that it means now. What
// lies elsewhere stays as it is. The parts of a release get the same commit.
func (in *Account) Resolve(ctx context.Context, env *step.Env, location string) (string, error) {
	at, err := revision.ParseLocation(location)
	if err != nil || !at.IsGitHub() || isCommit(at.Commit) {
		return location, nil // what is wrong with it is said where it is used
	}
	return step.Share(env, resolvedKey(location), func() (string, error) {
		return in.resolve(ctx, env, at)
	})
}

func (in *Account) resolve(ctx context.Context, env *step.Env, at revision.Location) (string, error) {
	owner, repo, _ := strings.Cut(at.Repository, "/")
	if onlyDots(owner) || onlyDots(repo) || strings.Contains(at.Commit, "..") {
		return "", step.Errorf(step.Misused, "--revision github://%s@%s names no repository and commit", at.Repository, at.Commit)
	}
	address := apiOf(env.Getenv)
	if address == nil {
		return "", step.Errorf(step.Misused, "GITHUB_API_URL is no address that begins with https://")
	}
	a := &api{client: newAPI(address, strings.TrimSpace(in.Token), env.Getenv), pause: in.wait, debug: env.Debug}
	commit := ""
	err := a.call(ctx, "find the commit", func(ctx context.Context) (resp *gh.Response, err error) {
		commit, resp, err = a.client.Repositories.GetCommitSHA1(ctx, owner, repo, at.Commit, "")
		return resp, err
	})
	commit = strings.TrimSpace(commit)
	if err == nil && isCommit(commit) {
		env.Info("%s of %s is commit %s", at.Commit, at.Repository, commit)
		at.Commit = commit
		return at.String(), nil
	}
	// CodeDeploy takes commits only, so that without one the revision is not
	// known. The run's own branch is: the CI system told its commit.
	if b := env.Build; err != nil && at.Repository == b.Repository && at.Commit == b.Ref && isCommit(b.Commit) {
		env.Warn("%s of %s is taken to be this run's commit, %s: %s.", at.Commit, at.Repository, b.Commit, reason(err))
		at.Commit = b.Commit
		return at.String(), nil
	}
	if err == nil {
		return "", step.Errorf(step.Refused, "could not find the commit of %s: GitHub answered something else", at).Do("Give the commit's whole id.")
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	return "", step.Errorf(step.Refused, "could not find the commit of %s\n%s", at, reason(err)).
		Do("Give the commit's whole id, which needs no call; or check the names, and for a private repository --github-token (contents: read).")
}
