package appspec

// ecsRules are the rules about documents for Amazon ECS.
func ecsRules() []Rule {
	return []Rule{}
}
