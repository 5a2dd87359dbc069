package github

import (
	"context"
	"strings"

	gh "github.com/google/go-github/v62/github"

	"github.com/codedeploy-steps/codedeploy-steps/internal/story"
)

// marker begins the comment of one deployment group and environment.
func marker(in *Inputs) string {
	return story.Marker(in.Application, in.DeploymentGroup, in.Environment)
}

// commenter keeps one comment on the pull request.
type commenter struct {
	api  *api
	at   place
	mark string
	pull int   // 0 until it was looked for
	id   int64 // of the comment; 0 until it was looked for or made
	none bool  // the commit belongs to no pull request
	said string
}

// show makes the comment say the text.
func (c *commenter) show(ctx context.Context, text string) error {
	if c.none || text == c.said {
		return nil
	}
	if err := c.findPull(ctx); err != nil || c.none {
		return err
	}
	if c.id == 0 {
		if err := c.findOrMake(ctx, text); err != nil || c.said == text {
			return err
		}
	}
	err := c.edit(ctx, text)
	if status(err) == 404 { // deleted meanwhile
		c.id = 0
		err = c.findOrMake(ctx, text)
	}
	if err == nil {
		c.said = text
	}
	return err
}

func (c *commenter) edit(ctx context.Context, text string) error {
	return c.api.call(ctx, "edit the comment", func(ctx context.Context) (*gh.Response, error) {
		_, resp, err := c.api.client.Issues.EditComment(ctx, c.api.owner, c.api.repo, c.id, &gh.IssueComment{Body: &text})
		return resp, err
	})
}

// findPull finds the pull request of the commit: an open one before others.
func (c *commenter) findPull(ctx context.Context) error {
	if c.pull = max(c.pull, c.at.pull); c.pull != 0 {
		return nil
	}
	if !isCommit(c.at.commit) {
		c.none = true
		return nil
	}
	return c.api.call(ctx, "find the pull request", func(ctx context.Context) (*gh.Response, error) {
		pulls, resp, err := c.api.client.PullRequests.ListPullRequestsWithCommit(ctx, c.api.owner, c.api.repo, c.at.commit, nil)
		if err != nil {
			return resp, err
		}
		for _, p := range pulls {
			if c.pull == 0 || p.GetState() == "open" {
				c.pull = p.GetNumber()
			}
			if p.GetState() == "open" {
				break
			}
		}
		c.none = c.pull == 0
		return resp, nil
	})
}

// findOrMake looks for the comment before it makes one, at each attempt: an
// attempt without an answer may have made it.
func (c *commenter) findOrMake(ctx context.Context, text string) error {
	return c.api.call(ctx, "make the comment", func(ctx context.Context) (*gh.Response, error) {
		options := &gh.IssueListCommentsOptions{ListOptions: gh.ListOptions{PerPage: 100}}
		for {
			comments, resp, err := c.api.client.Issues.ListComments(ctx, c.api.owner, c.api.repo, c.pull, options)
			if err != nil {
				return resp, err
			}
			for _, have := range comments {
				if strings.HasPrefix(have.GetBody(), c.mark) && ours(have) {
					c.id = have.GetID()
					return resp, nil
				}
			}
			if options.Page = resp.NextPage; options.Page == 0 {
				break
			}
		}
		made, resp, err := c.api.client.Issues.CreateComment(ctx, c.api.owner, c.api.repo, c.pull, &gh.IssueComment{Body: &text})
		if err == nil {
			c.id, c.said = made.GetID(), text
		}
		return resp, err
	})
}

// ours says if a comment with our marker may be edited: not one that a stranger
// wrote to have our words under their name.
func ours(c *gh.IssueComment) bool {
	switch c.GetAuthorAssociation() {
	case "OWNER", "MEMBER", "COLLABORATOR":
		return true
	}
	return c.GetUser().GetType() == "Bot"
}
