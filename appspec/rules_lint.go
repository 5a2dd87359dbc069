package appspec

// lintRules are the rules about comments that ask to ignore findings, see [Ignore].
func lintRules() []Rule {
	const begins = "-- appspec.yml 0644 --\nversion: 0.0\nos: linux\n"
	const ends = "hooks:\n  ApplicationStop:\n    - location: stop.sh\n-- stop.sh --\n#!/bin/sh\nsystemctl stop web\n"
	return []Rule{
		{ID: "LINT-001", Severity: Warning, Title: "ignored without a reason",
			Why: "A comment asks to ignore findings and does not say why. Whoever reads the file next cannot tell if it still holds, " +
				"so it does not count: the findings are reported.",
			Remedy: "Write the reason after the rule.", Agent: Accepts,
			Fails:  begins + "team: payments «# codedeploy-steps: ignore YAML-023»\n" + ends,
			Passes: begins + "team: payments # codedeploy-steps: ignore YAML-023 the pager's script reads it\n" + ends},
		{ID: "LINT-002", Severity: Warning, Title: "unknown rule ignored",
			Why:    "A comment asks to ignore a rule that does not exist. Most often its id is misspelt, and the finding that was meant is reported.",
			Remedy: "Write the id as the finding shows it, with commas between several.", Agent: Accepts,
			Fails:  begins + "team: payments # codedeploy-steps: ignore «YML-023» the pager's script reads it\n" + ends,
			Passes: begins + "team: payments # codedeploy-steps: ignore YAML-023 the pager's script reads it\n" + ends},
		{ID: "LINT-003", Severity: Warning, Title: "nothing to ignore",
			Why: "A comment asks to ignore a rule that finds nothing on its line or the next. The fault was mended, or the comment stands " +
				"at the wrong place; left there, it hides the next fault of its kind.",
			Remedy: "Remove the comment, or move it to the line of the finding.", Agent: Accepts,
			Fails:  begins + "# codedeploy-steps: ignore «YAML-023» the pager's script reads it\n" + ends,
			Passes: begins + "# codedeploy-steps: ignore YAML-023 the pager's script reads it\nteam: payments\n" + ends},
	}
}
