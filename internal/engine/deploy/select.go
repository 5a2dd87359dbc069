package deploy

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// selects says if a group's tag filters take an instance (instances-tagging.md).
// A built-in instance is an EC2 instance and an on-premises one at once: it
// answers to the filters of either.
func selects(g *types.DeploymentGroupInfo, i *Instance) bool {
	if g.Ec2TagSet != nil && len(g.Ec2TagSet.Ec2TagSetList) > 0 {
		for _, any := range g.Ec2TagSet.Ec2TagSetList {
			if !matchEC2(any, i.Tags) {
				return false
			}
		}
		return true
	}
	if len(g.Ec2TagFilters) > 0 && matchEC2(g.Ec2TagFilters, i.Tags) {
		return true
	}
	if g.OnPremisesTagSet != nil && len(g.OnPremisesTagSet.OnPremisesTagSetList) > 0 {
		for _, any := range g.OnPremisesTagSet.OnPremisesTagSetList {
			if !matchTags(any, i.Tags) {
				return false
			}
		}
		return true
	}
	return len(g.OnPremisesInstanceTagFilters) > 0 && matchTags(g.OnPremisesInstanceTagFilters, i.Tags)
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
