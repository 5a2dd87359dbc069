package github

import (
	"encoding/json"
	"net/url"
	"os"
	"regexp"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/internal/story"
)

// place is where on GitHub a step runs, and what for. What is not known is "" or 0.
type place struct {
	api         *url.URL // ends with a slash
	owner, repo string
	commit      string // of a pull request its head, not the merge that GitHub tries
	pull        int
	run         string // page of the run; an absolute address
}

var repositoryRule = regexp.MustCompile(`^([\w.-]+)/([\w.-]+)$`)

// placeOf reads the variables of GitHub Actions, and the file with the event
// that began the run. Both are made from what others push: nothing of it is
// more than text to look for.
func placeOf(env *step.Env) place {
	p := place{api: apiOf(env.Getenv), commit: env.Build.Commit}
	repository := env.Getenv("GITHUB_REPOSITORY")
	if m := repositoryRule.FindStringSubmatch(repository); m != nil && !onlyDots(m[1]) && !onlyDots(m[2]) {
		p.owner, p.repo = m[1], m[2]
	}
	p.run = story.Address(env.Build.URL)
	var e struct {
		Number int `json:"number"`
		Issue  struct {
			Number int              `json:"number"`
			Pull   *json.RawMessage `json:"pull_request"`
		} `json:"issue"`
		Pull *struct {
			Number int `json:"number"`
			Head   struct {
				SHA string `json:"sha"`
			} `json:"head"`
		} `json:"pull_request"`
	}
	text, err := os.ReadFile(env.Getenv("GITHUB_EVENT_PATH"))
	if err != nil || json.Unmarshal(text, &e) != nil {
		return p
	}
	switch {
	case e.Pull != nil:
		p.pull = e.Pull.Number
		if isCommit(e.Pull.Head.SHA) {
			p.commit = e.Pull.Head.SHA
		}
	case e.Issue.Pull != nil:
		p.pull = e.Issue.Number
	}
	return p
}

// apiOf gives the address of the API: GitHub's own, or that of the Enterprise
// Server that runs the workflow. It is nil if the variables name none.
func apiOf(getenv func(string) string) *url.URL {
	text := getenv("GITHUB_API_URL")
	if server := strings.TrimSuffix(getenv("GITHUB_SERVER_URL"), "/"); text == "" && server != "" && server != "https://github.com" {
		text = server + "/api/v3"
	}
	if text == "" {
		text = "https://api.github.com"
	}
	u, err := url.Parse(strings.TrimSuffix(text, "/") + "/")
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil
	}
	return u
}

func onlyDots(s string) bool { return strings.Trim(s, ".") == "" }

var commitRule = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// isCommit says if a text is the whole id of a commit.
func isCommit(s string) bool { return commitRule.MatchString(s) }
