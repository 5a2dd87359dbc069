package story

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
)

// Limit is what GitHub takes, in characters; here bytes, which are more. GitLab
// takes a million.
const Limit = 65536

// Marker begins the comment of one deployment group and environment. It is
// made of the inputs, so that it is known before anything has happened.
func Marker(application, group, environment string) string {
	sum := sha256.Sum256([]byte(application + "\x00" + group + "\x00" + environment))
	return "<!-- codedeploy-steps " + hex.EncodeToString(sum[:8]) + " -->"
}

// Address gives an absolute address of the web as it may stand in a link; "" for
// anything else.
func Address(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return strings.NewReplacer("(", "%28", ")", "%29", "<", "%3C", ">", "%3E", "|", "%7C").Replace(u.String())
}

// Comment writes the comment, of a commit and an absolute address of the run;
// "" leaves out what is not known.
func (s *Story) Comment(mark, environment, commit, run string) string {
	var b strings.Builder
	name := strings.Join(slices.DeleteFunc([]string{s.Application, or(environment, s.Group)}, func(s string) bool { return s == "" }), " → ")
	status := s.status()
	fmt.Fprintf(&b, "%s\n### %s %s: %s\n\n| | |\n|---|---|\n", mark, s.sign(), report.Escape(or(name, "Deployment")), report.Escape(status))
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "| %s | %s |\n", name, value)
		}
	}
	row("application", report.Escape(s.Application))
	row("deployment group", report.Escape(s.Group))
	row("deployment", report.Escape(s.current.ID))
	row("revision", report.Escape(s.Revision))
	row("commit", commit)
	row("targets", report.Escape(counts(s.current.Overview)))
	row("status", report.Escape(status))
	if s.back.ID != "" {
		row("rollback", report.Escape(s.back.ID+": "+s.back.Status))
	}
	if run != "" {
		row("run", "[log]("+run+")")
	}
	b.WriteByte('\n')
	b.WriteString(s.summary.Markdown(Limit - b.Len() - 8192))
	// A name after @, or a number after # or GitLab's !, is told or linked even
	// where the sign was written as an entity.
	page := strings.NewReplacer("&#64;", "&#64;&#8203;", "&#35;", "&#35;&#8203;", "&#33;", "&#33;&#8203;").Replace(s.hidden(b.String()))
	if len(page) > Limit {
		page = strings.ToValidUTF8(page[:Limit-64], "") + "\n\n… cut: the log has all of it.\n"
	}
	return page
}

func (s *Story) status() string {
	switch {
	case s.current.Status != "":
		return s.current.Status
	case s.Failed != nil:
		return "failed before a deployment was made"
	case s.current.ID != "":
		return "Created"
	}
	return "begins"
}

func (s *Story) sign() string {
	switch s.State {
	case Success:
		return "✅"
	case Failure, Broken, Inactive:
		return "❌"
	}
	if s.Failed != nil {
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
