package appspec

import (
	"slices"
	"strings"
)

// serverRules are the rules about documents for EC2/on-premises.
func serverRules() []Rule {
	rules := slices.Concat(topRules(), fileRules(), permissionRules(), aclRules(), hookRules(), timeoutRules())
	slices.SortFunc(rules, func(a, b Rule) int { return strings.Compare(a.ID, b.ID) })
	return rules
}
