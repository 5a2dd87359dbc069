package appspec

// yamlRules are the rules about the text and its syntax.
func yamlRules() []Rule {
	return []Rule{}
}
