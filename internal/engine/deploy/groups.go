package deploy

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

func (s *Service) CreateDeploymentGroup(_ context.Context, in *codedeploy.CreateDeploymentGroupInput) (*codedeploy.CreateDeploymentGroupOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	app, err := s.world.application(in.ApplicationName)
	if err != nil {
		return nil, err
	}
	if err := checkGroupName(in.DeploymentGroupName); err != nil {
		return nil, err
	}
	if app.groups[*in.DeploymentGroupName] != nil {
		return nil, &types.DeploymentGroupAlreadyExistsException{Message: ptr("Deployment group name already exists: " + *in.DeploymentGroupName)}
	}
	if aws.ToString(in.ServiceRoleArn) == "" {
		return nil, &types.RoleRequiredException{Message: ptr("A service role is required (serviceRoleArn). The engine asks for one as the service does, and uses it for nothing.")}
	}
	info := types.DeploymentGroupInfo{
		ApplicationName: &app.name, DeploymentGroupName: in.DeploymentGroupName, DeploymentGroupId: ptr(newUUID()),
		ComputePlatform: types.ComputePlatformServer, ServiceRoleArn: in.ServiceRoleArn,
		DeploymentConfigName: in.DeploymentConfigName, Ec2TagFilters: in.Ec2TagFilters, Ec2TagSet: in.Ec2TagSet,
		OnPremisesInstanceTagFilters: in.OnPremisesInstanceTagFilters, OnPremisesTagSet: in.OnPremisesTagSet,
		AutoRollbackConfiguration: in.AutoRollbackConfiguration, DeploymentStyle: in.DeploymentStyle,
		OutdatedInstancesStrategy: in.OutdatedInstancesStrategy,
	}
	err = s.refuse(in.DeploymentStyle, len(in.AutoScalingGroups), in.LoadBalancerInfo, in.AlarmConfiguration, in.BlueGreenDeploymentConfiguration, len(in.EcsServices), len(in.TriggerConfigurations))
	if err != nil {
		return nil, err
	}
	if err := checkFilters(in.Ec2TagFilters, in.Ec2TagSet, in.OnPremisesInstanceTagFilters, in.OnPremisesTagSet); err != nil {
		return nil, err
	}
	if err := s.completeGroup(&info); err != nil {
		return nil, err
	}
	if err := s.change(Event{GroupPut: &GroupPut{Info: info}}); err != nil {
		return nil, err
	}
	return &codedeploy.CreateDeploymentGroupOutput{DeploymentGroupId: info.DeploymentGroupId}, nil
}

// refuse names what the engine can't carry out, so that nothing is ignored.
func (s *Service) refuse(style *types.DeploymentStyle, asgs int, lb *types.LoadBalancerInfo, alarms *types.AlarmConfiguration, bg *types.BlueGreenDeploymentConfiguration, ecs, triggers int) error {
	what := ""
	switch {
	case style != nil && style.DeploymentType == types.DeploymentTypeBlueGreen || bg != nil:
		what = "blue/green deployments"
	case style != nil && style.DeploymentOption == types.DeploymentOptionWithTrafficControl,
		lb != nil && len(lb.ElbInfoList)+len(lb.TargetGroupInfoList)+len(lb.TargetGroupPairInfoList) > 0:
		what = "load balancers"
	case asgs > 0:
		what = "Auto Scaling groups"
	case alarms != nil && alarms.Enabled:
		what = "alarms"
	case ecs > 0:
		what = "Amazon ECS services"
	case triggers > 0:
		what = "triggers"
	default:
		return nil
	}
	return &types.InvalidInputException{Message: ptr("The engine does not carry out " + what + " yet; it deploys in place to instances that tag filters select.")}
}

func (s *Service) completeGroup(info *types.DeploymentGroupInfo) error {
	if info.DeploymentConfigName == nil {
		info.DeploymentConfigName = ptr(defaultConfig)
	}
	if !s.world.hasConfig(*info.DeploymentConfigName) {
		return &types.DeploymentConfigDoesNotExistException{Message: ptr("No deployment configuration found for name: " + *info.DeploymentConfigName)}
	}
	if info.DeploymentStyle == nil {
		info.DeploymentStyle = &types.DeploymentStyle{DeploymentType: types.DeploymentTypeInPlace, DeploymentOption: types.DeploymentOptionWithoutTrafficControl}
	}
	if r := info.AutoRollbackConfiguration; r != nil {
		if r.Enabled && len(r.Events) == 0 {
			return &types.InvalidAutoRollbackConfigException{Message: ptr("An auto rollback configuration that is enabled names at least one event.")}
		}
	}
	return nil
}

