package appspec

// limitRules are the rules about what this package itself does not read.
func limitRules() []Rule {
	return []Rule{
		{ID: "LIMIT-002", Severity: Error, Title: "nested too deeply",
			Why:    "Lists and mappings are nested more than 100 levels deep. An AppSpec needs five; texts like this one are made to exhaust a parser.",
			Remedy: "Take the nesting out.", Agent: Accepts,
			Fails:  "version: 0.0\nos: linux\nx: " + "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[«[»]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n",
			Passes: "version: 0.0\nos: linux\nx: [[[[[]]]]]\n"},
	}
}
