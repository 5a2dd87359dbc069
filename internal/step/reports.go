package step

import (
	"fmt"
	"strings"
)

// Reports is the input of a step whose run can be written to files, as the
// documents of [Step].Documents. A step embeds it; one with further kinds
// declares the input once more before it, with words of its own.
type Reports struct {
	Report []string `flag:"report" file:"no" help:"Documents that are written to files beside what is shown, as kind=path: html=deployment.html,junit=deployment.xml. Kinds: html, junit, markdown."`
}

// reporting is what embeds Reports.
type reporting interface{ openReports(env *Env) error }

// openReports opens the documents that are asked for.
func (r *Reports) openReports(env *Env) error {
	paths := map[string]bool{}
	for _, text := range r.Report {
		kind, path, ok := strings.Cut(text, "=")
		if kind, path = strings.TrimSpace(kind), strings.TrimSpace(path); !ok || path == "" {
			return Errorf(Misused, "--report %s: there is no path", text).Do("Write kind=path, as in junit=report.xml.")
		}
		if paths[env.Path(path)] {
			return Errorf(Misused, "--report %s: another report is written there", text)
		}
		paths[env.Path(path)] = true
		if err := env.CheckFile("report", path); err != nil {
			return err
		}
		if err := env.Report(kind, path); err != nil {
			return fmt.Errorf("--report %s: %w", text, err)
		}
	}
	return nil
}
