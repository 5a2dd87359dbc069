package revisions

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps/rollback"
)

// Prune are the inputs of revisions prune.
type Prune struct {
	step.Common
	awsconf.Inputs
	Application string        `flag:"application" required:"aws" help:"Name of the application."`
	Keep        int           `flag:"keep" default:"10" help:"How many of the newest revisions stay in any case."`
	OlderThan   time.Duration `flag:"older-than" help:"Only revisions registered longer ago than this, such as 30d or 720h."`
	Delete      bool          `flag:"delete" file:"no" help:"Really delete; without it the step only shows what would go."`
	DryRun      bool          `flag:"dry-run" help:"Say what would be deleted, and delete nothing, even with --delete."`

	open awsconf.Opener
}

// Run deletes the bundles of old revisions. The service keeps no way to take
// a registration back: it stays, without content.
func (in *Prune) Run(ctx context.Context, env *step.Env) error {
	c, application, err := begin(ctx, env, in.open, &in.Inputs, in.Application)
	if err != nil {
		return err
	}
	really := in.Delete && !in.DryRun
	return env.Stage("prune", func() error {
		all, err := registered(ctx, c, application, nil)
		if err != nil {
			return err
		}
		needed, err := needed(ctx, env, c, application)
		if err != nil {
			return err
		}
		for _, r := range all {
			if needed[r.text()] != "" || len(r.info.DeploymentGroups) > 0 {
				needed[place(r.location)] = "used" // another revision may lie at the same key
			}
		}
		count, size := 0, int64(0)
		for n, r := range all {
			at := r.location.S3Location
			why := needed[r.text()]
			switch {
			case n < in.Keep || at == nil || in.OlderThan > 0 && time.Since(aws.ToTime(r.info.RegisterTime)) < in.OlderThan:
				continue
			case why == "" && (needed[place(r.location)] != "" || needed[key(r.location)] != ""):
				why = "its key holds a revision that is needed"
			}
			shown := r.event(application)
			if why != "" {
				shown.State = "stays: " + why
				env.Events.Emit(shown)
				continue
			}
			o, err := open(ctx, c, at)
			var gone *goneError
			switch {
			case errors.As(err, &gone):
				continue // somebody was here before
			case err != nil:
				return err
			}
			shown.Size, shown.State = o.size, "would be deleted"
			if really {
				if _, err := c.S3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: at.Bucket, Key: at.Key, VersionId: at.Version}); err != nil {
					return c.Explain(err, "delete %s", o)
				}
				shown.State = "deleted"
			}
			env.Events.Emit(shown)
			count, size = count+1, size+o.size
		}
		switch {
		case count == 0:
			env.Skipped("nothing to delete among %d revisions of application %s", len(all), application)
		case really:
			env.Done("%d of %d revisions deleted, %s; they stay registered, without content", count, len(all), report.Bytes(size))
		case in.Delete:
			env.Done("%d of %d revisions would be deleted, %s", count, len(all), report.Bytes(size))
		default:
			env.Done("%d of %d revisions would be deleted, %s; --delete does it", count, len(all), report.Bytes(size))
		}
		return nil
	})
}

// place is where a revision lies, whatever its content: a key without versions
// holds one content only.
func place(l *types.RevisionLocation) string {
	if l == nil || l.S3Location == nil {
		return ""
	}
	return key(l) + aws.ToString(l.S3Location.Version)
}

// key is the place of a revision in S3 that names no version: any of them may be meant.
func key(l *types.RevisionLocation) string {
	return "at " + aws.ToString(l.S3Location.Bucket) + "/" + aws.ToString(l.S3Location.Key) + "?"
}

// note says why a revision has to stay, and with it what lies at its place.
func note(needed map[string]string, l *types.RevisionLocation, why string) {
	needed[awsconf.LocationText(l)], needed[place(l)] = why, why
}

// needed says of each revision that has to stay why: a group runs it, tried it
// last, or would go back to it.
func needed(ctx context.Context, env *step.Env, c *awsconf.Clients, application string) (map[string]string, error) {
	needed := map[string]string{}
	pages := codedeploy.NewListDeploymentGroupsPaginator(c.CodeDeploy, &codedeploy.ListDeploymentGroupsInput{ApplicationName: &application})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, c.Explain(err, "list the deployment groups of %s", application)
		}
		for _, group := range page.DeploymentGroups {
			back, err := rollback.Target(ctx, env, c, application, group)
			if err != nil {
				return nil, err
			}
			note(needed, back, "group "+group+" would go back to it")
			if err := running(ctx, c, application, group, needed); err != nil {
				return nil, err
			}
		}
	}
	delete(needed, "")
	return needed, nil
}

// running notes what a group has, tried last, or is about to get.
func running(ctx context.Context, c *awsconf.Clients, application, group string, needed map[string]string) error {
	out, err := c.CodeDeploy.GetDeploymentGroup(ctx, &codedeploy.GetDeploymentGroupInput{ApplicationName: &application, DeploymentGroupName: &group})
	if err != nil {
		return c.Explain(err, "get the deployment group %s/%s", application, group)
	}
	g := out.DeploymentGroupInfo
	var ids []string
	for _, last := range []*types.LastDeploymentInfo{g.LastSuccessfulDeployment, g.LastAttemptedDeployment} {
		if last != nil && last.DeploymentId != nil {
			ids = append(ids, *last.DeploymentId)
		}
	}
	active := codedeploy.NewListDeploymentsPaginator(c.CodeDeploy, &codedeploy.ListDeploymentsInput{
		ApplicationName: &application, DeploymentGroupName: &group,
		IncludeOnlyStatuses: []types.DeploymentStatus{types.DeploymentStatusCreated, types.DeploymentStatusQueued, types.DeploymentStatusInProgress, types.DeploymentStatusBaking, types.DeploymentStatusReady},
	})
	for active.HasMorePages() {
		page, err := active.NextPage(ctx)
		if err != nil {
			return c.Explain(err, "list the deployments of %s/%s", application, group)
		}
		ids = append(ids, page.Deployments...)
	}
	infos, err := rollback.Batch(ctx, c, ids)
	if err != nil {
		return err
	}
	for _, d := range infos {
		note(needed, d.Revision, "deployment "+aws.ToString(d.DeploymentId)+" of group "+group+" used it last")
	}
	if g.TargetRevision != nil {
		note(needed, g.TargetRevision, "group "+group+" runs it")
	}
	return nil
}
