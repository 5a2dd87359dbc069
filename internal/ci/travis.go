package ci

import (
	"strconv"

	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
)

// travis is Travis CI (docs.travis-ci.com: "Environment Variables"; folds of
// the log as travis-ci/travis-build writes them, in travis_fold.bash). It has
// no outputs from job to job and no annotations.
type travis struct{ known }

func detectTravis(v variables) System {
	if v("TRAVIS") != "true" {
		return nil
	}
	return &travis{known{
		variables: v, name: "Travis CI", workspace: "TRAVIS_BUILD_DIR", repository: "TRAVIS_REPO_SLUG", commit: "TRAVIS_COMMIT",
		ref: "TRAVIS_TAG TRAVIS_BRANCH", run: "TRAVIS_BUILD_NUMBER", url: "TRAVIS_JOB_WEB_URL TRAVIS_BUILD_WEB_URL",
	}}
}

// Wrap adds folds.
func (t *travis) Wrap(r report.Reporter, s Streams) report.Reporter {
	var n int // names of folds are unique in a job
	name := func(stage string) string {
		return "codedeploy." + notInSection.ReplaceAllString(stage, "_") + "." + strconv.Itoa(n)
	}
	return wrap(r, s, marks{
		open: func(stage string) {
			n++
			say(s.log(), "travis_fold:start:%s\r\x1b[0K%s", name(stage), report.Clean(stage))
		},
		close: func(stage string) { say(s.log(), "travis_fold:end:%s\r\x1b[0K", name(stage)) },
	})
}
