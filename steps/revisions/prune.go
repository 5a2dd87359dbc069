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
	"github.com/codedeploy-steps/codedeploy-steps/steps/wait"
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
			if len(r.info.DeploymentGroups) > 0 { // the service's own word, whatever the groups said
				need(needed, r.location, needed[r.text()])
			}
		}
		count, size := 0, int64(0)
		for n, r := range all {
			at := r.location.S3Location
			why := needed[r.text()]
			switch {
			case n < in.Keep || at == nil || in.OlderThan > 0 && time.Since(aws.ToTime(r.info.RegisterTime)) < in.OlderThan:
				continue
			case why == "" && shared(needed, at):
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

// need notes that a revision has to stay, and with it what lies at its key:
// another revision may be the same bundle, by another name.
func need(needed map[string]string, l *types.RevisionLocation, why string) {
	if l == nil {
		return
	}
	needed[awsconf.LocationText(l)] = why
	if at := l.S3Location; at != nil {
		needed[place(at, aws.ToString(at.Version))] = "used"
	}
}

// shared says that what is needed lies where a revision does. Without a version
// it is the newest, which any of them may be.
func shared(needed map[string]string, at *types.S3Location) bool {
	return needed[place(at, aws.ToString(at.Version))] != "" || needed[place(at, "")] != ""
}

// place is where a revision lies, whatever its content: a key without versions
// holds one content only.
func place(at *types.S3Location, version string) string {
	return "at " + aws.ToString(at.Bucket) + "/" + aws.ToString(at.Key) + "?" + version
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
			need(needed, back, "group "+group+" would go back to it")
			if err := running(ctx, c, application, group, needed); err != nil {
				return nil, err
			}
		}
	}
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
		IncludeOnlyStatuses: wait.Active(),
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
		need(needed, d.Revision, "deployment "+aws.ToString(d.DeploymentId)+" of group "+group+" used it last")
	}
	need(needed, g.TargetRevision, "group "+group+" runs it")
	return nil
}
