package ci

// Build is what a CI system tells of the run that a step is a part of. What
// it does not tell is "". All of it may be chosen by whoever names a branch.
type Build struct {
	Repository string // owner/name
	Commit     string
	Ref        string // branch or tag, without refs/heads/
	Run        string // id of the run
	URL        string // page of the run
	Actor      string // who started it
}

// Build reads GitHub's default variables.
func (g *GitHub) Build() Build {
	b := Build{
		Repository: g.getenv("GITHUB_REPOSITORY"), Commit: g.getenv("GITHUB_SHA"), Ref: g.getenv("GITHUB_REF_NAME"),
		Run: g.getenv("GITHUB_RUN_ID"), Actor: g.getenv("GITHUB_ACTOR"),
	}
	if server := g.getenv("GITHUB_SERVER_URL"); server != "" && b.Repository != "" && b.Run != "" {
		b.URL = server + "/" + b.Repository + "/actions/runs/" + b.Run
	}
	return b
}

// Build is not known to a shell.
func (s *Shell) Build() Build { return Build{} }
