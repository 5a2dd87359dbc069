package github

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/github/githubtest"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

const everything = "--github-deployment --github-comment" + names

func TestWithoutATokenNobodyIsAsked(t *testing.T) {
	w := newWorld(t)
	delete(w.env, "INPUT_GITHUB-TOKEN")
	w.is("code", w.deploys(everything, deployment("Succeeded")), step.OK)
	w.is("warnings", w.warnings(), 1)
	w.says("--github-token is not set", "a fork's pull request")
	w.is("calls", len(w.Calls()), 0)
}

func TestWhereTheTokenComesFrom(t *testing.T) {
	for _, name := range []string{"INPUT_GITHUB-TOKEN", "INPUT_GITHUB_TOKEN", "PLUGIN_GITHUB_TOKEN", "CODEDEPLOY_STEPS_GITHUB_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"} {
		w := newWorld(t)
		delete(w.env, "INPUT_GITHUB-TOKEN")
		w.env[name] = githubtest.Token
		w.deploys("--github-deployment --verbose", deployment("Succeeded"))
		w.is(name, len(w.Deployments), 1)
		w.says("::add-mask::" + githubtest.Token)
	}
}

func TestNoRepository(t *testing.T) {
	for name, value := range map[string]string{"GITHUB_REPOSITORY": "", "GITHUB_API_URL": "file:///etc"} {
		w := newWorld(t)
		w.env[name] = value
		w.is("code", w.deploys(everything, deployment("Succeeded")), step.OK)
		w.is("warnings", w.warnings(), 1)
		w.is("calls", len(w.Calls()), 0)
	}
	w := newWorld(t)
	w.env["GITHUB_REPOSITORY"] = "../.."
	w.deploys(everything, deployment("Succeeded"))
	w.is("calls", len(w.Calls()), 0)
}

func TestAnAddressThatIsNone(t *testing.T) {
	for _, url := range []string{"javascript:alert(1)", "web.example", "https://", "::error::x", "https://a\x7f"} {
		w := newWorld(t)
		w.env["INPUT_GITHUB-ENVIRONMENT-URL"] = url
		w.is("code", w.deploys("--github-deployment", deployment("Succeeded")), step.OK)
		w.is("warnings", w.warnings(), 1)
		w.is("URL", w.Deployments[0].Statuses[0].EnvironmentURL, "")
	}
}

// fault answers the first requests instead of GitHub.
func (w *world) fault(times int, operation string, answer func(w http.ResponseWriter)) {
	w.Before = func(rw http.ResponseWriter, _ *http.Request, op string) bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		if times == 0 || operation != "" && op != operation {
			return false
		}
		times--
		answer(rw)
		return true
	}
}

func TestATokenWithoutRights(t *testing.T) {
	for _, code := range []int{401, 403, 404} {
		w := newWorld(t)
		w.pullRequest(7)
		w.fault(-1, "", func(rw http.ResponseWriter) { githubtest.Refuse(rw, code, "Resource not accessible by integration") })
		w.is("code", w.deploys(everything, deployment("InProgress"), deployment("Succeeded")), step.OK)
		w.is("warnings", w.warnings(), 2)
		w.says("the deployment is not shown on GitHub: GitHub answers "+strconv.Itoa(code)+": Resource not accessible by integration",
			"the pull request has no comment on the deployment")
		if code != 401 {
			w.says("the permission deployments: write", "the permission pull-requests: write")
		}
		w.is("waits", len(w.waited), 0)
		w.is("calls", len(w.Calls()), 2) // each once
	}
}

func TestFaultsThatPass(t *testing.T) {
	reset := strconv.FormatInt(time.Now().Unix(), 10)
	for _, test := range []struct {
		name        string
		code        int
		headers     []string
		least, most time.Duration
	}{
		{"a fault of GitHub's", 502, nil, time.Second, 2 * time.Second},
		{"not there for now", 503, nil, time.Second, 2 * time.Second},
		{"too many calls", 429, []string{"Retry-After", "2"}, 2 * time.Second, 2 * time.Second},
		{"too many calls, as a refusal", 403, []string{"Retry-After", "2"}, 2 * time.Second, 2 * time.Second},
		{"until a time", 429, []string{"X-RateLimit-Remaining", "0", "X-RateLimit-Reset", reset}, time.Second, time.Second},
		{"until a time, as a refusal", 403, []string{"X-RateLimit-Remaining", "0", "X-RateLimit-Reset", reset}, time.Second, time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.pullRequest(7)
			w.fault(2, "repos/create-deployment", func(rw http.ResponseWriter) {
				for i := 0; i < len(test.headers); i += 2 {
					rw.Header().Set(test.headers[i], test.headers[i+1])
				}
				githubtest.Refuse(rw, test.code, "later")
			})
			w.is("code", w.deploys(everything, deployment("Succeeded")), step.OK)
			w.is("warnings", w.warnings(), 0)
			w.is("deployments", len(w.Deployments), 1)
			w.is("states", states(w.Deployments[0]), "queued in_progress success")
			w.is("waits", len(w.waited), 2)
			for _, d := range w.waited {
				if d < test.least || d > test.most {
					t.Errorf("waits %s", d)
				}
			}
		})
	}
}

