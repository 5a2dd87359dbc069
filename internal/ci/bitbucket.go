package ci

import (
	"fmt"
	"io"
	"strings"
)

// bitbucket is Bitbucket Pipelines (support.atlassian.com/bitbucket-cloud:
// "Variables and secrets", "Integrate Pipelines with resource servers using
// OIDC"; atlassian.com/blog: "Easily share data between steps in Bitbucket
// Pipelines"). Its log has neither groups nor annotations.
type bitbucket struct{ known }

func detectBitbucket(v variables) System {
	if v("BITBUCKET_BUILD_NUMBER") == "" {
		return nil
	}
	return &bitbucket{known{
		variables: v, name: "Bitbucket Pipelines", workspace: "BITBUCKET_CLONE_DIR", repository: "BITBUCKET_REPO_FULL_NAME", commit: "BITBUCKET_COMMIT",
		ref: "BITBUCKET_TAG BITBUCKET_BRANCH", run: "BITBUCKET_BUILD_NUMBER", actor: "BITBUCKET_STEP_TRIGGERER_UUID",
		files: "BITBUCKET_PIPELINES_VARIABLES_PATH",
	}}
}

// Build adds the page of the run.
func (b *bitbucket) Build() Build {
	build := b.known.Build()
	if build.Repository != "" {
		build.URL = "https://bitbucket.org/" + build.Repository + "/pipelines/results/" + build.Run
	}
	return build
}

// SetOutput sets a variable for later steps, of those that the step lists in
// its output-variables.
func (b *bitbucket) SetOutput(_ io.Writer, name, value string) error {
	if strings.ContainsAny(value, "\r\n") {
		return fmt.Errorf("BITBUCKET_PIPELINES_VARIABLES_PATH: the value has a line break")
	}
	return appendTo("BITBUCKET_PIPELINES_VARIABLES_PATH", b.variables("BITBUCKET_PIPELINES_VARIABLES_PATH"), Variable(name)+"="+value+"\n")
}

// Identity is the token of a step that says oidc: true.
func (b *bitbucket) Identity() TokenSource { return b.token("BITBUCKET_STEP_OIDC_TOKEN") }
