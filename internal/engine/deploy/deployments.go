package deploy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

func (s *Service) CreateDeployment(_ context.Context, in *codedeploy.CreateDeploymentInput) (*codedeploy.CreateDeploymentOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	app, g, err := s.world.groupNamed(in.ApplicationName, in.DeploymentGroupName)
	if err != nil {
		return nil, err
	}
	revision := in.Revision
	if revision == nil && in.UpdateOutdatedInstancesOnly && len(g.good) > 0 {
		revision = &g.good[len(g.good)-1].Revision
	}
	if err := checkRevision(revision); err != nil {
		return nil, err
	}
	config := aws.ToString(in.DeploymentConfigName)
	if config == "" {
		config = aws.ToString(g.info.DeploymentConfigName)
	}
	switch {
	case !s.world.hasConfig(config):
		return nil, &types.DeploymentConfigDoesNotExistException{Message: ptr("No deployment configuration found for name: " + config)}
	case utf8.RuneCountInString(aws.ToString(in.Description)) > 256:
		return nil, &types.DescriptionTooLongException{Message: ptr("A description has at most 256 characters.")}
	case in.FileExistsBehavior != "" && !slices.Contains(in.FileExistsBehavior.Values(), in.FileExistsBehavior):
		return nil, &types.InvalidFileExistsBehaviorException{Message: ptr(fmt.Sprintf("%q is not DISALLOW, OVERWRITE or RETAIN.", in.FileExistsBehavior))}
	case in.TargetInstances != nil:
		return nil, &types.InvalidTargetInstancesException{Message: ptr("targetInstances belong to blue/green deployments, which the engine does not carry out yet.")}
	case in.OverrideAlarmConfiguration != nil && in.OverrideAlarmConfiguration.Enabled:
		return nil, &types.InvalidAlarmConfigException{Message: ptr("The engine does not watch alarms yet.")}
	case in.AutoRollbackConfiguration != nil && in.AutoRollbackConfiguration.Enabled && len(in.AutoRollbackConfiguration.Events) == 0:
		return nil, &types.InvalidAutoRollbackConfigException{Message: ptr("An auto rollback configuration that is enabled names at least one event.")}
	case g.active != nil:
		return nil, activeDeployment(g)
	}
	d := &DeploymentCreated{
		ID: newDeploymentID(), Application: app.name, Group: *in.DeploymentGroupName, Config: config, Revision: *revision,
		Creator: types.DeploymentCreatorUser, Description: aws.ToString(in.Description), FileExists: in.FileExistsBehavior,
		AutoRollback: in.AutoRollbackConfiguration, IgnoreStopFailures: in.IgnoreApplicationStopFailures, OnlyOutdated: in.UpdateOutdatedInstancesOnly,
	}
	if n := len(g.good); n > 0 {
		d.Previous = &g.good[n-1].Revision
	}
	if err := s.change(Event{DeploymentCreated: d}); err != nil {
		return nil, err
	}
	return &codedeploy.CreateDeploymentOutput{DeploymentId: &d.ID}, nil
}

func (s *Service) GetDeployment(_ context.Context, in *codedeploy.GetDeploymentInput) (*codedeploy.GetDeploymentOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.world.deployment(in.DeploymentId)
	if err != nil {
		return nil, err
	}
	if s.broken != nil && !d.ended() {
		return nil, s.broken // it never will be: nobody is to wait for that
	}
	return &codedeploy.GetDeploymentOutput{DeploymentInfo: s.world.info(d)}, nil
}

func (s *Service) BatchGetDeployments(_ context.Context, in *codedeploy.BatchGetDeploymentsInput) (*codedeploy.BatchGetDeploymentsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(in.DeploymentIds); n > batchSize {
		return nil, tooMany(n)
	}
	out := &codedeploy.BatchGetDeploymentsOutput{DeploymentsInfo: []types.DeploymentInfo{}}
	for _, id := range in.DeploymentIds {
		d, err := s.world.deployment(&id)
		if err != nil {
			return nil, err
		}
		out.DeploymentsInfo = append(out.DeploymentsInfo, *s.world.info(d))
	}
	return out, nil
}

