// Package revisions are the steps about revisions that are registered with an
// application (application-revisions.md): list, show and download them, and
// delete old ones from S3.
package revisions

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"golang.org/x/sync/errgroup"

	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// Steps declares the steps of the group.
func Steps(open awsconf.Opener) []step.Step {
	return []step.Step{
		{Name: "revisions list", Summary: "List the revisions that are registered with an application, newest first.",
			Details: "What was pushed only is not among them. A registration can't be taken back: a revision whose bundle was pruned stays, and is marked.",
			Calls:   append(slices.Clone(registeredCalls), step.Call{Operation: "S3 HeadObject", Version: true}),
			New:     func() step.Inputs { return &List{open: open} }},
		{Name: "revisions show", Summary: "Show a revision: what it holds, and which deployments used it.",
			Details: "A location without its etag, s3://bucket/key, means the latest revision that is registered there.",
			Calls: slices.Concat(registeredCalls, groupsCalls, []step.Call{
				{Operation: "CodeDeploy GetApplicationRevision"},
				{Operation: "S3 HeadObject", Version: true}, {Operation: "S3 GetObject", Version: true, If: []string{"files"}},
			}),
			New: func() step.Inputs { return &Show{open: open} }},
		{Name: "revisions download", Summary: "Download a revision's bundle and check it.", Outputs: []string{"bundle", "bundle-size"},
			Calls: []step.Call{{Operation: "S3 HeadObject", Version: true}, {Operation: "S3 GetObject", Version: true}},
			New:   func() step.Inputs { return &Download{open: open} }},
		{Name: "revisions prune", Summary: "Delete old revisions from S3, never one that a group of the application runs or could go back to.",
			Details: "Without --delete it only shows what would be deleted.",
			Calls: slices.Concat(registeredCalls, groupsCalls, []step.Call{
				{Operation: "CodeDeploy GetDeploymentGroup", EachGroup: true},
				{Operation: "S3 HeadObject", Version: true}, {Operation: "S3 DeleteObject", Version: true, If: []string{"delete"}},
			}),
			New: func() step.Inputs { return &Prune{open: open} }},
	}
}

var (
	registeredCalls = []step.Call{{Operation: "CodeDeploy ListApplicationRevisions"}, {Operation: "CodeDeploy BatchGetApplicationRevisions"}}
	groupsCalls     = []step.Call{
		{Operation: "CodeDeploy ListDeploymentGroups"},
		{Operation: "CodeDeploy ListDeployments", EachGroup: true}, {Operation: "CodeDeploy BatchGetDeployments", EachGroup: true},
	}
)

// List are the inputs of revisions list.
type List struct {
	step.Common
	awsconf.Inputs
	Application string `flag:"application" required:"aws" help:"Name of the application."`
	Limit       int    `flag:"limit" default:"20" help:"How many are shown; 0 for all."`

	open awsconf.Opener
}

// Run lists the revisions.
func (in *List) Run(ctx context.Context, env *step.Env) error {
	c, application, err := begin(ctx, env, in.open, &in.Inputs, in.Application)
	if err != nil {
		return err
	}
	return env.Stage("revisions", func() error {
		all, err := registered(ctx, c, application, nil)
		if err != nil {
			return err
		}
		shown := all
		if in.Limit > 0 {
			shown = all[:min(in.Limit, len(all))]
		}
		events, err := look(ctx, c, application, shown)
		if err != nil && ctx.Err() != nil {
			return err
		}
		for _, e := range events {
			env.Events.Emit(e)
		}
		if err != nil { // who may list revisions need not be allowed to read them
			env.Info("S3 does not tell of all bundles whether they are there: %s", strings.ReplaceAll(err.Error(), "\n", ": "))
		}
		if len(shown) < len(all) {
			env.Done("the newest %d of %d revisions of application %s; --limit 0 shows all", len(shown), len(all), application)
			return nil
		}
		hint := ""
		if len(all) == 0 {
			hint = "; what is pushed only is not among them"
		}
		env.Done("%d registered with application %s%s", len(all), application, hint)
		return nil
	})
}

