package ci

import (
	"io"
	"regexp"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
)

// Build is what a CI system tells of the run that a step is a part of. What
// it does not tell is "". All of it may be chosen by whoever names a branch.
type Build struct {
	Repository string // owner/name
	Commit     string
	Ref        string // branch or tag, without refs/heads/
	Run        string // id or number of the run
	URL        string // page of the run
	Actor      string // who started it
}

// variables is the environment of a job.
type variables func(string) string

// first gives the first of the named variables that is set.
func (v variables) first(names string) string {
	for _, name := range strings.Fields(names) {
		if value := v(name); value != "" {
			return value
		}
	}
	return ""
}

// known is the part that the systems have in common: facts of the run, read
// from variables. A system embeds it, and says itself what more it can do.
type known struct {
	variables
	name string
	// Names of variables; of several, the first that is set counts.
	workspace, repository, commit, ref, run, url, actor string
	files                                               string // names as well: see System.Files
}

func (k *known) Name() string      { return k.name }
func (k *known) IsCI() bool        { return true }
func (k *known) Workspace() string { return k.first(k.workspace) }

func (k *known) Build() Build {
	return Build{
		Repository: slug(k.first(k.repository)), Commit: k.first(k.commit), Ref: refName(k.first(k.ref)),
		Run: k.first(k.run), URL: k.first(k.url), Actor: k.first(k.actor),
	}
}

func (k *known) Files() []string                                   { return strings.Fields(k.files) }
func (k *known) SetOutput(io.Writer, string, string) error         { return nil }
func (k *known) Mask(io.Writer, string)                            {}
func (k *known) Wrap(r report.Reporter, _ Streams) report.Reporter { return r }

var remote = regexp.MustCompile(`^(?:[a-z+]+://[^/]+/|[^/@]+@[^/:]+:)(.+?)(?:\.git)?/?$`)

// slug is owner/name of a repository, of which some systems tell the address
// only; an address of another form is not shown: it may hold a password.
func slug(repository string) string {
	if m := remote.FindStringSubmatch(repository); m != nil {
		return m[1]
	}
	if strings.Contains(repository, "://") || strings.Contains(repository, "@") {
		return ""
	}
	return repository
}

func refName(ref string) string {
	for _, prefix := range []string{"refs/heads/", "refs/tags/"} {
		if name, ok := strings.CutPrefix(ref, prefix); ok {
			return name
		}
	}
	return ref
}
