package github

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	gh "github.com/google/go-github/v62/github"

	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
	"github.com/codedeploy-steps/codedeploy-steps/internal/story"
)

// payload is kept with a deployment on GitHub, to know it again.
type payload struct {
	By          string `json:"by"` // always "codedeploy-steps"
	Application string `json:"application,omitempty"`
	Group       string `json:"deploymentGroup,omitempty"`
	Revision    string `json:"revision,omitempty"`
	Nonce       string `json:"nonce,omitempty"` // of the process that made it
}

// request is the deployment that GitHub is to have.
type request struct {
	payload
	environment string
	commit      string
	moves       string // deploy, wait or rollback
}

// deployer keeps one deployment on GitHub.
type deployer struct {
	api  *api
	at   place
	url  string // of the environment
	id   int64  // 0 until it was made or found
	none bool   // there is nothing to show: what is gone back to is no commit that GitHub has a deployment of
}

// open makes the deployment, or finds the one that an earlier step made.
func (d *deployer) open(ctx context.Context, r request) error {
	if d.id != 0 || d.none {
		return nil
	}
	switch r.moves {
	case "wait":
		if err := d.find(ctx, r, func(_ *gh.Deployment, p payload) bool {
			return p.Application == r.Application && p.Group == r.Group
		}); err != nil || d.id != 0 {
			return err
		}
	case "rollback":
		commit, err := d.leave(ctx, r)
		if err != nil {
			return err
		}
		if d.none = commit == ""; d.none {
			return nil
		}
		r.commit = commit
	}
	if r.commit == "" {
		return fmt.Errorf("the commit is not known (GITHUB_SHA)")
	}
	return d.make(ctx, r)
}

// make creates the deployment. No merge is tried and no check required: the
// job that runs this is itself a check that has not ended.
func (d *deployer) make(ctx context.Context, r request) error {
	r.By = "codedeploy-steps"
	first := true
	return d.api.call(ctx, "create the deployment", func(ctx context.Context) (*gh.Response, error) {
		if !first { // an attempt without an answer may have made it
			if resp, err := d.look(ctx, r, func(_ *gh.Deployment, p payload) bool { return p.Nonce == r.Nonce }); err != nil || d.id != 0 {
				return resp, err
			}
		}
		first = false
		task := "deploy"
		if r.moves == "rollback" {
			task = "rollback"
		}
		made, resp, err := d.api.client.Repositories.CreateDeployment(ctx, d.api.owner, d.api.repo, &gh.DeploymentRequest{
			Ref: &r.commit, Task: &task, AutoMerge: gh.Bool(false), RequiredContexts: &[]string{}, Payload: r.payload,
			Environment: &r.environment, Description: gh.String(short("AWS CodeDeploy: " + r.Application + " to " + r.Group)),
		})
		d.id = made.GetID()
		return resp, err
	})
}

func (d *deployer) find(ctx context.Context, r request, is func(*gh.Deployment, payload) bool) error {
	return d.api.call(ctx, "find the deployment", func(ctx context.Context) (*gh.Response, error) { return d.look(ctx, r, is) })
}

// look finds the newest deployment of ours of the commit.
func (d *deployer) look(ctx context.Context, r request, is func(*gh.Deployment, payload) bool) (*gh.Response, error) {
	list, resp, err := d.api.client.Repositories.ListDeployments(ctx, d.api.owner, d.api.repo, &gh.DeploymentsListOptions{SHA: r.commit, Environment: r.environment})
	for _, have := range list {
		if p, ok := payloadOf(have); ok && is(have, p) {
			d.id = have.GetID()
			break
		}
	}
	return resp, err
}

// leave says that what the environment has is active no more, and answers the
// commit of the revision that is gone back to; "" if no deployment had it.
func (d *deployer) leave(ctx context.Context, r request) (commit string, err error) {
	var list []*gh.Deployment
	err = d.api.call(ctx, "list the deployments", func(ctx context.Context) (resp *gh.Response, err error) {
		list, resp, err = d.api.client.Repositories.ListDeployments(ctx, d.api.owner, d.api.repo,
			&gh.DeploymentsListOptions{Environment: r.environment, ListOptions: gh.ListOptions{PerPage: 100}})
		return resp, err
	})
	if err != nil {
		return "", err
	}
	left := false
	for n, have := range list {
		p, ours := payloadOf(have)
		if ours && commit == "" && p.Application == r.Application && p.Revision == r.Revision && r.Revision != "" {
			commit = have.GetSHA()
		}
		if left || n >= 10 || !ours || p.Application != r.Application || p.Group != r.Group {
			continue
		}
		latest, err := d.latest(ctx, have.GetID())
		if err != nil {
			return "", err
		}
		if left = latest == story.Success; left {
			if err := d.status(ctx, have.GetID(), story.Change{State: story.Inactive, Description: "rolled back"}); err != nil {
				return "", err
			}
		}
	}
	return commit, nil
}

func (d *deployer) latest(ctx context.Context, id int64) (state string, err error) {
	err = d.api.call(ctx, "see the deployment's status", func(ctx context.Context) (*gh.Response, error) {
		list, resp, err := d.api.client.Repositories.ListDeploymentStatuses(ctx, d.api.owner, d.api.repo, id, &gh.ListOptions{PerPage: 1})
		if len(list) > 0 {
			state = list[0].GetState()
		}
		return resp, err
	})
	return state, err
}

// set gives the deployment a new state.
func (d *deployer) set(ctx context.Context, c story.Change) error {
	if d.none || d.id == 0 {
		return nil
	}
	return d.status(ctx, d.id, c)
}

func (d *deployer) status(ctx context.Context, id int64, c story.Change) error {
	s := &gh.DeploymentStatusRequest{State: &c.State, Description: gh.String(short(c.Description)), AutoInactive: gh.Bool(true)}
	if d.at.run != "" {
		s.LogURL = &d.at.run
	}
	if d.url != "" {
		s.EnvironmentURL = &d.url
	}
	return d.api.call(ctx, "set the deployment's status to "+c.State, func(ctx context.Context) (*gh.Response, error) {
		_, resp, err := d.api.client.Repositories.CreateDeploymentStatus(ctx, d.api.owner, d.api.repo, id, s)
		return resp, err
	})
}

// payloadOf reads what we keep with a deployment. GitHub gives it back as the
// object that it was or as its text.
func payloadOf(d *gh.Deployment) (p payload, ours bool) {
	raw := []byte(d.Payload)
	var text string
	if json.Unmarshal(raw, &text) == nil {
		raw = []byte(text)
	}
	return p, json.Unmarshal(raw, &p) == nil && p.By == "codedeploy-steps"
}

// short keeps a description within GitHub's 140 characters.
func short(s string) string {
	r := []rune(report.Clean(strings.TrimSpace(s)))
	if len(r) > 140 {
		return string(r[:139]) + "…"
	}
	return string(r)
}
