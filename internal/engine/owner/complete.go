package owner

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/codedeploy-steps/codedeploy-steps/bundle"
	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// Names that a release on the engine has where nobody gave one.
const (
	defaultGroup  = "local"
	defaultBucket = "codedeploy-steps"
)

// Complete makes what a step on the engine is missing: application, bucket,
// deployment group, instances; and names what nobody named.
func Complete(ctx context.Context, env *step.Env, in awsconf.Engine, t http.RoundTripper, keys Credentials, c *awsconf.Clients, n *awsconf.Names) error {
	if n.Application == "" {
		n.Application = nameOf(n.Source)
	}
	_, err := c.CodeDeploy.CreateApplication(ctx, &codedeploy.CreateApplicationInput{ApplicationName: &n.Application})
	var appThere *types.ApplicationAlreadyExistsException
	if err != nil && !errors.As(err, &appThere) {
		return c.Explain(err, "make the application %s", n.Application)
	}
	if n.WantBucket {
		if n.Bucket == "" {
			n.Bucket = defaultBucket
		}
		_, err := c.S3.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &n.Bucket})
		var there *s3types.BucketAlreadyOwnedByYou
		if err != nil && !errors.As(err, &there) {
			return c.Explain(err, "make the bucket %s", n.Bucket)
		}
	}
	if n.WantGroup {
		return group(ctx, env, in, t, keys, c, n)
	}
	return nil
}

func group(ctx context.Context, env *step.Env, in awsconf.Engine, t http.RoundTripper, keys Credentials, c *awsconf.Clients, n *awsconf.Names) error {
	if n.Group == "" {
		n.Group = defaultGroup
	}
	out, err := Call[EnsureOutput](ctx, t, keys, "EnsureInstances", EnsureInput{
		Count: in.Instances, Kind: in.InstanceKind, Asked: env.Given("instance-kind"), Network: in.Network, Name: in.InstanceName,
	})
	if err != nil {
		return step.Errorf(step.Misused, "%w", err)
	}
	for _, note := range out.Notes {
		env.Info("%s", note)
	}
	role, key, enabled := "arn:aws:iam::000000000000:role/local", "Name", true
	_, err = c.CodeDeploy.CreateDeploymentGroup(ctx, &codedeploy.CreateDeploymentGroupInput{
		ApplicationName: &n.Application, DeploymentGroupName: &n.Group, ServiceRoleArn: &role,
		Ec2TagFilters: []types.EC2TagFilter{{Key: &key, Value: &in.InstanceName, Type: types.EC2TagFilterTypeKeyAndValue}},
		AutoRollbackConfiguration: &types.AutoRollbackConfiguration{
			Enabled: enabled, Events: []types.AutoRollbackEvent{types.AutoRollbackEventDeploymentFailure},
		},
	})
	var there *types.DeploymentGroupAlreadyExistsException
	if err != nil && !errors.As(err, &there) {
		return c.Explain(err, "make the deployment group %s", n.Group)
	}
	return nil
}

var notInName = regexp.MustCompile(`[^A-Za-z0-9._+=,@-]+`)

// nameOf names an application after a revision's folder or archive.
func nameOf(source string) string {
	name := filepath.Base(source)
	if _, ok := bundle.TypeOf(name); ok {
		name = strings.TrimSuffix(strings.TrimSuffix(name, filepath.Ext(name)), ".tar")
	}
	name = strings.Trim(notInName.ReplaceAllString(name, "-"), "-")
	if name == "" || name == "." {
		return "application"
	}
	return name[:min(len(name), 100)]
}
