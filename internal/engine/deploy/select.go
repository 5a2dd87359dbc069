package deploy

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// selects says if a group's tag filters take an instance (instances-tagging.md).
// A built-in instance is an EC2 instance and an on-premises one at once: it
// answers to the filters of either.
func selects(g *types.DeploymentGroupInfo, i *Instance) bool {
	ec2 := matchEC2(g.Ec2TagFilters, i.Tags)
	if g.Ec2TagSet != nil && len(g.Ec2TagSet.Ec2TagSetList) > 0 {
		ec2 = !slices.ContainsFunc(g.Ec2TagSet.Ec2TagSetList, func(any []types.EC2TagFilter) bool { return !matchEC2(any, i.Tags) })
	}
	onPremises := matchTags(g.OnPremisesInstanceTagFilters, i.Tags)
	if g.OnPremisesTagSet != nil && len(g.OnPremisesTagSet.OnPremisesTagSetList) > 0 {
		onPremises = !slices.ContainsFunc(g.OnPremisesTagSet.OnPremisesTagSetList, func(any []types.TagFilter) bool { return !matchTags(any, i.Tags) })
	}
	return ec2 || onPremises
}

// checkFilters refuses filters that the service would refuse: a filter beside a
// set of them, and a type that is none, which must not be read as another one.
func checkFilters(ec2 []types.EC2TagFilter, ec2Set *types.EC2TagSet, onPremises []types.TagFilter, onPremisesSet *types.OnPremisesTagSet) error {
	if ec2Set != nil && len(ec2Set.Ec2TagSetList) > 0 {
		if len(ec2) > 0 {
			return &types.InvalidEC2TagCombinationException{Message: ptr("A deployment group has ec2TagFilters or an ec2TagSet, not both.")}
		}
		ec2 = slices.Concat(ec2Set.Ec2TagSetList...)
	}
	if onPremisesSet != nil && len(onPremisesSet.OnPremisesTagSetList) > 0 {
		if len(onPremises) > 0 {
			return &types.InvalidOnPremisesTagCombinationException{Message: ptr("A deployment group has onPremisesInstanceTagFilters or an onPremisesTagSet, not both.")}
		}
		onPremises = slices.Concat(onPremisesSet.OnPremisesTagSetList...)
	}
	for _, f := range ec2 {
		if f.Type != "" && !slices.Contains(f.Type.Values(), f.Type) {
			return &types.InvalidEC2TagException{Message: ptr(fmt.Sprintf("The type %q of a tag filter is not KEY_ONLY, VALUE_ONLY or KEY_AND_VALUE.", f.Type))}
		}
	}
	for _, f := range onPremises {
		if f.Type != "" && !slices.Contains(f.Type.Values(), f.Type) {
			return &types.InvalidTagException{Message: ptr(fmt.Sprintf("The type %q of a tag filter is not KEY_ONLY, VALUE_ONLY or KEY_AND_VALUE.", f.Type))}
		}
	}
	return nil
}

func matchEC2(filters []types.EC2TagFilter, tags map[string]string) bool {
	for _, f := range filters {
		if matchTag(string(f.Type), aws.ToString(f.Key), aws.ToString(f.Value), tags) {
			return true
		}
	}
	return false
}

func matchTags(filters []types.TagFilter, tags map[string]string) bool {
	for _, f := range filters {
		if matchTag(string(f.Type), aws.ToString(f.Key), aws.ToString(f.Value), tags) {
			return true
		}
	}
	return false
}

func matchTag(kind, key, value string, tags map[string]string) bool {
	switch kind {
	case "KEY_ONLY":
		_, ok := tags[key]
		return ok
	case "VALUE_ONLY":
		for _, v := range tags {
			if v == value {
				return true
			}
		}
		return false
	}
	v, ok := tags[key]
	return ok && v == value
}
