package policy

import (
	"regexp"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps/push"
)

// kind is a kind of resource. Statements follow in this order.
type kind int

const (
	application  kind = iota
	applications      // ListApplicationRevisions names no application
	group
	groups // all of an application
	config
	account  // everything of CodeDeploy in the account and region
	anywhere // *
	bucket
	bundles
	key
	nextRole
)

// sid is the id of the statement about a kind of resource.
func (k kind) sid() string {
	return [...]string{
		application: "Application", applications: "Applications", group: "DeploymentGroup", groups: "DeploymentGroups", config: "DeploymentConfig",
		account: "Account", anywhere: "Anywhere", bucket: "Bucket", bundles: "Bundles", key: "Key", nextRole: "NextRole",
	}[k]
}

// arns names the resources of a kind, and notes inputs that are missing for it.
func (in *Inputs) arns(k kind) ([]string, error) {
	switch k {
	case application:
		return in.codedeploy("application:%", "application", in.Application)
	case applications:
		return in.codedeploy("application:*")
	case group:
		return in.codedeploy("deploymentgroup:%/%", "application", in.Application, "deployment-group", in.DeploymentGroup)
	case groups:
		return in.codedeploy("deploymentgroup:%/*", "application", in.Application)
	case config:
		if in.DeploymentConfig == "" { // the group's own
			return in.codedeploy("deploymentconfig:*")
		}
		return in.codedeploy("deploymentconfig:%", "deployment-config", in.DeploymentConfig)
	case account:
		return in.codedeploy("*")
	case bucket, bundles:
		return in.s3(k)
	case key:
		arn, err := in.kms()
		return []string{arn}, err
	case nextRole:
		return in.NextRole, nil
	}
	return []string{"*"}, nil
}

// codedeploy makes an ARN of CodeDeploy: each % stands for an input, of which
// the name and the value follow.
func (in *Inputs) codedeploy(resource string, inputs ...string) ([]string, error) {
	for i := 0; i < len(inputs); i += 2 {
		name, value := inputs[i], inputs[i+1]
		switch {
		case value == "":
			in.lacks(name)
		case !matches(codedeployName, value):
			return nil, step.Errorf(step.Misused, "--%s %q can't be a name", name, value).Do("Letters, digits and . _ + = , @ - make one; * and ? are wildcards.")
		}
		resource = strings.Replace(resource, "%", value, 1)
	}
	if in.Region == "" {
		in.lacks("region")
	}
	return []string{"arn:" + in.Partition + ":codedeploy:" + in.Region + ":" + in.Account + ":" + resource}, nil
}

const (
	codedeployName = `^[A-Za-z0-9._+=,@*?-]+$`
	bucketName     = `^[A-Za-z0-9._-]+$`
	keyID          = `^[A-Za-z0-9-]+$`
	inTemplate     = `\{[^{}]*\}` // of a key
)

// s3 names the bucket, or in it the keys that push makes: by prefix and
// application, or as the template of --s3-key says.
func (in *Inputs) s3(k kind) ([]string, error) {
	switch {
	case in.S3Bucket == "":
		in.lacks("s3-bucket")
	case !matches(bucketName, in.S3Bucket):
		return nil, step.Errorf(step.Misused, "--s3-bucket %q can't be the name of a bucket", in.S3Bucket)
	}
	arn := "arn:" + in.Partition + ":s3:::" + in.S3Bucket
	if k == bucket {
		return []string{arn}, nil
	}
	keys := in.S3Key
	if keys == "" {
		keys = "{application}/*"
	}
	if strings.Contains(keys, "{application}") {
		if in.Application == "" {
			in.lacks("application")
		}
		keys = strings.ReplaceAll(keys, "{application}", in.Application)
	}
	keys = push.Under(in.S3Prefix, regexp.MustCompile(inTemplate).ReplaceAllString(keys, "*"))
	return []string{arn + "/" + strings.ReplaceAll(keys, "$", "${$}")}, nil // ${…} would be a policy variable
}

// kms names the key.
func (in *Inputs) kms() (string, error) {
	switch {
	case strings.HasPrefix(in.S3KMSKey, "arn:") && strings.Contains(in.S3KMSKey, ":key/"):
		return in.S3KMSKey, nil
	case !matches(keyID, in.S3KMSKey):
		return "", step.Errorf(step.Misused, "--s3-kms-key %q is neither the ARN nor the id of a key", in.S3KMSKey).
			Do("IAM allows no action on a key by its alias: give the key itself.")
	case in.Region == "":
		in.lacks("region") // a key's ARN has one
	}
	return "arn:" + in.Partition + ":kms:" + in.Region + ":" + in.Account + ":key/" + in.S3KMSKey, nil
}
