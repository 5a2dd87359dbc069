package revisions

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/codedeploy-steps/codedeploy-steps/bundle"
	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps/rollback"
)

// Show are the inputs of revisions show.
type Show struct {
	step.Common
	awsconf.Inputs
	Application string `flag:"application" required:"aws" help:"Name of the application."`
	Revision    string `flag:"revision" arg:"true" required:"true" help:"Location of the revision, as revisions list and push show it; s3://bucket/key alone is the latest that is registered there."`
	Files       int    `flag:"files" default:"20" help:"How many of its files are shown, the largest first; 0 for none."`

	open awsconf.Opener
}

// Run shows the revision. Of a zip only the directory is fetched, of a tar the
// headers.
func (in *Show) Run(ctx context.Context, env *step.Env) error {
	location, err := awsconf.RevisionLocation(in.Revision)
	if err != nil {
		return err
	}
	c, application, err := begin(ctx, env, in.open, &in.Inputs, in.Application)
	if err != nil {
		return err
	}
	return env.Stage("revision", func() error {
		r, err := in.find(ctx, env, c, application, location)
		if err != nil {
			return err
		}
		shown := r.event(application)
		var entries []bundle.Entry
		if at := r.location.S3Location; at != nil {
			o, err := open(ctx, c, at)
			var gone *goneError
			switch {
			case errors.As(err, &gone):
				shown.State = gone.state
			case err != nil:
				return err
			default:
				shown.Size = o.size
				if t := bundle.Type(at.BundleType); t != bundle.TGZ && in.Files > 0 {
					if entries, err = bundle.List(o, o.size, t); err != nil {
						return step.Errorf(step.Failed, "%s: %w", o, err)
					}
				}
			}
		}
		if shown.Deployments, err = uses(ctx, c, application, shown.Location); err != nil {
			return err
		}
		env.Events.Emit(shown)
		if entries != nil {
			in.files(env, entries)
		} else {
			env.Done("%s", shown.Location)
		}
		return nil
	})
}

// find gives the revision that is meant. The service knows one by all of its
// location only; by its place, the latest that is registered there is looked for.
func (in *Show) find(ctx context.Context, env *step.Env, c *awsconf.Clients, application string, location *types.RevisionLocation) (revision, error) {
	at := location.S3Location
	if at == nil || aws.ToString(at.ETag) != "" {
		out, err := c.CodeDeploy.GetApplicationRevision(ctx, &codedeploy.GetApplicationRevisionInput{ApplicationName: &application, Revision: location})
		if err != nil {
			return revision{}, c.Explain(err, "get the revision from application %s", application)
		}
		return revision{out.Revision, out.RevisionInfo}, nil
	}
	found, err := registered(ctx, c, application, at)
	switch place := awsconf.LocationText(location); {
	case err != nil:
		return revision{}, err
	case len(found) == 0:
		return revision{}, step.Errorf(step.Refused, "no revision at %s is registered with application %s", place, application).
			Do("See which are: %s.", c.Command("revisions list --application %s", application))
	case len(found) > 1:
		env.Info("%d revisions are registered at %s; this is the latest, and revisions list shows the others", len(found), place)
	}
	return found[0], nil
}

func (in *Show) files(env *step.Env, entries []bundle.Entry) {
	total, files := int64(0), 0
	for _, e := range entries {
		total += e.Size
		if e.Mode.IsRegular() {
			files++
		}
	}
	slices.SortStableFunc(entries, func(a, b bundle.Entry) int { return cmp.Compare(b.Size, a.Size) })
	for _, e := range entries[:min(in.Files, len(entries))] {
		env.Events.Emit(event.Entry{Path: e.Name, Mode: e.Mode.String(), Size: e.Size, Link: e.Link})
	}
	env.Done("%d files, %s unpacked", files, report.Bytes(total))
}

// uses gives the deployments that used a revision, the newest of each group first.
func uses(ctx context.Context, c *awsconf.Clients, application, location string) ([]event.RevisionUse, error) {
	var all []event.RevisionUse
	groups := codedeploy.NewListDeploymentGroupsPaginator(c.CodeDeploy, &codedeploy.ListDeploymentGroupsInput{ApplicationName: &application})
	for groups.HasMorePages() {
		page, err := groups.NextPage(ctx)
		if err != nil {
			return nil, c.Explain(err, "list the deployment groups of %s", application)
		}
		for _, group := range page.DeploymentGroups {
			if all, err = groupUses(ctx, c, application, group, location, all); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

func groupUses(ctx context.Context, c *awsconf.Clients, application, group, location string, all []event.RevisionUse) ([]event.RevisionUse, error) {
	list := codedeploy.NewListDeploymentsPaginator(c.CodeDeploy, &codedeploy.ListDeploymentsInput{ApplicationName: &application, DeploymentGroupName: &group})
	for list.HasMorePages() {
		page, err := list.NextPage(ctx)
		if err != nil {
			return nil, c.Explain(err, "list the deployments of %s/%s", application, group)
		}
		infos, err := rollback.Batch(ctx, c, page.Deployments)
		if err != nil {
			return nil, err
		}
		for _, d := range infos {
			if awsconf.LocationText(d.Revision) == location {
				all = append(all, event.RevisionUse{ID: aws.ToString(d.DeploymentId), Group: group, Status: string(d.Status), Created: d.CreateTime})
			}
		}
	}
	return all, nil
}
