package deploy

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

const (
	configPrefix  = "CodeDeployDefault."
	defaultConfig = configPrefix + "OneAtATime"
)

// predefined are the service's own configurations for instances (deployment-configurations.md).
var predefined = map[string]types.MinimumHealthyHosts{
	configPrefix + "OneAtATime":  {Type: types.MinimumHealthyHostsTypeFleetPercent, Value: 99},
	configPrefix + "HalfAtATime": {Type: types.MinimumHealthyHostsTypeFleetPercent, Value: 50},
	configPrefix + "AllAtOnce":   {Type: types.MinimumHealthyHostsTypeFleetPercent, Value: 0},
}

func (w *world) hasConfig(name string) bool {
	_, ok := predefined[name]
	return ok || w.configs[name] != nil
}

func (s *Service) CreateDeploymentConfig(_ context.Context, in *codedeploy.CreateDeploymentConfigInput) (*codedeploy.CreateDeploymentConfigOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := aws.ToString(in.DeploymentConfigName)
	switch {
	case name == "":
		return nil, &types.DeploymentConfigNameRequiredException{Message: ptr("A deployment configuration name is required.")}
	case !isName(name) || strings.HasPrefix(name, configPrefix):
		return nil, &types.InvalidDeploymentConfigNameException{Message: ptr("The name must not begin with " + configPrefix + ", and " + nameWords + ".")}
	case s.world.hasConfig(name):
		return nil, &types.DeploymentConfigAlreadyExistsException{Message: ptr("Deployment configuration already exists: " + name)}
	case in.ComputePlatform != "" && in.ComputePlatform != types.ComputePlatformServer:
		return nil, &types.InvalidComputePlatformException{Message: ptr("The engine has configurations for EC2/on-premises (Server) only.")}
	case in.TrafficRoutingConfig != nil:
		return nil, &types.InvalidTrafficRoutingConfigurationException{Message: ptr("Traffic routing belongs to AWS Lambda and Amazon ECS; the engine has configurations for EC2/on-premises (Server) only.")}
	case in.ZonalConfig != nil:
		return nil, &types.InvalidZonalDeploymentConfigurationException{Message: ptr("The engine has no availability zones yet.")}
	}
	m := in.MinimumHealthyHosts
	if m == nil || m.Value < 0 ||
		m.Type != types.MinimumHealthyHostsTypeHostCount && (m.Type != types.MinimumHealthyHostsTypeFleetPercent || m.Value > 99) {
		return nil, &types.InvalidMinimumHealthyHostValueException{Message: ptr("minimumHealthyHosts has a type, HOST_COUNT with a value from 0 or FLEET_PERCENT with one from 0 to 99.")}
	}
	id := newUUID()
	if err := s.change(Event{ConfigCreated: &ConfigCreated{ID: id, Name: name, Minimum: *m}}); err != nil {
		return nil, err
	}
	return &codedeploy.CreateDeploymentConfigOutput{DeploymentConfigId: &id}, nil
}

func (s *Service) GetDeploymentConfig(_ context.Context, in *codedeploy.GetDeploymentConfigInput) (*codedeploy.GetDeploymentConfigOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := aws.ToString(in.DeploymentConfigName)
	info := &types.DeploymentConfigInfo{DeploymentConfigName: &name, ComputePlatform: types.ComputePlatformServer}
	if m, ok := predefined[name]; ok {
		info.MinimumHealthyHosts = &m
	} else if c := s.world.configs[name]; c != nil {
		info.DeploymentConfigId, info.MinimumHealthyHosts, info.CreateTime = &c.id, &c.minimum, &c.created
	} else {
		return nil, &types.DeploymentConfigDoesNotExistException{Message: ptr("No deployment configuration found for name: " + name)}
	}
	return &codedeploy.GetDeploymentConfigOutput{DeploymentConfigInfo: info}, nil
}

func (s *Service) ListDeploymentConfigs(_ context.Context, in *codedeploy.ListDeploymentConfigsInput) (*codedeploy.ListDeploymentConfigsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := append(slices.Sorted(maps.Keys(predefined)), slices.Sorted(maps.Keys(s.world.configs))...)
	names, next, err := page(all, in.NextToken, pageSize)
	if err != nil {
		return nil, err
	}
	return &codedeploy.ListDeploymentConfigsOutput{DeploymentConfigsList: names, NextToken: next}, nil
}

func (s *Service) DeleteDeploymentConfig(_ context.Context, in *codedeploy.DeleteDeploymentConfigInput) (*codedeploy.DeleteDeploymentConfigOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := aws.ToString(in.DeploymentConfigName)
	if _, ok := predefined[name]; ok {
		return nil, &types.InvalidOperationException{Message: ptr(name + " is a predefined configuration and can't be deleted.")}
	}
	if s.world.configs[name] == nil {
		return &codedeploy.DeleteDeploymentConfigOutput{}, nil
	}
	for _, app := range s.world.applications {
		for _, g := range app.groups {
			if aws.ToString(g.info.DeploymentConfigName) == name || g.active != nil && g.active.Config == name {
				return nil, &types.DeploymentConfigInUseException{Message: ptr("The configuration " + name + " is in use.")}
			}
		}
	}
	return &codedeploy.DeleteDeploymentConfigOutput{}, s.change(Event{ConfigDeleted: &ConfigDeleted{Name: name}})
}
