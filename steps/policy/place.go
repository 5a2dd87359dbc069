package policy

import (
	"regexp"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// Place are the inputs that say where the resources are.
type Place struct {
	_         struct{} `group:"Where"`
	Region    string   `flag:"region" env:"AWS_REGION,AWS_DEFAULT_REGION" help:"AWS region of the application."`
	Account   string   `flag:"account" help:"Account that the role belongs to: 12 digits."`
	Partition string   `flag:"partition" enum:"aws,aws-cn,aws-us-gov,aws-iso,aws-iso-b,aws-iso-e,aws-iso-f,aws-eusc" help:"Partition of AWS; the region's if empty, and aws without one."`
}

// regional says by which beginnings the regions of a partition are known, as the
// SDK's own list of partitions has it. All others belong to aws.
var regional = []struct{ prefix, partition string }{
	{"cn-", "aws-cn"}, {"us-gov-", "aws-us-gov"}, {"us-iso-", "aws-iso"}, {"us-isob-", "aws-iso-b"},
	{"eu-isoe-", "aws-iso-e"}, {"us-isof-", "aws-iso-f"}, {"eusc-", "aws-eusc"},
}

func partitionOf(region string) string {
	for _, r := range regional {
		if strings.HasPrefix(region, r.prefix) {
			return r.partition
		}
	}
	return "aws"
}

const (
	regionName = `^[a-z]{2,}(-[a-z]+)+-\d+$`
	accountID  = `^\d{12}$`
)

// matches compiles a pattern when it is needed: the program starts without.
func matches(pattern, text string) bool { return regexp.MustCompile(pattern).MatchString(text) }

// check refuses places that no ARN can name, and completes the partition. What
// is missing is told with all else that is.
func (p *Place) check() error {
	switch {
	case p.Account != "" && !matches(accountID, p.Account):
		return step.Errorf(step.Misused, "--account %q is no account", p.Account).Do("Give its 12 digits. IAM takes no wildcard for an account.")
	case p.Region != "" && !matches(regionName, p.Region):
		return step.Errorf(step.Misused, "--region %q is no region", p.Region).Do("Name one, such as eu-west-1. IAM takes no wildcard for a region.")
	case p.Region != "" && p.Partition != "" && p.Partition != partitionOf(p.Region):
		return step.Errorf(step.Misused, "--partition %s has no region %s, which is in %s", p.Partition, p.Region, partitionOf(p.Region))
	}
	if p.Partition == "" {
		p.Partition = partitionOf(p.Region)
	}
	return nil
}
