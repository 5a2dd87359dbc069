package api

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/smithy-go"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/deploy"
)

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func revision(key string) *types.RevisionLocation {
	return &types.RevisionLocation{RevisionType: types.RevisionLocationTypeS3, S3Location: &types.S3Location{
		Bucket: aws.String("releases"), Key: &key, BundleType: types.BundleTypeTarGZip, ETag: aws.String("0123"), Version: aws.String("7"),
	}}
}

// TestSession is a whole session of the SDK's client.
func TestSession(t *testing.T) {
	s := newSite(t, 3, "i-2")
	c, ctx := s.client, t.Context()
	app, group, config := aws.String("app"), aws.String("group"), aws.String("mine")
	before := time.Now().Truncate(time.Millisecond)

	if id := must(c.CreateApplication(ctx, &codedeploy.CreateApplicationInput{ApplicationName: app}))(t).ApplicationId; len(aws.ToString(id)) != 36 {
		t.Errorf("application id %v", id)
	}
	info := must(c.GetApplication(ctx, &codedeploy.GetApplicationInput{ApplicationName: app}))(t).Application
	if *info.ApplicationName != "app" || info.ComputePlatform != types.ComputePlatformServer || info.CreateTime.Before(before) || info.CreateTime.After(time.Now()) {
		t.Errorf("application %+v, created %v after %v", info, info.CreateTime, before)
	}
	if got := must(c.ListApplications(ctx, &codedeploy.ListApplicationsInput{}))(t).Applications; !slices.Equal(got, []string{"app"}) {
		t.Errorf("applications %v", got)
	}
	if got := must(c.BatchGetApplications(ctx, &codedeploy.BatchGetApplicationsInput{ApplicationNames: []string{"app"}}))(t).ApplicationsInfo; len(got) != 1 || *got[0].ApplicationId != *info.ApplicationId {
		t.Errorf("applications %+v", got)
	}

	must(c.CreateDeploymentConfig(ctx, &codedeploy.CreateDeploymentConfigInput{DeploymentConfigName: config, MinimumHealthyHosts: &types.MinimumHealthyHosts{Type: types.MinimumHealthyHostsTypeHostCount, Value: 1}}))(t)
	if m := must(c.GetDeploymentConfig(ctx, &codedeploy.GetDeploymentConfigInput{DeploymentConfigName: config}))(t).DeploymentConfigInfo.MinimumHealthyHosts; m.Value != 1 || m.Type != types.MinimumHealthyHostsTypeHostCount {
		t.Errorf("minimum %+v", m)
	}
	must(c.CreateDeploymentGroup(ctx, &codedeploy.CreateDeploymentGroupInput{
		ApplicationName: app, DeploymentGroupName: group, ServiceRoleArn: aws.String("arn:aws:iam::000000000000:role/r"), DeploymentConfigName: config,
		Ec2TagSet: &types.EC2TagSet{Ec2TagSetList: [][]types.EC2TagFilter{{{Key: aws.String("Name"), Value: aws.String("local"), Type: types.EC2TagFilterTypeKeyAndValue}}}},
	}))(t)
	must(c.UpdateDeploymentGroup(ctx, &codedeploy.UpdateDeploymentGroupInput{
		ApplicationName: app, CurrentDeploymentGroupName: group,
		AutoRollbackConfiguration: &types.AutoRollbackConfiguration{Enabled: true, Events: []types.AutoRollbackEvent{types.AutoRollbackEventDeploymentFailure}},
	}))(t)
	g := must(c.GetDeploymentGroup(ctx, &codedeploy.GetDeploymentGroupInput{ApplicationName: app, DeploymentGroupName: group}))(t).DeploymentGroupInfo
	if f := g.Ec2TagSet.Ec2TagSetList[0][0]; *f.Key != "Name" || *f.Value != "local" || !g.AutoRollbackConfiguration.Enabled || *g.DeploymentConfigName != "mine" {
		t.Errorf("group %+v", g)
	}
	must(c.RegisterApplicationRevision(ctx, &codedeploy.RegisterApplicationRevisionInput{ApplicationName: app, Revision: revision("v1"), Description: aws.String("über <alles>")}))(t)
	r := must(c.GetApplicationRevision(ctx, &codedeploy.GetApplicationRevisionInput{ApplicationName: app, Revision: revision("v1")}))(t)
	if *r.RevisionInfo.Description != "über <alles>" || *r.Revision.S3Location.Version != "7" || r.RevisionInfo.FirstUsedTime != nil {
		t.Errorf("revision %+v %+v", r.Revision.S3Location, r.RevisionInfo)
	}
	if got := must(c.ListApplicationRevisions(ctx, &codedeploy.ListApplicationRevisionsInput{ApplicationName: app}))(t).Revisions; len(got) != 1 {
		t.Errorf("revisions %+v", got)
	}

	// The waiter of the SDK sees it succeed though one of three fails: one has to stay healthy.
	created := must(c.CreateDeployment(ctx, &codedeploy.CreateDeploymentInput{ApplicationName: app, DeploymentGroupName: group, Revision: revision("v1"), FileExistsBehavior: types.FileExistsBehaviorOverwrite}))(t)
	id := created.DeploymentId
	wait := codedeploy.NewDeploymentSuccessfulWaiter(c, func(o *codedeploy.DeploymentSuccessfulWaiterOptions) {
		o.MinDelay, o.MaxDelay = time.Millisecond, 10*time.Millisecond
	})
	d := must(wait.WaitForOutput(ctx, &codedeploy.GetDeploymentInput{DeploymentId: id}, time.Minute))(t).DeploymentInfo
	if o := d.DeploymentOverview; o.Succeeded != 2 || o.Failed != 1 || d.FileExistsBehavior != types.FileExistsBehaviorOverwrite || d.Creator != types.DeploymentCreatorUser {
		t.Errorf("deployment %+v of %+v", d, o)
	}
	if d.CreateTime.Before(before) || d.StartTime.Before(*d.CreateTime) || d.CompleteTime.Before(*d.StartTime) || d.CompleteTime.After(time.Now()) {
		t.Errorf("created %v, started %v, completed %v", d.CreateTime, d.StartTime, d.CompleteTime)
	}
	targets := must(c.ListDeploymentTargets(ctx, &codedeploy.ListDeploymentTargetsInput{DeploymentId: id, TargetFilters: map[string][]string{"TargetStatus": {"Failed"}}}))(t).TargetIds
	if !slices.Equal(targets, []string{"i-2"}) {
		t.Fatalf("failed targets %v", targets)
	}
	target := must(c.GetDeploymentTarget(ctx, &codedeploy.GetDeploymentTargetInput{DeploymentId: id, TargetId: &targets[0]}))(t).DeploymentTarget.InstanceTarget
	install := target.LifecycleEvents[3]
	if diag := install.Diagnostics; *install.LifecycleEventName != "Install" || install.Status != types.LifecycleEventStatusFailed || diag.ErrorCode != types.LifecycleErrorCodeScriptFailed ||
		*diag.LogTail != "[stderr]\x1b[31mno <space> left\n" || install.EndTime.Before(*install.StartTime) {
		t.Errorf("Install is %+v, %+v", install, install.Diagnostics)
	}
	if after := target.LifecycleEvents[4]; after.Status != types.LifecycleEventStatusSkipped || after.StartTime != nil || after.Diagnostics != nil {
		t.Errorf("what follows is %+v", after)
	}
	all := must(c.BatchGetDeploymentTargets(ctx, &codedeploy.BatchGetDeploymentTargetsInput{DeploymentId: id, TargetIds: []string{"i-3", "i-1"}}))(t).DeploymentTargets
	if len(all) != 2 || *all[0].InstanceTarget.TargetId != "i-3" {
		t.Errorf("targets %+v", all)
	}
	got := must(c.ListDeployments(ctx, &codedeploy.ListDeploymentsInput{
		ApplicationName: app, DeploymentGroupName: group, IncludeOnlyStatuses: []types.DeploymentStatus{types.DeploymentStatusSucceeded},
		CreateTimeRange: &types.TimeRange{Start: d.CreateTime, End: d.CreateTime},
	}))(t).Deployments
	if !slices.Equal(got, []string{*id}) {
		t.Errorf("deployments created at %v: %v, want %s", d.CreateTime, got, *id)
	}
	if got := must(c.BatchGetDeployments(ctx, &codedeploy.BatchGetDeploymentsInput{DeploymentIds: []string{*id}}))(t).DeploymentsInfo; len(got) != 1 || !got[0].CompleteTime.Equal(*d.CompleteTime) {
		t.Errorf("deployments %+v", got)
	}
	_, err := c.StopDeployment(ctx, &codedeploy.StopDeploymentInput{DeploymentId: id})
	wantTyped[*types.DeploymentAlreadyCompletedException](t, err, "Deployment "+*id+" is already in a terminal state: Succeeded.")

	for _, list := range []struct {
		name string
		got  []string
		want string
	}{
		{"groups", must(c.ListDeploymentGroups(ctx, &codedeploy.ListDeploymentGroupsInput{ApplicationName: app}))(t).DeploymentGroups, "group"},
		{"configurations", must(c.ListDeploymentConfigs(ctx, &codedeploy.ListDeploymentConfigsInput{}))(t).DeploymentConfigsList, "CodeDeployDefault.AllAtOnce CodeDeployDefault.HalfAtATime CodeDeployDefault.OneAtATime mine"},
	} {
		if got := strings.Join(list.got, " "); got != list.want {
			t.Errorf("%s: %s", list.name, got)
		}
	}
	must(c.DeleteDeploymentGroup(ctx, &codedeploy.DeleteDeploymentGroupInput{ApplicationName: app, DeploymentGroupName: group}))(t)
	must(c.DeleteDeploymentConfig(ctx, &codedeploy.DeleteDeploymentConfigInput{DeploymentConfigName: config}))(t)
	must(c.DeleteApplication(ctx, &codedeploy.DeleteApplicationInput{ApplicationName: app}))(t)
}

