package report

// qualityIssue is an entry of a code quality report: docs.gitlab.com, Code
// Quality, "Code Quality report format".
type qualityIssue struct {
	Description string `json:"description"`
	Check       string `json:"check_name"`
	Fingerprint string `json:"fingerprint"`
	Severity    string `json:"severity"` // info, minor, major, critical, blocker
	Location    struct {
		Path  string `json:"path"`
		Lines struct {
			Begin int `json:"begin"`
		} `json:"lines"`
	} `json:"location"`
}

// CodeQuality writes findings for GitLab's merge requests. What is ignored is
// left out: the format has no word for it.
func CodeQuality(f *Findings) ([]byte, error) {
	issues := []qualityIssue{}
	prints := fingerprints{}
	for _, d := range f.Found {
		print := prints.of(d)
		if d.Ignored != nil {
			continue
		}
		issue := qualityIssue{Description: full(d), Check: Clean(d.Rule), Fingerprint: print, Severity: "major"}
		if d.Severity == "warning" {
			issue.Severity = "minor"
		}
		issue.Location.Path = d.File
		issue.Location.Lines.Begin = max(d.Line, 1) // a finding without a place: the format wants one
		issues = append(issues, issue)
	}
	return indented(issues)
}
