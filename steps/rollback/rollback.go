// Package rollback is the step that brings a deployment group back to its last
// good revision by a new deployment (deployments-rollback-and-redeploy.md).
package rollback

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/github"
	"github.com/codedeploy-steps/codedeploy-steps/internal/gitlab"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/internal/watch"
	"github.com/codedeploy-steps/codedeploy-steps/steps/wait"
)

// Inputs of the step.
type Inputs struct {
	step.Common
	awsconf.Inputs
	Application        string `flag:"application" required:"aws" help:"Name of the application."`
	DeploymentGroup    string `flag:"deployment-group" required:"aws" help:"Name of the deployment group."`
	To                 string `flag:"to" help:"What to go back to, a revision or the id of a deployment that had it; the last good revision before the current one if empty."`
	DeploymentConfig   string `flag:"deployment-config" help:"Deployment configuration, such as CodeDeployDefault.AllAtOnce; the group's own if empty."`
	FileExistsBehavior string `flag:"file-exists-behavior" enum:"DISALLOW,OVERWRITE,RETAIN" help:"What to do with files that are on the instance already and were not deployed."`
	Wait               bool   `flag:"wait" default:"true" help:"Follow the deployment to its end."`
	DryRun             bool   `flag:"dry-run" help:"Say what would be done, and do nothing."`
	// A rollback that runs is not stopped.
	OnCancel  string `flag:"on-cancel" group:"Waiting" enum:"stop,leave" default:"leave" help:"What becomes of the rollback when the step is cancelled."`
	OnTimeout string `flag:"on-timeout" group:"Waiting" enum:"stop,leave" default:"leave" help:"What becomes of the rollback when the time is over."`
	wait.Turn
	wait.Options
	GitHub github.Inputs
	GitLab gitlab.Inputs

	open awsconf.Opener
}

// Step declares the step.
func Step(open awsconf.Opener) step.Step {
	return step.Step{
		Name:    "rollback",
		Summary: "Go back to the deployment group's last good revision.",
		Outputs: append([]string{"deployment-id", "revision"}, wait.Outputs...),
		Calls: slices.Concat([]step.Call{
			{Operation: "CodeDeploy ListDeployments"}, {Operation: "CodeDeploy BatchGetDeployments"},
			{Operation: "S3 HeadObject", Version: true},
		}, wait.TurnCalls(), wait.Calls("wait")),
		Documents: report.DeploymentFormats(),
		New:       func() step.Inputs { return &Inputs{open: open} },
	}
}

// Run finds the revision to go back to and deploys it.
func (in *Inputs) Run(ctx context.Context, env *step.Env) error {
	names := awsconf.Names{Application: in.Application, Group: in.DeploymentGroup, Source: env.Dir, WantApplication: true, WantGroup: true, Existing: true}
	// Nothing is made for a rollback: what is not there has nothing to go back to.
	if err := in.Inputs.Plan(&names); err != nil {
		return err
	}
	c, err := in.open.Open(ctx, env, &in.Inputs)
	if err != nil {
		return err
	}
	if err := c.Complete(ctx, &names); err != nil {
		return err
	}
	wanted, err := in.GitHub.Resolve(ctx, env, in.To)
	if err != nil {
		return err
	}
	to, err := find(ctx, env, c, names, wanted)
	if err != nil {
		return err
	}
	in.Options.Then = func() string { return "back on " + awsconf.LocationText(to.location) }
	// A second rollback of the same failure goes no further back; a deployment that
	// happens to have the revision is one to be undone.
	in.Turn.Same = watch.IsRollback
	planned := false
	plan := func() (*codedeploy.CreateDeploymentInput, error) {
		if planned { // what the group was busy with may have changed where it goes back to
			if to, err = find(ctx, env, c, names, wanted); err != nil {
				return nil, err
			}
		}
		planned = true
		if to.already {
			env.Skipped("the group is back on its last good revision already, by deployment %s; --to goes further back", to.deployment)
			return nil, nil
		}
		return in.plan(env, names, to)
	}
	if in.Wait && !in.DryRun && !to.already {
		return in.Options.Follow(ctx, env, c, "rollback", func(ctx context.Context) (string, error) {
			id, _, err := in.Turn.Create(ctx, env, c, plan)
			return id, err
		})
	}
	return env.Stage("rollback", func() error {
		if in.DryRun && !to.already {
			env.Done("would go back to %s", to)
			return nil
		}
		bounded, cancel := in.Options.Bound(ctx)
		defer cancel()
		id, ours, err := in.Turn.Create(bounded, env, c, plan)
		if err != nil || id == "" {
			return err
		}
		how := "created"
		if !ours {
			how = "taken"
		}
		env.Done("%s %s, back to %s", id, how, to)
		return env.Output("deployment-id", id)
	})
}