// info shows a deployment as the API does.
func (w *world) info(d *deployment) *types.DeploymentInfo {
	info := &types.DeploymentInfo{
		ApplicationName: &d.Application, DeploymentGroupName: &d.Group, DeploymentConfigName: &d.Config, DeploymentId: &d.ID,
		Revision: &d.Revision, PreviousRevision: d.Previous, Status: d.status, CreateTime: &d.created, Creator: d.Creator,
		Description: &d.Description, IgnoreApplicationStopFailures: d.IgnoreStopFailures, UpdateOutdatedInstancesOnly: d.OnlyOutdated,
		AutoRollbackConfiguration: d.AutoRollback, FileExistsBehavior: d.FileExists, ErrorInformation: d.err,
		ComputePlatform: types.ComputePlatformServer,
		DeploymentStyle: &types.DeploymentStyle{DeploymentType: types.DeploymentTypeInPlace, DeploymentOption: types.DeploymentOptionWithoutTrafficControl},
	}
	if info.FileExistsBehavior == "" {
		info.FileExistsBehavior = types.FileExistsBehaviorDisallow
	}
	if g := w.group(d); g != nil && info.AutoRollbackConfiguration == nil {
		info.AutoRollbackConfiguration = g.info.AutoRollbackConfiguration
	}
	if !d.started.IsZero() {
		info.StartTime = ptr(d.started)
		info.DeploymentOverview = &types.DeploymentOverview{
			Pending: int64(d.count(types.TargetStatusPending)), InProgress: int64(d.count(types.TargetStatusInProgress)),
			Succeeded: int64(d.count(types.TargetStatusSucceeded)), Failed: int64(d.count(types.TargetStatusFailed)),
			Skipped: int64(d.count(types.TargetStatusSkipped)),
		}
	}
	if w.unrun(d) {
		info.DeploymentStatusMessages = []string{"hooks were checked, NOT RUN: the instances are folders (kind directory)"}
	}
	if !d.completed.IsZero() {
		info.CompleteTime = ptr(d.completed)
	}
	if d.rollback != "" || d.RollbackOf != "" || d.message != "" {
		info.RollbackInfo = &types.RollbackInfo{}
		if d.rollback != "" {
			info.RollbackInfo.RollbackDeploymentId = ptr(d.rollback)
		}
		if d.RollbackOf != "" {
			info.RollbackInfo.RollbackTriggeringDeploymentId = &d.RollbackOf
		}
		if d.message != "" {
			info.RollbackInfo.RollbackMessage = ptr(d.message)
		}
	}
	return info
}

// unrun says that a deployment's hooks were not run, since its instances are folders.
func (w *world) unrun(d *deployment) bool {
	for _, t := range d.targets {
		if i := w.instances[t.id]; i != nil && i.Kind == "directory" {
			return true
		}
	}
	return false
}

func (s *Service) ListDeployments(_ context.Context, in *codedeploy.ListDeploymentsInput) (*codedeploy.ListDeploymentsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.ApplicationName != nil {
		if _, err := s.world.application(in.ApplicationName); err != nil {
			return nil, err
		}
	}
	if in.DeploymentGroupName != nil {
		if _, _, err := s.world.groupNamed(in.ApplicationName, in.DeploymentGroupName); err != nil {
			return nil, err
		}
	}
	var ids []string
	for _, d := range slices.Backward(s.world.order) {
		switch r := in.CreateTimeRange; {
		case in.ApplicationName != nil && d.Application != *in.ApplicationName,
			in.DeploymentGroupName != nil && d.Group != *in.DeploymentGroupName,
			len(in.IncludeOnlyStatuses) > 0 && !slices.Contains(in.IncludeOnlyStatuses, d.status),
			r != nil && r.Start != nil && d.created.Before(*r.Start),
			r != nil && r.End != nil && d.created.After(*r.End):
			continue
		}
		ids = append(ids, d.ID)
	}
	ids, next, err := page(ids, in.NextToken, pageSize)
	if err != nil {
		return nil, err
	}
	return &codedeploy.ListDeploymentsOutput{Deployments: ids, NextToken: next}, nil
}