func (s *Service) UpdateDeploymentGroup(_ context.Context, in *codedeploy.UpdateDeploymentGroupInput) (*codedeploy.UpdateDeploymentGroupOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, g, err := s.world.groupNamed(in.ApplicationName, in.CurrentDeploymentGroupName)
	if err != nil {
		return nil, err
	}
	err = s.refuse(in.DeploymentStyle, len(in.AutoScalingGroups), in.LoadBalancerInfo, in.AlarmConfiguration, in.BlueGreenDeploymentConfiguration, len(in.EcsServices), len(in.TriggerConfigurations))
	if err != nil {
		return nil, err
	}
	if n := aws.ToString(in.NewDeploymentGroupName); n != "" && n != aws.ToString(in.CurrentDeploymentGroupName) {
		return nil, &types.InvalidInputException{Message: ptr("The engine does not rename deployment groups yet.")}
	}
	if err := checkFilters(in.Ec2TagFilters, in.Ec2TagSet, in.OnPremisesInstanceTagFilters, in.OnPremisesTagSet); err != nil {
		return nil, err
	}
	info := g.info
	set(&info.DeploymentConfigName, in.DeploymentConfigName)
	set(&info.ServiceRoleArn, in.ServiceRoleArn)
	set(&info.AutoRollbackConfiguration, in.AutoRollbackConfiguration)
	set(&info.DeploymentStyle, in.DeploymentStyle)
	if in.OutdatedInstancesStrategy != "" {
		info.OutdatedInstancesStrategy = in.OutdatedInstancesStrategy
	}
	// Filters and sets of them exclude each other: the new one takes the old one's place.
	if in.Ec2TagFilters != nil || in.Ec2TagSet != nil {
		info.Ec2TagFilters, info.Ec2TagSet = in.Ec2TagFilters, in.Ec2TagSet
	}
	if in.OnPremisesInstanceTagFilters != nil || in.OnPremisesTagSet != nil {
		info.OnPremisesInstanceTagFilters, info.OnPremisesTagSet = in.OnPremisesInstanceTagFilters, in.OnPremisesTagSet
	}
	if err := s.completeGroup(&info); err != nil {
		return nil, err
	}
	return &codedeploy.UpdateDeploymentGroupOutput{}, s.change(Event{GroupPut: &GroupPut{Info: info}})
}

func set[T any](to **T, from *T) {
	if from != nil {
		*to = from
	}
}

func (s *Service) GetDeploymentGroup(_ context.Context, in *codedeploy.GetDeploymentGroupInput) (*codedeploy.GetDeploymentGroupOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, g, err := s.world.groupNamed(in.ApplicationName, in.DeploymentGroupName)
	if err != nil {
		return nil, err
	}
	info := g.info
	info.LastAttemptedDeployment = g.last.brief()
	if n := len(g.good); n > 0 {
		info.LastSuccessfulDeployment = g.good[n-1].brief()
		info.TargetRevision = &g.good[n-1].Revision
	}
	return &codedeploy.GetDeploymentGroupOutput{DeploymentGroupInfo: &info}, nil
}

func (d *deployment) brief() *types.LastDeploymentInfo {
	if d == nil {
		return nil
	}
	info := &types.LastDeploymentInfo{DeploymentId: &d.ID, Status: d.status, CreateTime: &d.created}
	if !d.completed.IsZero() {
		info.EndTime = ptr(d.completed)
	}
	return info
}

func (s *Service) ListDeploymentGroups(_ context.Context, in *codedeploy.ListDeploymentGroupsInput) (*codedeploy.ListDeploymentGroupsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	app, err := s.world.application(in.ApplicationName)
	if err != nil {
		return nil, err
	}
	names, next, err := page(slices.Sorted(maps.Keys(app.groups)), in.NextToken, pageSize)
	if err != nil {
		return nil, err
	}
	return &codedeploy.ListDeploymentGroupsOutput{ApplicationName: &app.name, DeploymentGroups: names, NextToken: next}, nil
}

func (s *Service) DeleteDeploymentGroup(_ context.Context, in *codedeploy.DeleteDeploymentGroupInput) (*codedeploy.DeleteDeploymentGroupOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	app, g, err := s.world.groupNamed(in.ApplicationName, in.DeploymentGroupName)
	if err != nil {
		return nil, err
	}
	if g.active != nil {
		return nil, activeDeployment(g)
	}
	return &codedeploy.DeleteDeploymentGroupOutput{}, s.change(Event{GroupDeleted: &GroupDeleted{Application: app.name, Group: *in.DeploymentGroupName}})
}

// activeDeployment is the service's own error; clients parse its words.
func activeDeployment(g *group) error {
	return &types.DeploymentLimitExceededException{Message: ptr(fmt.Sprintf("The Deployment Group '%s' already has an active Deployment '%s'",
		aws.ToString(g.info.DeploymentGroupName), g.active.ID))}
}
