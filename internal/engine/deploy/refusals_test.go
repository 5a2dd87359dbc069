package deploy

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/smithy-go"
)

// TestRefusals: what the engine can't carry out, or what is no request, is
// refused with the service's own exception and a sentence.
func TestRefusals(t *testing.T) {
	long := strings.Repeat("ü", 257)
	group := func(change func(*codedeploy.CreateDeploymentGroupInput)) func(*Service) error {
		return func(s *Service) error {
			in := group0("new")
			change(in)
			_, err := s.CreateDeploymentGroup(context.Background(), in)
			return err
		}
	}
	update := func(change func(*codedeploy.UpdateDeploymentGroupInput)) func(*Service) error {
		return func(s *Service) error {
			in := &codedeploy.UpdateDeploymentGroupInput{ApplicationName: ptr("app"), CurrentDeploymentGroupName: ptr("group")}
			change(in)
			_, err := s.UpdateDeploymentGroup(context.Background(), in)
			return err
		}
	}
	deployment := func(change func(*codedeploy.CreateDeploymentInput)) func(*Service) error {
		return func(s *Service) error {
			in := &codedeploy.CreateDeploymentInput{ApplicationName: ptr("app"), DeploymentGroupName: ptr("group"), Revision: revisionOf("v1")}
			change(in)
			_, err := s.CreateDeployment(context.Background(), in)
			return err
		}
	}
	config := func(change func(*codedeploy.CreateDeploymentConfigInput)) func(*Service) error {
		return func(s *Service) error {
			in := &codedeploy.CreateDeploymentConfigInput{DeploymentConfigName: ptr("new"), MinimumHealthyHosts: &types.MinimumHealthyHosts{Type: count, Value: 1}}
			change(in)
			_, err := s.CreateDeploymentConfig(context.Background(), in)
			return err
		}
	}
	application := func(change func(*codedeploy.CreateApplicationInput)) func(*Service) error {
		return func(s *Service) error {
			in := &codedeploy.CreateApplicationInput{ApplicationName: ptr("new")}
			change(in)
			_, err := s.CreateApplication(context.Background(), in)
			return err
		}
	}
	revision := func(r types.RevisionLocation) func(*Service) error {
		return deployment(func(in *codedeploy.CreateDeploymentInput) { in.Revision = &r })
	}
	inPlace := func(what string) string {
		return "The engine does not carry out " + what + " yet; it deploys in place to instances that tag filters select."
	}
	blueGreen := &types.DeploymentStyle{DeploymentType: types.DeploymentTypeBlueGreen}
	balanced := &types.DeploymentStyle{DeploymentOption: types.DeploymentOptionWithTrafficControl}
	balancer := &types.LoadBalancerInfo{TargetGroupInfoList: []types.TargetGroupInfo{{Name: ptr("t")}}}
	classic := &types.LoadBalancerInfo{ElbInfoList: []types.ELBInfo{{Name: ptr("t")}}}
	alarms := &types.AlarmConfiguration{Enabled: true, Alarms: []types.Alarm{{Name: ptr("a")}}}
	tests := []struct {
		name, code, message string
		call                func(*Service) error
	}{
		{"application without a name", "ApplicationNameRequiredException", "An application name is required.", application(func(in *codedeploy.CreateApplicationInput) { in.ApplicationName = nil })},
		{"application with a blank", "InvalidApplicationNameException", `"a b" is not an application name: a name has 1 to 100 letters, digits and . _ + = , @ -.`, application(func(in *codedeploy.CreateApplicationInput) { in.ApplicationName = ptr("a b") })},
		{"application with a line", "InvalidApplicationNameException", "", application(func(in *codedeploy.CreateApplicationInput) { in.ApplicationName = ptr("a\n") })},
		{"application of 101 letters", "InvalidApplicationNameException", "", application(func(in *codedeploy.CreateApplicationInput) { in.ApplicationName = ptr(strings.Repeat("a", 101)) })},
		{"application of another name's folder", "InvalidApplicationNameException", "", application(func(in *codedeploy.CreateApplicationInput) { in.ApplicationName = ptr("../a") })},
		{"application for Lambda", "InvalidComputePlatformException", "The engine carries out EC2/on-premises deployments (Server) only, not Lambda.", application(func(in *codedeploy.CreateApplicationInput) { in.ComputePlatform = types.ComputePlatformLambda })},
		{"application for ECS", "InvalidComputePlatformException", "The engine carries out EC2/on-premises deployments (Server) only, not ECS.", application(func(in *codedeploy.CreateApplicationInput) { in.ComputePlatform = types.ComputePlatformEcs })},
		{"application twice", "ApplicationAlreadyExistsException", "Application already exists: app", application(func(in *codedeploy.CreateApplicationInput) { in.ApplicationName = ptr("app") })},

		{"group of no application", "ApplicationDoesNotExistException", "No application found for name: none", group(func(in *codedeploy.CreateDeploymentGroupInput) { in.ApplicationName = ptr("none") })},
		{"group without a name", "DeploymentGroupNameRequiredException", "", group(func(in *codedeploy.CreateDeploymentGroupInput) { in.DeploymentGroupName = nil })},
		{"group with a slash", "InvalidDeploymentGroupNameException", "", group(func(in *codedeploy.CreateDeploymentGroupInput) { in.DeploymentGroupName = ptr("a/b") })},
		{"group twice", "DeploymentGroupAlreadyExistsException", "Deployment group name already exists: group", group(func(in *codedeploy.CreateDeploymentGroupInput) { in.DeploymentGroupName = ptr("group") })},
		{"group without a role", "RoleRequiredException", "", group(func(in *codedeploy.CreateDeploymentGroupInput) { in.ServiceRoleArn = nil })},
		{"group with an unknown configuration", "DeploymentConfigDoesNotExistException", "No deployment configuration found for name: CodeDeployDefault.TwoAtATime", group(func(in *codedeploy.CreateDeploymentGroupInput) {
			in.DeploymentConfigName = ptr("CodeDeployDefault.TwoAtATime")
		})},
		{"group with a Lambda configuration", "DeploymentConfigDoesNotExistException", "", group(func(in *codedeploy.CreateDeploymentGroupInput) {
			in.DeploymentConfigName = ptr("CodeDeployDefault.LambdaAllAtOnce")
		})},
		{"group with a rollback on nothing", "InvalidAutoRollbackConfigException", "An auto rollback configuration that is enabled names at least one event.", group(func(in *codedeploy.CreateDeploymentGroupInput) {
			in.AutoRollbackConfiguration = &types.AutoRollbackConfiguration{Enabled: true}
		})},
		{"blue/green", "InvalidInputException", inPlace("blue/green deployments"), group(func(in *codedeploy.CreateDeploymentGroupInput) { in.DeploymentStyle = blueGreen })},
		{"blue/green settings", "InvalidInputException", inPlace("blue/green deployments"), group(func(in *codedeploy.CreateDeploymentGroupInput) {
			in.BlueGreenDeploymentConfiguration = &types.BlueGreenDeploymentConfiguration{}
		})},
		{"traffic control", "InvalidInputException", inPlace("load balancers"), group(func(in *codedeploy.CreateDeploymentGroupInput) { in.DeploymentStyle = balanced })},
		{"target group", "InvalidInputException", inPlace("load balancers"), group(func(in *codedeploy.CreateDeploymentGroupInput) { in.LoadBalancerInfo = balancer })},
		{"classic load balancer", "InvalidInputException", inPlace("load balancers"), group(func(in *codedeploy.CreateDeploymentGroupInput) { in.LoadBalancerInfo = classic })},
		{"Auto Scaling group", "InvalidInputException", inPlace("Auto Scaling groups"), group(func(in *codedeploy.CreateDeploymentGroupInput) { in.AutoScalingGroups = []string{"asg"} })},
		{"alarms", "InvalidInputException", inPlace("alarms"), group(func(in *codedeploy.CreateDeploymentGroupInput) { in.AlarmConfiguration = alarms })},
		{"ECS services", "InvalidInputException", inPlace("Amazon ECS services"), group(func(in *codedeploy.CreateDeploymentGroupInput) { in.EcsServices = []types.ECSService{{}} })},
		{"triggers", "InvalidInputException", inPlace("triggers"), group(func(in *codedeploy.CreateDeploymentGroupInput) { in.TriggerConfigurations = []types.TriggerConfig{{}} })},

		{"update of no group", "DeploymentGroupDoesNotExistException", "No Deployment Group found for name: none", update(func(in *codedeploy.UpdateDeploymentGroupInput) { in.CurrentDeploymentGroupName = ptr("none") })},
		{"update to blue/green", "InvalidInputException", inPlace("blue/green deployments"), update(func(in *codedeploy.UpdateDeploymentGroupInput) { in.DeploymentStyle = blueGreen })},
		{"update to a load balancer", "InvalidInputException", inPlace("load balancers"), update(func(in *codedeploy.UpdateDeploymentGroupInput) { in.LoadBalancerInfo = balancer })},
		{"update to alarms", "InvalidInputException", inPlace("alarms"), update(func(in *codedeploy.UpdateDeploymentGroupInput) { in.AlarmConfiguration = alarms })},
		{"update to an unknown configuration", "DeploymentConfigDoesNotExistException", "", update(func(in *codedeploy.UpdateDeploymentGroupInput) { in.DeploymentConfigName = ptr("none") })},
		{"update to a rollback on nothing", "InvalidAutoRollbackConfigException", "", update(func(in *codedeploy.UpdateDeploymentGroupInput) {
			in.AutoRollbackConfiguration = &types.AutoRollbackConfiguration{Enabled: true}
		})},
		{"another name", "InvalidInputException", "The engine does not rename deployment groups yet.", update(func(in *codedeploy.UpdateDeploymentGroupInput) { in.NewDeploymentGroupName = ptr("other") })},

		{"deployment of no application", "ApplicationNameRequiredException", "", deployment(func(in *codedeploy.CreateDeploymentInput) { in.ApplicationName = ptr("") })},
		{"deployment to no group", "DeploymentGroupNameRequiredException", "", deployment(func(in *codedeploy.CreateDeploymentInput) { in.DeploymentGroupName = nil })},
		{"deployment to an unknown group", "DeploymentGroupDoesNotExistException", "", deployment(func(in *codedeploy.CreateDeploymentInput) { in.DeploymentGroupName = ptr("none") })},
		{"deployment of no revision", "RevisionRequiredException", "", deployment(func(in *codedeploy.CreateDeploymentInput) { in.Revision = nil })},
		{"deployment with an unknown configuration", "DeploymentConfigDoesNotExistException", "", deployment(func(in *codedeploy.CreateDeploymentInput) { in.DeploymentConfigName = ptr("none") })},
		{"description of 257 letters", "DescriptionTooLongException", "A description has at most 256 characters.", deployment(func(in *codedeploy.CreateDeploymentInput) { in.Description = &long })},
		{"unknown file-exists behaviour", "InvalidFileExistsBehaviorException", `"KEEP" is not DISALLOW, OVERWRITE or RETAIN.`, deployment(func(in *codedeploy.CreateDeploymentInput) { in.FileExistsBehavior = "KEEP" })},
		{"target instances", "InvalidTargetInstancesException", "targetInstances belong to blue/green deployments, which the engine does not carry out yet.", deployment(func(in *codedeploy.CreateDeploymentInput) { in.TargetInstances = &types.TargetInstances{} })},
		{"deployment with a rollback on nothing", "InvalidAutoRollbackConfigException", "", deployment(override(true))},
		{"deployment with alarms", "InvalidAlarmConfigException", "The engine does not watch alarms yet.", deployment(func(in *codedeploy.CreateDeploymentInput) { in.OverrideAlarmConfiguration = alarms })},

		{"GitHub", "InvalidRevisionException", "The engine can't fetch revisions from GitHub yet: push the revision to S3 and deploy that.", revision(types.RevisionLocation{
			RevisionType: types.RevisionLocationTypeGitHub, GitHubLocation: &types.GitHubLocation{Repository: ptr("o/r"), CommitId: ptr("c")}})},
		{"inline AppSpec", "InvalidRevisionException", "The engine carries out EC2/on-premises deployments of revisions in S3; AppSpecContent is not among them.", revision(types.RevisionLocation{RevisionType: types.RevisionLocationTypeAppSpecContent})},
		{"string", "InvalidRevisionException", "", revision(types.RevisionLocation{RevisionType: types.RevisionLocationTypeString})},
		{"no revision type", "InvalidRevisionException", "The revision has no revisionType.", revision(types.RevisionLocation{S3Location: revisionOf("v1").S3Location})},
		{"S3 without a place", "InvalidRevisionException", "A revision in S3 needs s3Location with bucket and key.", revision(types.RevisionLocation{RevisionType: types.RevisionLocationTypeS3})},
		{"S3 without a bucket", "InvalidRevisionException", "A revision in S3 needs s3Location with bucket and key.", revision(types.RevisionLocation{RevisionType: types.RevisionLocationTypeS3, S3Location: &types.S3Location{Key: ptr("k")}})},
		{"S3 without a type", "InvalidRevisionException", `The bundle type "" is not zip, tar or tgz.`, revision(types.RevisionLocation{RevisionType: types.RevisionLocationTypeS3, S3Location: &types.S3Location{Bucket: ptr("b"), Key: ptr("k")}})},
		{"YAML in S3", "InvalidRevisionException", `The bundle type "YAML" is not zip, tar or tgz.`, revision(types.RevisionLocation{RevisionType: types.RevisionLocationTypeS3, S3Location: &types.S3Location{Bucket: ptr("b"), Key: ptr("k"), BundleType: types.BundleTypeYaml}})},

		{"configuration without a name", "DeploymentConfigNameRequiredException", "", config(func(in *codedeploy.CreateDeploymentConfigInput) { in.DeploymentConfigName = nil })},
		{"configuration of the service's name", "InvalidDeploymentConfigNameException", "", config(func(in *codedeploy.CreateDeploymentConfigInput) {
			in.DeploymentConfigName = ptr("CodeDeployDefault.Mine")
		})},
		{"configuration twice", "DeploymentConfigAlreadyExistsException", "Deployment configuration already exists: mine", config(func(in *codedeploy.CreateDeploymentConfigInput) { in.DeploymentConfigName = ptr("mine") })},
		{"configuration for Lambda", "InvalidComputePlatformException", "", config(func(in *codedeploy.CreateDeploymentConfigInput) { in.ComputePlatform = types.ComputePlatformLambda })},
		{"configuration with zones", "InvalidZonalDeploymentConfigurationException", "The engine has no availability zones yet.", config(func(in *codedeploy.CreateDeploymentConfigInput) { in.ZonalConfig = &types.ZonalConfig{} })},
		{"configuration with traffic", "InvalidTrafficRoutingConfigurationException", "", config(func(in *codedeploy.CreateDeploymentConfigInput) {
			in.TrafficRoutingConfig = &types.TrafficRoutingConfig{}
		})},
		{"configuration of nothing", "InvalidMinimumHealthyHostValueException", "", config(func(in *codedeploy.CreateDeploymentConfigInput) { in.MinimumHealthyHosts = nil })},
		{"configuration without a type", "InvalidMinimumHealthyHostValueException", "", config(func(in *codedeploy.CreateDeploymentConfigInput) { in.MinimumHealthyHosts.Type = "" })},
		{"-1 hosts", "InvalidMinimumHealthyHostValueException", "", config(func(in *codedeploy.CreateDeploymentConfigInput) { in.MinimumHealthyHosts.Value = -1 })},
		{"100 percent", "InvalidMinimumHealthyHostValueException", "", config(func(in *codedeploy.CreateDeploymentConfigInput) {
			in.MinimumHealthyHosts = &types.MinimumHealthyHosts{Type: percnt, Value: 100}
		})},

		{"revision with a long description", "DescriptionTooLongException", "", func(s *Service) error {
			_, err := s.RegisterApplicationRevision(context.Background(), &codedeploy.RegisterApplicationRevisionInput{ApplicationName: ptr("app"), Revision: revisionOf("v1"), Description: &long})
			return err
		}},
		{"unknown revision", "RevisionDoesNotExistException", "No revision is registered with application app at s3://releases/v9?etag=0123", func(s *Service) error {
			_, err := s.GetApplicationRevision(context.Background(), &codedeploy.GetApplicationRevisionInput{ApplicationName: ptr("app"), Revision: revisionOf("v9")})
			return err
		}},
		{"unknown configuration", "DeploymentConfigDoesNotExistException", "", func(s *Service) error {
			_, err := s.GetDeploymentConfig(context.Background(), &codedeploy.GetDeploymentConfigInput{DeploymentConfigName: ptr("none")})
			return err
		}},
		{"101 applications", "BatchLimitExceededException", "At most 100 names can be asked for at once; there were 101.", func(s *Service) error {
			_, err := s.BatchGetApplications(context.Background(), &codedeploy.BatchGetApplicationsInput{ApplicationNames: make([]string, 101)})
			return err
		}},
		{"101 deployments", "BatchLimitExceededException", "", func(s *Service) error {
			_, err := s.BatchGetDeployments(context.Background(), &codedeploy.BatchGetDeploymentsInput{DeploymentIds: make([]string, 101)})
			return err
		}},
		{"key prefix without a bucket", "InvalidKeyPrefixFilterException", "A key prefix needs a bucket.", func(s *Service) error {
			_, err := s.ListApplicationRevisions(context.Background(), &codedeploy.ListApplicationRevisionsInput{ApplicationName: ptr("app"), S3KeyPrefix: ptr("a")})
			return err
		}},
	}
	simulate(t, &memoryLog{}, func(t *testing.T, f *fleet) {
		must(f.CreateDeploymentConfig(f.ctx, &codedeploy.CreateDeploymentConfigInput{DeploymentConfigName: ptr("mine"), MinimumHealthyHosts: &types.MinimumHealthyHosts{Type: count}}))(t)
		before := len(f.log.all())
		for _, test := range tests {
			err := test.call(f.Service)
			var api smithy.APIError
			if !errors.As(err, &api) {
				t.Errorf("%s: error is %v, want %s", test.name, err, test.code)
				continue
			}
			if api.ErrorCode() != test.code || api.ErrorMessage() == "" || test.message != "" && api.ErrorMessage() != test.message {
				t.Errorf("%s: %s: %q, want %s: %q", test.name, api.ErrorCode(), api.ErrorMessage(), test.code, test.message)
			}
			if m := api.ErrorMessage(); !strings.HasSuffix(m, ".") && !strings.Contains(m, ": ") && !strings.Contains(m, " at ") {
				t.Errorf("%s: %q is no sentence", test.name, m)
			}
		}
		if after := len(f.log.all()); after != before {
			t.Errorf("a refused request was written to the log: %d records", after-before)
		}
	})
}