// StopDeployment asks a deployment to stop: events that run finish, no further
// one begins (deployments-stop.md).
func (s *Service) StopDeployment(_ context.Context, in *codedeploy.StopDeploymentInput) (*codedeploy.StopDeploymentOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.world.deployment(in.DeploymentId)
	if err != nil {
		return nil, err
	}
	if d.ended() && d.status != types.DeploymentStatusStopped {
		return nil, &types.DeploymentAlreadyCompletedException{Message: ptr(fmt.Sprintf("Deployment %s is already in a terminal state: %s.", d.ID, d.status))}
	}
	if !d.stopping {
		if err := s.change(Event{StopRequested: &StopRequested{ID: d.ID, Rollback: in.AutoRollbackEnabled}}); err != nil {
			return nil, err
		}
	}
	if d.ended() {
		return &codedeploy.StopDeploymentOutput{Status: types.StopStatusSucceeded, StatusMessage: ptr("No more events will be run.")}, nil
	}
	return &codedeploy.StopDeploymentOutput{Status: types.StopStatusPending, StatusMessage: ptr("The stop is pending: events that run already are finished first.")}, nil
}

func (s *Service) ListDeploymentTargets(_ context.Context, in *codedeploy.ListDeploymentTargetsInput) (*codedeploy.ListDeploymentTargetsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.world.deployment(in.DeploymentId)
	if err != nil {
		return nil, err
	}
	for name := range in.TargetFilters {
		if name != string(types.TargetFilterNameTargetStatus) {
			return nil, &types.InvalidTargetFilterNameException{Message: ptr("The engine filters targets by TargetStatus, not by " + name + ".")}
		}
	}
	statuses := in.TargetFilters[string(types.TargetFilterNameTargetStatus)]
	var ids []string
	for _, t := range d.targets {
		if len(statuses) == 0 || slices.Contains(statuses, string(t.status)) {
			ids = append(ids, t.id)
		}
	}
	ids, next, err := page(ids, in.NextToken, pageSize)
	if err != nil {
		return nil, err
	}
	return &codedeploy.ListDeploymentTargetsOutput{TargetIds: ids, NextToken: next}, nil
}

func (s *Service) GetDeploymentTarget(_ context.Context, in *codedeploy.GetDeploymentTargetInput) (*codedeploy.GetDeploymentTargetOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.world.deployment(in.DeploymentId)
	if err != nil {
		return nil, err
	}
	t, err := s.deploymentTarget(d, aws.ToString(in.TargetId))
	if err != nil {
		return nil, err
	}
	return &codedeploy.GetDeploymentTargetOutput{DeploymentTarget: t}, nil
}

func (s *Service) BatchGetDeploymentTargets(_ context.Context, in *codedeploy.BatchGetDeploymentTargetsInput) (*codedeploy.BatchGetDeploymentTargetsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.world.deployment(in.DeploymentId)
	if err != nil {
		return nil, err
	}
	switch n := len(in.TargetIds); {
	case n == 0:
		return nil, &types.DeploymentTargetIdRequiredException{Message: ptr("At least one target id is required.")}
	case n > 25:
		return nil, &types.DeploymentTargetListSizeExceededException{Message: ptr(fmt.Sprintf("At most 25 targets can be asked for at once; there were %d.", n))}
	}
	out := &codedeploy.BatchGetDeploymentTargetsOutput{DeploymentTargets: []types.DeploymentTarget{}}
	for _, id := range in.TargetIds {
		t, err := s.deploymentTarget(d, id)
		if err != nil {
			return nil, err
		}
		out.DeploymentTargets = append(out.DeploymentTargets, *t)
	}
	return out, nil
}

func (s *Service) deploymentTarget(d *deployment, id string) (*types.DeploymentTarget, error) {
	if id == "" {
		return nil, &types.DeploymentTargetIdRequiredException{Message: ptr("A target id is required.")}
	}
	id = id[strings.LastIndex(id, "/")+1:] // an instance's ARN is taken too
	t := d.target(id)
	if t == nil {
		return nil, &types.DeploymentTargetDoesNotExistException{Message: ptr("The deployment " + d.ID + " has no target " + id + ".")}
	}
	it := &types.InstanceTarget{
		DeploymentId: &d.ID, TargetId: &t.id, Status: t.status, LastUpdatedAt: ptr(t.updated),
		TargetArn: ptr(fmt.Sprintf("arn:aws:ec2:%s:%s:instance/%s", s.Region, s.Account, t.id)),
	}
	for _, l := range t.events {
		it.LifecycleEvents = append(it.LifecycleEvents, types.LifecycleEvent{
			LifecycleEventName: &l.name, Status: l.status, StartTime: moment(l.start), EndTime: moment(l.end), Diagnostics: l.diagnostics,
		})
	}
	return &types.DeploymentTarget{DeploymentTargetType: types.DeploymentTargetTypeInstanceTarget, InstanceTarget: it}, nil
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
