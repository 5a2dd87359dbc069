package deploy

import (
	"context"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

func (s *Service) CreateApplication(_ context.Context, in *codedeploy.CreateApplicationInput) (*codedeploy.CreateApplicationOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := checkApplicationName(in.ApplicationName); err != nil {
		return nil, err
	}
	if p := in.ComputePlatform; p != "" && p != types.ComputePlatformServer {
		return nil, &types.InvalidComputePlatformException{Message: ptr("The engine carries out EC2/on-premises deployments (Server) only, not " + string(p) + ".")}
	}
	if s.world.applications[*in.ApplicationName] != nil {
		return nil, &types.ApplicationAlreadyExistsException{Message: ptr("Application already exists: " + *in.ApplicationName)}
	}
	id := newUUID()
	if err := s.change(Event{ApplicationCreated: &ApplicationCreated{ID: id, Name: *in.ApplicationName}}); err != nil {
		return nil, err
	}
	return &codedeploy.CreateApplicationOutput{ApplicationId: &id}, nil
}

func (s *Service) GetApplication(_ context.Context, in *codedeploy.GetApplicationInput) (*codedeploy.GetApplicationOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	app, err := s.world.application(in.ApplicationName)
	if err != nil {
		return nil, err
	}
	return &codedeploy.GetApplicationOutput{Application: app.info()}, nil
}

func (a *application) info() *types.ApplicationInfo {
	return &types.ApplicationInfo{
		ApplicationId: &a.id, ApplicationName: &a.name, ComputePlatform: types.ComputePlatformServer, CreateTime: &a.created, LinkedToGitHub: false,
	}
}

func (s *Service) BatchGetApplications(_ context.Context, in *codedeploy.BatchGetApplicationsInput) (*codedeploy.BatchGetApplicationsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(in.ApplicationNames); n > batchSize {
		return nil, tooMany(n)
	}
	out := &codedeploy.BatchGetApplicationsOutput{ApplicationsInfo: []types.ApplicationInfo{}}
	for _, name := range in.ApplicationNames {
		app, err := s.world.application(&name)
		if err != nil {
			return nil, err
		}
		out.ApplicationsInfo = append(out.ApplicationsInfo, *app.info())
	}
	return out, nil
}

func (s *Service) ListApplications(_ context.Context, in *codedeploy.ListApplicationsInput) (*codedeploy.ListApplicationsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	names, next, err := page(slices.Sorted(maps.Keys(s.world.applications)), in.NextToken, pageSize)
	if err != nil {
		return nil, err
	}
	return &codedeploy.ListApplicationsOutput{Applications: names, NextToken: next}, nil
}

func (s *Service) DeleteApplication(_ context.Context, in *codedeploy.DeleteApplicationInput) (*codedeploy.DeleteApplicationOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := checkApplicationName(in.ApplicationName); err != nil {
		return nil, err
	}
	app := s.world.applications[*in.ApplicationName]
	if app == nil {
		return &codedeploy.DeleteApplicationOutput{}, nil
	}
	for _, g := range app.groups {
		if g.active != nil {
			return nil, activeDeployment(g)
		}
	}
	return &codedeploy.DeleteApplicationOutput{}, s.change(Event{ApplicationDeleted: &ApplicationDeleted{Name: *in.ApplicationName}})
}

func (s *Service) RegisterApplicationRevision(_ context.Context, in *codedeploy.RegisterApplicationRevisionInput) (*codedeploy.RegisterApplicationRevisionOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	app, err := s.world.application(in.ApplicationName)
	if err != nil {
		return nil, err
	}
	if err := checkRevision(in.Revision); err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(aws.ToString(in.Description)) > 256 {
		return nil, &types.DescriptionTooLongException{Message: ptr("A description has at most 256 characters.")}
	}
	return &codedeploy.RegisterApplicationRevisionOutput{}, s.change(Event{RevisionRegistered: &RevisionRegistered{
		Application: app.name, Location: *in.Revision, Description: aws.ToString(in.Description),
	}})
}

func (s *Service) GetApplicationRevision(_ context.Context, in *codedeploy.GetApplicationRevisionInput) (*codedeploy.GetApplicationRevisionOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	app, err := s.world.application(in.ApplicationName)
	if err != nil {
		return nil, err
	}
	if err := checkRevision(in.Revision); err != nil {
		return nil, err
	}
	if r := app.revision(in.Revision); r != nil {
		return &codedeploy.GetApplicationRevisionOutput{ApplicationName: &app.name, Revision: &r.location, RevisionInfo: app.revisionInfo(r)}, nil
	}
	return nil, &types.RevisionDoesNotExistException{Message: ptr("No revision is registered with application " + app.name + " at " + revisionText(in.Revision))}
}

// BatchGetApplicationRevisions leaves out the revisions that are not registered.
func (s *Service) BatchGetApplicationRevisions(_ context.Context, in *codedeploy.BatchGetApplicationRevisionsInput) (*codedeploy.BatchGetApplicationRevisionsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	app, err := s.world.application(in.ApplicationName)
	if err != nil {
		return nil, err
	}
	switch n := len(in.Revisions); {
	case n == 0:
		return nil, &types.RevisionRequiredException{Message: ptr("A revision is required.")}
	case n > 25:
		return nil, tooMany(n)
	}
	out := &codedeploy.BatchGetApplicationRevisionsOutput{ApplicationName: &app.name, Revisions: []types.RevisionInfo{}}
	for i := range in.Revisions {
		if err := checkRevision(&in.Revisions[i]); err != nil {
			return nil, err
		}
		if r := app.revision(&in.Revisions[i]); r != nil {
			out.Revisions = append(out.Revisions, types.RevisionInfo{RevisionLocation: &r.location, GenericRevisionInfo: app.revisionInfo(r)})
		}
	}
	return out, nil
}

// revision finds a registered revision; nil if there is none.
func (a *application) revision(at *types.RevisionLocation) *revision {
	for _, r := range a.revisions {
		if revisionKey(&r.location) == revisionKey(at) {
			return r
		}
	}
	return nil
}

func (a *application) revisionInfo(r *revision) *types.GenericRevisionInfo {
	info := &types.GenericRevisionInfo{Description: ptr(r.description), RegisterTime: ptr(r.registered), DeploymentGroups: a.running(r)}
	if !r.firstUsed.IsZero() {
		info.FirstUsedTime, info.LastUsedTime = ptr(r.firstUsed), ptr(r.lastUsed)
	}
	return info
}

func (s *Service) ListApplicationRevisions(_ context.Context, in *codedeploy.ListApplicationRevisionsInput) (*codedeploy.ListApplicationRevisionsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	app, err := s.world.application(in.ApplicationName)
	if err != nil {
		return nil, err
	}
	if aws.ToString(in.S3KeyPrefix) != "" && aws.ToString(in.S3Bucket) == "" {
		return nil, &types.InvalidKeyPrefixFilterException{Message: ptr("A key prefix needs a bucket.")}
	}
	var found []*revision
	for _, r := range app.revisions {
		if l := r.location.S3Location; aws.ToString(in.S3Bucket) != "" &&
			(l == nil || aws.ToString(l.Bucket) != *in.S3Bucket || !strings.HasPrefix(aws.ToString(l.Key), aws.ToString(in.S3KeyPrefix))) {
			continue
		}
		current := len(app.running(r)) > 0
		if in.Deployed == types.ListStateFilterActionInclude && !current || in.Deployed == types.ListStateFilterActionExclude && current {
			continue
		}
		found = append(found, r)
	}
	slices.SortStableFunc(found, func(a, b *revision) int {
		n := 0
		switch in.SortBy {
		case types.ApplicationRevisionSortByFirstUsedTime:
			n = a.firstUsed.Compare(b.firstUsed)
		case types.ApplicationRevisionSortByLastUsedTime:
			n = a.lastUsed.Compare(b.lastUsed)
		default:
			n = a.registered.Compare(b.registered)
		}
		if in.SortOrder == types.SortOrderDescending {
			n = -n
		}
		return n
	})
	var locations []types.RevisionLocation
	for _, r := range found {
		locations = append(locations, r.location)
	}
	locations, next, err := page(locations, in.NextToken, pageSize)
	if err != nil {
		return nil, err
	}
	return &codedeploy.ListApplicationRevisionsOutput{Revisions: locations, NextToken: next}, nil
}

// running names the groups that have the revision as their target.
func (a *application) running(r *revision) []string {
	names := []string{}
	for name, g := range a.groups {
		if n := len(g.good); n > 0 && revisionKey(&g.good[n-1].Revision) == revisionKey(&r.location) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