// Target gives the revision that the step would go back to. It is nil if there
// is none.
func Target(ctx context.Context, env *step.Env, c *awsconf.Clients, application, group string) (*types.RevisionLocation, error) {
	to, err := find(ctx, env, c, awsconf.Names{Application: application, Group: group}, "")
	var none *step.Error
	if errors.As(err, &none) && none.Code == step.Failed {
		return nil, nil
	}
	return to.location, err
}

// good is a revision that was deployed with success.
type good struct {
	location   *types.RevisionLocation
	deployment string
	fileExists types.FileExistsBehavior
	already    bool // the service has gone back there by itself
}

func (g good) String() string {
	s := awsconf.LocationText(g.location)
	if g.deployment != "" {
		s += " (deployment " + g.deployment + ")"
	}
	return s
}

// find gives the revision to go back to: what --to names, or that of the newest
// succeeded deployment whose revision differs from the current one and still
// lies in S3.
//
// Current is what the newest deployment left: its revision, whether it
// succeeded or not. After a rollback of ours the search begins before the
// deployment that had this revision first, so that a second call goes further
// back and not forward again. One that did not succeed is as if it had not been:
// a second call tries it again. A rollback that the service made by itself is
// where the group should be.
func find(ctx context.Context, env *step.Env, c *awsconf.Clients, n awsconf.Names, wanted string) (good, error) {
	if strings.Contains(wanted, "://") {
		location, err := awsconf.RevisionLocation(wanted)
		return good{location: location}, err
	}
	list := &codedeploy.ListDeploymentsInput{
		ApplicationName: &n.Application, DeploymentGroupName: &n.Group,
		IncludeOnlyStatuses: []types.DeploymentStatus{types.DeploymentStatusSucceeded, types.DeploymentStatusFailed, types.DeploymentStatusStopped},
	}
	current := ""  // the revision that the newest deployment left
	passed := true // the search is before the deployment that brought it
	for {
		out, err := c.CodeDeploy.ListDeployments(ctx, list)
		if err != nil {
			return good{}, c.Explain(err, "list the deployments of %s/%s", n.Application, n.Group)
		}
		ids := out.Deployments
		if wanted != "" { // all of a long history need not be looked at
			ids = slices.DeleteFunc(ids, func(id string) bool { return id != wanted })
		}
		infos, err := Batch(ctx, c, ids)
		if err != nil {
			return good{}, err
		}
		for _, d := range infos {
			id, location := aws.ToString(d.DeploymentId), awsconf.LocationText(d.Revision)
			succeeded := d.Status == types.DeploymentStatusSucceeded
			switch {
			case wanted != "":
				if id == wanted && succeeded {
					return good{d.Revision, id, d.FileExistsBehavior, false}, nil
				}
				continue
			case again(&d), !succeeded && watch.IsRollback(&d):
				continue
			case current == "" && succeeded && d.Creator == types.DeploymentCreatorCodeDeployRollback:
				return good{location: d.Revision, deployment: id, already: true}, nil
			case current == "":
				current, passed = location, !watch.IsRollback(&d)
			case location == current && !watch.IsRollback(&d):
				passed = true
			case succeeded && passed && !watch.IsRollback(&d) && location != current:
				if there(ctx, c, d.Revision) {
					return good{d.Revision, id, d.FileExistsBehavior, false}, nil
				}
				env.Info("%s is not in S3 any more; looking further back", location)
			}
		}
		if list.NextToken = out.NextToken; aws.ToString(list.NextToken) == "" {
			break
		}
	}
	if wanted != "" {
		return good{}, step.Errorf(step.Failed, "%s is no succeeded deployment of %s/%s", wanted, n.Application, n.Group).
			Do("Name one that succeeded, or a revision: s3://bucket/key.")
	}
	return good{}, step.Errorf(step.Failed, "there is nothing to go back to: before the revision that %s/%s has now there is no other one that was deployed with success and is still in S3", n.Application, n.Group).
		Do("--to picks a deployment or a revision, a later one too.")
}

