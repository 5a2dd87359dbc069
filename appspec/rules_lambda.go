package appspec

// lambdaRules are the rules about documents for AWS Lambda.
func lambdaRules() []Rule {
	return []Rule{}
}