func TestALongRateLimitIsNotWaitedFor(t *testing.T) {
	reset := strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10)
	for _, headers := range [][]string{
		{"X-RateLimit-Remaining", "0", "X-RateLimit-Reset", reset},
		{"Retry-After", "3600"},
	} {
		for _, code := range []int{403, 429} {
			w := newWorld(t)
			w.pullRequest(7)
			w.fault(-1, "", func(rw http.ResponseWriter) {
				for i := 0; i < len(headers); i += 2 {
					rw.Header().Set(headers[i], headers[i+1])
				}
				githubtest.Refuse(rw, code, "API rate limit exceeded")
			})
			w.is("code", w.deploys(everything, deployment("InProgress"), deployment("Succeeded")), step.OK)
			w.is("warnings", w.warnings(), 2)
			w.says("GitHub takes no more calls for ", "(rate limit)")
			w.is("waits", len(w.waited), 0)
		}
	}
}

func TestGitHubIsNotThere(t *testing.T) {
	w := newWorld(t)
	w.pullRequest(7)
	w.Server.Close()
	w.is("code", w.deploys(everything, deployment("InProgress"), deployment("Succeeded")), step.OK)
	w.is("warnings", w.warnings(), 2)
	w.says("GitHub's API is not reached", "The step goes on.")
	w.is("waits", len(w.waited), 2) // of one call, whatever else was to be told

	w = newWorld(t) // comes back before the end
	w.pullRequest(7)
	w.fault(3, "repos/create-deployment", func(rw http.ResponseWriter) { githubtest.Refuse(rw, 500, "no") })
	begun := make(chan struct{})
	w.run(everything, func(_ context.Context, env *step.Env, _ *Inputs) error {
		if err := say(env, "deploy"); err != nil {
			return err
		}
		go func() {
			for w.waits() < 2 {
			}
			close(begun)
		}()
		<-begun
		env.Events.Emit(deployment("Succeeded"))
		return nil
	})
	w.is("warnings", w.warnings(), 0)
	w.is("states", states(w.Deployments[0]), "queued in_progress success")
}

func (w *world) waits() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.waited)
}

// What was made although its answer was lost is not made twice.
func TestALostAnswerMakesNothingTwice(t *testing.T) {
	w := newWorld(t)
	w.pullRequest(7)
	lost := map[string]bool{}
	w.After = func(rw http.ResponseWriter, op string) {
		if strings.Contains(op, "/create-deployment") && !strings.Contains(op, "status") || op == "issues/create-comment" {
			if !lost[op] {
				lost[op] = true
				panic(http.ErrAbortHandler)
			}
		}
	}
	w.is("code", w.deploys(everything, deployment("Succeeded")), step.OK)
	w.is("answers lost", len(lost), 2)
	w.is("deployments", len(w.Deployments), 1)
	w.is("comments", len(w.Comments), 1)
	w.is("states", states(w.Deployments[0]), "queued in_progress success")
	w.is("warnings", w.warnings(), 0)
}

func TestTheTokenStaysWithItsHost(t *testing.T) {
	other := newWorld(t)
	w := newWorld(t)
	w.fault(-1, "", func(rw http.ResponseWriter) {
		rw.Header().Set("Location", other.API()+"/repos/octo/app/deployments")
		rw.WriteHeader(http.StatusTemporaryRedirect)
	})
	w.is("code", w.deploys("--github-deployment", deployment("Succeeded")), step.OK)
	w.is("calls of the other", len(other.Calls()), 0)
	w.is("warnings", w.warnings(), 1)
}
