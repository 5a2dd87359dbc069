package appspec

import "strings"

// limitRules are the rules about what this package itself does not read.
func limitRules() []Rule {
	return []Rule{
		{ID: "LIMIT-001", Severity: Error, Title: "file too long",
			Why:    "The file has more than 256 KiB (262,144 bytes). An AppSpec has some hundred lines: an archive or a log was taken for it.",
			Remedy: "Name the AppSpec file itself.", Agent: Accepts,
			Fails:  "version: 0.0\nos: linux\n@repeat 17000 # A comment of some sixty letters, as often as it takes here.\n",
			Passes: "version: 0.0\nos: linux\n# A comment.\n"},
		{ID: "LIMIT-002", Severity: Error, Title: "nested too deeply",
			Why:    "Lists and mappings are nested more than 100 levels deep. An AppSpec needs five; texts like this one are made to exhaust a parser.",
			Remedy: "Take the nesting out.", Agent: Accepts,
			Fails:  "version: 0.0\nos: linux\nx: " + strings.Repeat("[", 99) + "«[»[]]" + strings.Repeat("]", 99) + "\n",
			Passes: "version: 0.0\nos: linux\nx: [[[[[]]]]]\n"},
		{ID: "LIMIT-003", Severity: Error, Title: "aliases stand for too much",
			Why:    "Aliases repeat other parts of the file, and together they stand for more than 50,000 values. A short text can so grow without bound, and texts like this one are made to exhaust a parser.",
			Remedy: "Write the values out.", Agent: Depends,
			Fails:  "version: 0.0\nos: linux\nfiles:\n  - &app {source: app, destination: /srv/app}\n@repeat 10000   - *app\n  - «*app»\n",
			Passes: "version: 0.0\nos: linux\nfiles:\n  - {source: app, destination: /srv/app}\n"},
		{ID: "LIMIT-004", Severity: Error, Varies: true, Title: "too many findings",
			Why:    "More than 1000 errors, or more than 1000 warnings, were found in one file; the rest is counted but not shown. It is a warning if only warnings are left out.",
			Remedy: "Mend what is shown first: one mistake at the top often causes the rest.",
			Fails:  "version: 0.0\nos: linux\nfiles:\n@repeat 1001   - source: app\n",
			Passes: "version: 0.0\nos: linux\nfiles:\n  - source: app\n"},
	}
}