// TestLimitsAreIncluded: the last value that is allowed is taken.
func TestLimitsAreIncluded(t *testing.T) {
	simulate(t, &memoryLog{}, func(t *testing.T, f *fleet) {
		must(f.CreateApplication(f.ctx, &codedeploy.CreateApplicationInput{ApplicationName: ptr(strings.Repeat("a", 93) + "1._+=,@")}))(t)
		in := &codedeploy.CreateDeploymentInput{ApplicationName: ptr("app"), DeploymentGroupName: ptr("group"), Revision: revisionOf("v1"), Description: ptr(strings.Repeat("ü", 256))}
		must(f.CreateDeployment(f.ctx, in))(t)
		f.config(percnt, 99)
		f.config(count, 1<<31-1)
	})
}

// TestInUse: what is in use is not deleted.
func TestInUse(t *testing.T) {
	simulate(t, &memoryLog{}, func(t *testing.T, f *fleet) {
		f.add(1)
		f.use(slow(10))
		mine, other := f.config(count, 0), f.config(percnt, 0)
		deleteConfig := func(name string) error {
			_, err := f.DeleteDeploymentConfig(f.ctx, &codedeploy.DeleteDeploymentConfigInput{DeploymentConfigName: &name})
			return err
		}
		deleteGroup := func() error {
			_, err := f.DeleteDeploymentGroup(f.ctx, &codedeploy.DeleteDeploymentGroupInput{ApplicationName: ptr("app"), DeploymentGroupName: ptr("group")})
			return err
		}
		deleteApplication := func() error {
			_, err := f.DeleteApplication(f.ctx, &codedeploy.DeleteApplicationInput{ApplicationName: ptr("app")})
			return err
		}
		must(f.UpdateDeploymentGroup(f.ctx, &codedeploy.UpdateDeploymentGroupInput{ApplicationName: ptr("app"), CurrentDeploymentGroupName: ptr("group"), DeploymentConfigName: &mine}))(t)
		id := f.begin("v1", with(other))
		active := "The Deployment Group 'group' already has an active Deployment '" + id + "'"
		wantError[*types.DeploymentConfigInUseException](t, deleteConfig(mine), "The configuration "+mine+" is in use.")
		wantError[*types.DeploymentConfigInUseException](t, deleteConfig(other), "The configuration "+other+" is in use.")
		wantError[*types.InvalidOperationException](t, deleteConfig(all), all+" is a predefined configuration and can't be deleted.")
		wantError[*types.DeploymentLimitExceededException](t, deleteGroup(), active)
		wantError[*types.DeploymentLimitExceededException](t, deleteApplication(), active)
		f.settle()
		if err := errors.Join(deleteConfig(other), deleteConfig("none"), deleteGroup(), deleteConfig(mine), deleteApplication(), deleteApplication()); err != nil {
			t.Error(err)
		}
		wantError[*types.ApplicationDoesNotExistException](t, deleteGroup(), "")
		_, err := f.GetDeploymentConfig(f.ctx, &codedeploy.GetDeploymentConfigInput{DeploymentConfigName: &mine})
		wantError[*types.DeploymentConfigDoesNotExistException](t, err, "")
		// What was deployed stays to be looked at.
		if info := f.info(id); info.Status != succeeded || *info.ApplicationName != "app" {
			t.Errorf("%s of %s", overview(info), *info.ApplicationName)
		}
		// A group of the same name is a new one: it knows nothing of the old one's instances.
		must(f.CreateApplication(f.ctx, &codedeploy.CreateApplicationInput{ApplicationName: ptr("app")}))(t)
		must(f.CreateDeploymentGroup(f.ctx, group0("group")))(t)
		group := must(f.GetDeploymentGroup(f.ctx, &codedeploy.GetDeploymentGroupInput{ApplicationName: ptr("app"), DeploymentGroupName: ptr("group")}))(t).DeploymentGroupInfo
		if group.LastAttemptedDeployment != nil || group.LastSuccessfulDeployment != nil || group.TargetRevision != nil {
			t.Errorf("a new group knows %+v", group)
		}
	})
}
