package appspec

// serverRules are the rules about documents for EC2/on-premises.
func serverRules() []Rule {
	return []Rule{}
}