// look says of revisions what has become of their bundles, as far as S3 tells;
// the error is of one of which it does not.
func look(ctx context.Context, c *awsconf.Clients, application string, revisions []revision) ([]event.Revision, error) {
	events := make([]event.Revision, len(revisions))
	var g errgroup.Group
	g.SetLimit(8)
	for n, r := range revisions {
		events[n] = r.event(application)
		if r.location.S3Location == nil {
			continue
		}
		g.Go(func() error {
			o, err := open(ctx, c, r.location.S3Location)
			var gone *goneError
			switch {
			case errors.As(err, &gone):
				events[n].State = gone.state
			case err != nil:
				return err
			default:
				events[n].Size = o.size
			}
			return nil
		})
	}
	return events, g.Wait()
}

// begin opens the endpoint and gives the application's name; none is made.
func begin(ctx context.Context, env *step.Env, open awsconf.Opener, in *awsconf.Inputs, application string) (*awsconf.Clients, string, error) {
	names := awsconf.Names{Application: application, Source: env.Dir, WantApplication: true, Existing: true}
	if err := in.Plan(&names); err != nil {
		return nil, "", err
	}
	c, err := open.Open(ctx, env, in)
	if err != nil {
		return nil, "", err
	}
	err = c.Complete(ctx, &names)
	return c, names.Application, err
}

// revision is one that is registered.
type revision struct {
	location *types.RevisionLocation
	info     *types.GenericRevisionInfo
}

func (r revision) text() string { return awsconf.LocationText(r.location) }

func (r revision) event(application string) event.Revision {
	return event.Revision{
		Location: r.text(), Application: application, Registered: r.info.RegisterTime, LastUsed: r.info.LastUsedTime,
		Groups: r.info.DeploymentGroups, Description: aws.ToString(r.info.Description),
	}
}

// registered gives an application's revisions, or those of them at one place in
// S3, the latest registered first.
func registered(ctx context.Context, c *awsconf.Clients, application string, at *types.S3Location) ([]revision, error) {
	var locations []types.RevisionLocation
	list := &codedeploy.ListApplicationRevisionsInput{
		ApplicationName: &application, SortBy: types.ApplicationRevisionSortByRegisterTime, SortOrder: types.SortOrderDescending,
	}
	if at != nil {
		list.S3Bucket, list.S3KeyPrefix = at.Bucket, at.Key
	}
	pages := codedeploy.NewListApplicationRevisionsPaginator(c.CodeDeploy, list)
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, c.Explain(err, "list the revisions of application %s", application)
		}
		for _, l := range out.Revisions {
			if at == nil || liesAt(l.S3Location, at) {
				locations = append(locations, l)
			}
		}
	}
	var all []revision
	for part := range slices.Chunk(locations, 25) { // as many as the service takes at once
		out, err := c.CodeDeploy.BatchGetApplicationRevisions(ctx, &codedeploy.BatchGetApplicationRevisionsInput{ApplicationName: &application, Revisions: part})
		if err != nil {
			return nil, c.Explain(err, "get the revisions of application %s", application)
		}
		for _, r := range out.Revisions {
			if r.RevisionLocation != nil && r.GenericRevisionInfo != nil {
				all = append(all, revision{r.RevisionLocation, r.GenericRevisionInfo})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b revision) int {
		return cmp.Or(aws.ToTime(b.info.RegisterTime).Compare(aws.ToTime(a.info.RegisterTime)), cmp.Compare(a.text(), b.text()))
	})
	return all, nil
}

// liesAt says if a revision lies at a place: what that leaves open may be anything.
func liesAt(l, at *types.S3Location) bool {
	agree := func(has, want *string) bool { return aws.ToString(want) == "" || aws.ToString(has) == *want }
	return l != nil && aws.ToString(l.Bucket) == aws.ToString(at.Bucket) && aws.ToString(l.Key) == aws.ToString(at.Key) &&
		agree(l.Version, at.Version) && agree(l.ETag, at.ETag)
}