// wantTyped asserts that the SDK knows an error as one of its own.
func wantTyped[E error](t *testing.T, err error, message string) {
	t.Helper()
	var e E
	var api smithy.APIError
	if !errors.As(err, &e) || !errors.As(err, &api) {
		t.Errorf("error is %T (%v), want %T", err, err, e)
		return
	}
	if message != "" && api.ErrorMessage() != message {
		t.Errorf("message is %q, want %q", api.ErrorMessage(), message)
	}
}

func TestTypedExceptions(t *testing.T) {
	s := newSite(t, 0)
	c, ctx := s.client, t.Context()
	app, group := aws.String("app"), aws.String("group")
	must(c.CreateApplication(ctx, &codedeploy.CreateApplicationInput{ApplicationName: app}))(t)
	in := &codedeploy.CreateDeploymentGroupInput{
		ApplicationName: app, DeploymentGroupName: group, ServiceRoleArn: aws.String("arn"),
		Ec2TagFilters: []types.EC2TagFilter{{Key: aws.String("Name"), Type: types.EC2TagFilterTypeKeyOnly}},
	}
	must(c.CreateDeploymentGroup(ctx, in))(t)

	_, err := c.CreateApplication(ctx, &codedeploy.CreateApplicationInput{ApplicationName: app})
	wantTyped[*types.ApplicationAlreadyExistsException](t, err, "Application already exists: app")
	_, err = c.GetApplication(ctx, &codedeploy.GetApplicationInput{ApplicationName: aws.String("none")})
	wantTyped[*types.ApplicationDoesNotExistException](t, err, "No application found for name: none")
	_, err = c.CreateDeploymentGroup(ctx, in)
	wantTyped[*types.DeploymentGroupAlreadyExistsException](t, err, "")
	in.DeploymentGroupName, in.AutoScalingGroups = aws.String("second"), []string{"asg"}
	_, err = c.CreateDeploymentGroup(ctx, in)
	wantTyped[*types.InvalidInputException](t, err, "The engine does not carry out Auto Scaling groups yet; it deploys in place to instances that tag filters select.")
	_, err = c.GetDeployment(ctx, &codedeploy.GetDeploymentInput{DeploymentId: aws.String("d-ABCDEFGHI")})
	wantTyped[*types.DeploymentDoesNotExistException](t, err, "The deployment d-ABCDEFGHI could not be found.")
	_, err = c.CreateDeployment(ctx, &codedeploy.CreateDeploymentInput{ApplicationName: app, DeploymentGroupName: group, Revision: &types.RevisionLocation{
		RevisionType: types.RevisionLocationTypeGitHub, GitHubLocation: &types.GitHubLocation{Repository: aws.String("o/r"), CommitId: aws.String("c")}}})
	wantTyped[*types.InvalidRevisionException](t, err, "")

	// A deployment to an instance that never answers can be met by a second one, and stopped.
	if err := s.AddInstance(deploy.InstanceAdded{ID: "i-silent", Tags: map[string]string{"Name": ""}}); err != nil {
		t.Fatal(err)
	}
	id := must(c.CreateDeployment(ctx, &codedeploy.CreateDeploymentInput{ApplicationName: app, DeploymentGroupName: group, Revision: revision("v1")}))(t).DeploymentId
	_, err = c.CreateDeployment(ctx, &codedeploy.CreateDeploymentInput{ApplicationName: app, DeploymentGroupName: group, Revision: revision("v1")})
	wantTyped[*types.DeploymentLimitExceededException](t, err, "The Deployment Group 'group' already has an active Deployment '"+*id+"'")
	_, err = c.DeleteDeploymentGroup(ctx, &codedeploy.DeleteDeploymentGroupInput{ApplicationName: app, DeploymentGroupName: group})
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "DeploymentLimitExceededException" {
		t.Errorf("error is %v", err)
	}
	if out := must(c.StopDeployment(ctx, &codedeploy.StopDeploymentInput{DeploymentId: id, AutoRollbackEnabled: aws.Bool(false)}))(t); out.Status != types.StopStatusPending {
		t.Errorf("stop is %s", out.Status)
	}
	if d := must(c.GetDeployment(ctx, &codedeploy.GetDeploymentInput{DeploymentId: id}))(t).DeploymentInfo; d.Status != types.DeploymentStatusInProgress || d.CompleteTime != nil || d.DeploymentOverview.InProgress != 1 {
		t.Errorf("deployment %+v", d)
	}
}

