package appspec

// revisionRules are the rules about the revision around an AppSpec file.
func revisionRules() []Rule {
	return []Rule{}
}
