package owner

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// Complete makes what a step on the engine is missing: application, bucket,
// deployment group, instances; or it finds what has to be there. The names are
// there already.
func Complete(ctx context.Context, env *step.Env, in awsconf.Engine, t http.RoundTripper, keys Credentials, c *awsconf.Clients, n *awsconf.Names) error {
	if n.Existing {
		return existing(ctx, in, c, n)
	}
	_, err := c.CodeDeploy.CreateApplication(ctx, &codedeploy.CreateApplicationInput{ApplicationName: &n.Application})
	var appThere *types.ApplicationAlreadyExistsException
	if err != nil && !errors.As(err, &appThere) {
		return c.Explain(err, "make the application %s", n.Application)
	}
	if n.WantBucket {
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

// existing finds the application that a step is about which makes none. A name
// that was only guessed gives way to the only one there is.
func existing(ctx context.Context, in awsconf.Engine, c *awsconf.Clients, n *awsconf.Names) error {
	var names []string
	pages := codedeploy.NewListApplicationsPaginator(c.CodeDeploy, &codedeploy.ListApplicationsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return c.Explain(err, "list the applications")
		}
		names = append(names, page.Applications...)
	}
	switch {
	case slices.Contains(names, n.Application):
		return nil
	case len(names) == 0:
		return step.Errorf(step.Refused, "there is no application in the state folder %s yet", in.State).
			Do("A push or a release makes one; --state names another folder.")
	case n.Guessed && len(names) == 1:
		n.Application = names[0]
		return nil
	}
	if more := len(names) - shownNames; more > 0 {
		names = append(names[:shownNames], fmt.Sprintf("%d more", more))
	}
	there := "there are "
	if len(names) == 1 {
		there = "there is "
	}
	return step.Errorf(step.Refused, "there is no application %s in the state folder %s; %s", n.Application, in.State, there+step.And(names)).
		Do("Name it with --application.")
}

// shownNames bounds the applications that an error lists.
const shownNames = 10

// Ensure has the engine have the instances that the inputs ask for.
func Ensure(ctx context.Context, t http.RoundTripper, keys Credentials, in awsconf.Engine) (*EnsureOutput, error) {
	out, err := Call[EnsureOutput](ctx, t, keys, "EnsureInstances", EnsureInput{
		Count: in.Instances, Kind: in.InstanceKind, Network: in.Network, Name: in.InstanceName,
	})
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, cancelled(ctx, t, keys, in)
	case err != nil:
		return nil, step.Errorf(step.Misused, "%w", err)
	}
	return out, nil
}

func group(ctx context.Context, env *step.Env, in awsconf.Engine, t http.RoundTripper, keys Credentials, c *awsconf.Clients, n *awsconf.Names) error {
	out, err := Ensure(ctx, t, keys, in)
	if err != nil {
		return err
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
