package appspec

import (
	"slices"
	"strings"
)

// Rule is what there is to know about one kind of finding, whatever the file.
// The rules are one table: explanations, the reference page, the reports'
// rule lists and the tests are made from it.
type Rule struct {
	ID       string   // such as EC2-002; stable, never reused
	Severity Severity // of most findings
	Varies   bool     // some findings of the rule have the other severity
	Title    string   // a few words: "version in quotes"
	Why      string   // what happens on the server and why, in a few sentences
	Remedy   string   // what to do, in a sentence
	Chapter  string   // chapter of the User Guide without its ending, or ""
	Agent    Verdict
	Fix      Fix
	Listed   bool // only [CheckBundle] finds it, for whoever lists the folder

	// With is what the reader is told besides the file in both examples.
	With Situation
	// Fails and Passes are revisions that show the rule: the text of an
	// appspec.yml, or several files, each after a line "-- name --" (or "-- name
	// 0644 --"; 0755 if no mode is given; "-- name -> target --" for a link; names that
	// end in / are empty folders). In Fails, « and » enclose what the rule's first
	// finding points at; without them it has no place in the file.
	Fails, Passes string
}

// Situation is what may be known besides the revision.
type Situation struct {
	Options Options
	Target  Target
}

// Verdict is what the agent says to a file that a rule finds fault with.
type Verdict string

const (
	// Refuses: the agent rejects the file as soon as it reads it.
	Refuses Verdict = "refuses"
	// Accepts: the agent reads the file without a word. It fails later, or
	// does something else than what is written; that is why this package speaks.
	Accepts Verdict = "accepts"
	// Depends: one Ruby accepts it and another refuses it.
	Depends Verdict = "depends on its Ruby"
	// NotAsked: the service or nobody reads this; the agent has no say.
	NotAsked Verdict = ""
)

// Fix says if [Repair] can mend what a rule finds.
type Fix string

const (
	NoFix Fix = ""
	// Safe: the file means the same afterwards, or the agent refused it before.
	Safe Fix = "safe"
	// Unsafe: the file does something else afterwards: what its author meant.
	Unsafe Fix = "unsafe"
)

// Rules returns all rules, in the order of their ids within each area.
func Rules() []Rule {
	return slices.Concat(yamlRules(), serverRules(), revisionRules(), ecsRules(), lambdaRules(), limitRules(), lintRules())
}

// LookUp finds a rule by its id, in any case.
func LookUp(id string) (Rule, bool) {
	all := Rules()
	i := slices.IndexFunc(all, func(r Rule) bool { return strings.EqualFold(r.ID, id) })
	if i < 0 {
		return Rule{}, false
	}
	return all[i], true
}