func TestWhoMayCall(t *testing.T) {
	s := newSite(t, 0)
	_, err := newClient(s.url, "wrong").CreateApplication(t.Context(), &codedeploy.CreateApplicationInput{ApplicationName: aws.String("app")})
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "InvalidSignatureException" && api.ErrorCode() != "SignatureDoesNotMatch" {
		t.Errorf("a wrong secret gives %v", err)
	}
	// What was signed is what is sent: the operation and the body are part of it.
	request := func(change func(*http.Request)) int {
		r, err := http.NewRequest(http.MethodPost, s.url, strings.NewReader(`{"applicationName":"app"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Amz-Target", Prefix+"CreateApplication")
		change(r)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		return answer.StatusCode
	}
	if status := request(func(*http.Request) {}); status < 400 {
		t.Errorf("without a signature: %d", status)
	}
	if status := request(func(r *http.Request) {
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=LOCALTEST/20240101/us-east-1/codedeploy/aws4_request, SignedHeaders=host, Signature=00")
	}); status < 400 {
		t.Errorf("with a made-up signature: %d", status)
	}
	if got := must(s.client.ListApplications(t.Context(), &codedeploy.ListApplicationsInput{}))(t).Applications; len(got) != 0 {
		t.Errorf("somebody made %v", got)
	}
}

func TestUnknownOperation(t *testing.T) {
	s := newSite(t, 0)
	_, err := s.client.ContinueDeployment(t.Context(), &codedeploy.ContinueDeploymentInput{DeploymentId: aws.String("d-ABCDEFGHI")})
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "UnknownOperationException" || api.ErrorMessage() != "The engine does not know the operation ContinueDeployment." {
		t.Errorf("error is %v", err)
	}
	if status, _, text := post(t, s.url, "DynamoDB_20120810.ListTables", "{}"); status != 400 || !strings.Contains(text, "UnknownOperationException") {
		t.Errorf("another service's operation: %d %s", status, text)
	}
	if status, _, _ := post(t, s.url, "", "{}"); status != http.StatusTeapot {
		t.Errorf("a request that is no operation is not passed on: %d", status)
	}
	if status, _, text := post(t, s.url, Prefix+"ListApplications", strings.Repeat(" ", maxBody+1)); status != 400 || !strings.Contains(text, "RequestEntityTooLargeException") {
		t.Errorf("too large a request: %d %s", status, text)
	}
}
