package github

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	gh "github.com/google/go-github/v62/github"

	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
)

// commentLimit is what GitHub takes, in characters; here bytes, which are more.
const commentLimit = 65536

// marker begins the comment of one deployment group and environment. It is
// made of the inputs, so that it is known before anything has happened.
func marker(in *Inputs) string {
	sum := sha256.Sum256([]byte(in.Application + "\x00" + in.DeploymentGroup + "\x00" + in.Environment))
	return "<!-- codedeploy-steps " + hex.EncodeToString(sum[:8]) + " -->"
}

// comment writes the comment on the pull request.
func (s *story) comment(mark, environment string, at place) string {
	var b strings.Builder
	name := strings.Join(slices.DeleteFunc([]string{s.application, or(environment, s.group)}, func(s string) bool { return s == "" }), " → ")
	status := s.status()
	fmt.Fprintf(&b, "%s\n### %s %s: %s\n\n| | |\n|---|---|\n", mark, s.sign(), report.Escape(or(name, "Deployment")), report.Escape(status))
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "| %s | %s |\n", name, value)
		}
	}
	row("application", report.Escape(s.application))
	row("deployment group", report.Escape(s.group))
	row("deployment", report.Escape(s.current.ID))
	row("revision", report.Escape(s.revision))
	row("commit", at.commit)
	row("targets", report.Escape(counts(s.current.Overview)))
	row("status", report.Escape(status))
	if s.back.ID != "" {
		row("rollback", report.Escape(s.back.ID+": "+s.back.Status))
	}
	if at.run != "" {
		row("run", "[log]("+at.run+")")
	}
	b.WriteByte('\n')
	b.WriteString(s.summary.Markdown(commentLimit - b.Len() - 8192))
	// A name after @, or a number after #, is told or linked even where the sign
	// was written as an entity.
	page := strings.NewReplacer("&#64;", "&#64;&#8203;", "&#35;", "&#35;&#8203;").Replace(b.String())
	if len(page) > commentLimit {
		page = strings.ToValidUTF8(page[:commentLimit-64], "") + "\n\n… cut: the log has all of it.\n"
	}
	return page
}

func (s *story) status() string {
	switch {
	case s.current.Status != "":
		return s.current.Status
	case s.failure != nil:
		return "failed before a deployment was made"
	case s.current.ID != "":
		return "Created"
	}
	return "begins"
}

func (s *story) sign() string {
	switch s.state {
	case success:
		return "✅"
	case failure, broken, inactive:
		return "❌"
	}
	if s.failure != nil {
		return "❌"
	}
	return "⏳"
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
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