// again says that a deployment brought instances the revision that the group had
// anyway: new ones of an Auto Scaling group, or those that were out of date.
func again(d *types.DeploymentInfo) bool {
	return d.Creator == types.DeploymentCreatorAutoscaling || d.Creator == types.DeploymentCreatorCodeDeployAutoUpdate || d.UpdateOutdatedInstancesOnly
}

// Batch gets deployments, newest first.
func Batch(ctx context.Context, c *awsconf.Clients, ids []string) ([]types.DeploymentInfo, error) {
	var all []types.DeploymentInfo
	for part := range slices.Chunk(ids, 25) {
		out, err := c.CodeDeploy.BatchGetDeployments(ctx, &codedeploy.BatchGetDeploymentsInput{DeploymentIds: part})
		if err != nil {
			return nil, c.Explain(err, "get deployments")
		}
		all = append(all, out.DeploymentsInfo...)
	}
	slices.SortStableFunc(all, func(a, b types.DeploymentInfo) int {
		return aws.ToTime(b.CreateTime).Compare(aws.ToTime(a.CreateTime))
	})
	return all, nil
}

// there says if a revision still lies in S3, as far as these credentials see.
func there(ctx context.Context, c *awsconf.Clients, r *types.RevisionLocation) bool {
	if r == nil || r.S3Location == nil {
		return r != nil
	}
	out, err := c.S3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: r.S3Location.Bucket, Key: r.S3Location.Key, VersionId: r.S3Location.Version})
	if tag := aws.ToString(r.S3Location.ETag); err == nil && tag != "" && strings.Trim(aws.ToString(out.ETag), `"`) != strings.Trim(tag, `"`) {
		return false // another bundle lies at its key: the agent refuses that
	}
	return !awsconf.IsCode(err, "NotFound", "NoSuchKey", "NoSuchBucket", "NoSuchVersion", "MethodNotAllowed")
}

// plan is the deployment that goes back to a revision.
func (in *Inputs) plan(env *step.Env, n awsconf.Names, to good) (*codedeploy.CreateDeploymentInput, error) {
	if err := env.Output("revision", awsconf.LocationText(to.location)); err != nil {
		return nil, err
	}
	behavior := to.fileExists
	if in.FileExistsBehavior != "" {
		behavior = types.FileExistsBehavior(in.FileExistsBehavior)
	}
	create := &codedeploy.CreateDeploymentInput{
		ApplicationName: &n.Application, DeploymentGroupName: &n.Group, Revision: to.location, FileExistsBehavior: behavior,
		Description: aws.String(watch.OurRollback + or(to.deployment, awsconf.LocationText(to.location))),
	}
	if d := aws.ToString(create.Description); len(d) > 256 {
		create.Description = aws.String(d[:256])
	}
	if in.DeploymentConfig != "" {
		create.DeploymentConfigName = &in.DeploymentConfig
	}
	return create, nil
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
