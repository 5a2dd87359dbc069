package deploy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// pages reads a list to its end, page by page.
func pages(t *testing.T, list func(token *string) ([]string, *string, error)) (items []string, sizes []int) {
	t.Helper()
	for token := (*string)(nil); ; {
		page, next, err := list(token)
		if err != nil {
			t.Fatal(err)
		}
		if page == nil {
			t.Error("an empty page is not a list")
		}
		items, sizes = append(items, page...), append(sizes, len(page))
		if next == nil {
			return items, sizes
		}
		token = next
	}
}

func TestPages(t *testing.T) {
	simulate(t, &memoryLog{}, func(t *testing.T, f *fleet) {
		ctx := f.ctx
		f.add(101)
		var want []string
		for n := range 199 {
			name := fmt.Sprintf("n%03d", n)
			want = append(want, name)
			must(f.CreateApplication(ctx, &codedeploy.CreateApplicationInput{ApplicationName: &name}))(t)
			must(f.CreateDeploymentGroup(ctx, group0(name)))(t)
			must(f.CreateDeploymentConfig(ctx, &codedeploy.CreateDeploymentConfigInput{DeploymentConfigName: &name, MinimumHealthyHosts: &types.MinimumHealthyHosts{Type: count}}))(t)
			must(f.RegisterApplicationRevision(ctx, &codedeploy.RegisterApplicationRevisionInput{ApplicationName: ptr("app"), Revision: revisionOf(name)}))(t)
		}
		id := *f.deploy("v1", with(all)).DeploymentId
		lists := map[string]struct {
			list func(*string) ([]string, *string, error)
			want []string
		}{
			"applications": {func(token *string) ([]string, *string, error) {
				out, err := f.ListApplications(ctx, &codedeploy.ListApplicationsInput{NextToken: token})
				if err != nil {
					return nil, nil, err
				}
				return out.Applications, out.NextToken, nil
			}, append([]string{"app"}, want...)},
			"groups": {func(token *string) ([]string, *string, error) {
				out, err := f.ListDeploymentGroups(ctx, &codedeploy.ListDeploymentGroupsInput{ApplicationName: ptr("app"), NextToken: token})
				if err != nil {
					return nil, nil, err
				}
				return out.DeploymentGroups, out.NextToken, nil
			}, append([]string{"group"}, want...)},
			"configurations": {func(token *string) ([]string, *string, error) {
				out, err := f.ListDeploymentConfigs(ctx, &codedeploy.ListDeploymentConfigsInput{NextToken: token})
				if err != nil {
					return nil, nil, err
				}
				return out.DeploymentConfigsList, out.NextToken, nil
			}, append([]string{all, half, oneByOne}, want...)},
			"revisions": {func(token *string) ([]string, *string, error) {
				out, err := f.ListApplicationRevisions(ctx, &codedeploy.ListApplicationRevisionsInput{ApplicationName: ptr("app"), NextToken: token})
				if err != nil {
					return nil, nil, err
				}
				keys := []string{}
				for _, r := range out.Revisions {
					keys = append(keys, *r.S3Location.Key)
				}
				return keys, out.NextToken, nil
			}, want},
			"targets": {func(token *string) ([]string, *string, error) {
				out, err := f.ListDeploymentTargets(ctx, &codedeploy.ListDeploymentTargetsInput{DeploymentId: &id, NextToken: token})
				if err != nil {
					return nil, nil, err
				}
				return out.TargetIds, out.NextToken, nil
			}, upTo(101)},
		}
		for name, list := range lists {
			got, sizes := pages(t, list.list)
			if !slices.Equal(got, list.want) {
				t.Errorf("%s: %v", name, got)
			}
			if sizes[0] != 100 {
				t.Errorf("%s: pages of %v", name, sizes)
			}
			for _, wrong := range []string{"x", "page-x", "page--1", "page-1000", "page-99999999999999999999"} {
				_, _, err := list.list(&wrong)
				wantError[*types.InvalidNextTokenException](t, err, "The next token is not one that this operation gave.")
			}
		}
	})
}

func TestListDeployments(t *testing.T) {
	simulate(t, &memoryLog{}, func(t *testing.T, f *fleet) {
		must(f.CreateDeploymentGroup(f.ctx, group0("other")))(t)
		must(f.CreateApplication(f.ctx, &codedeploy.CreateApplicationInput{ApplicationName: ptr("app2")}))(t)
		list := func(in codedeploy.ListDeploymentsInput) []string {
			t.Helper()
			return must(f.ListDeployments(f.ctx, &in))(t).Deployments
		}
		if got := list(codedeploy.ListDeploymentsInput{}); got == nil || len(got) != 0 {
			t.Errorf("at first: %#v", got)
		}
		f.add(1)
		var ids []string
		for _, group := range []string{"group", "other", "group"} {
			ids = append(ids, *f.deploy("v1", func(in *codedeploy.CreateDeploymentInput) { in.DeploymentGroupName = &group }).DeploymentId)
			time.Sleep(time.Minute)
		}
		f.use(failing("Install", name(1)))
		ids = append(ids, *f.deploy("v1").DeploymentId)
		start, end := f.info(ids[1]).CreateTime, f.info(ids[2]).CreateTime
		tests := []struct {
			name string
			in   codedeploy.ListDeploymentsInput
			want []int // newest first
		}{
			{"all", codedeploy.ListDeploymentsInput{}, []int{3, 2, 1, 0}},
			{"of an application", codedeploy.ListDeploymentsInput{ApplicationName: ptr("app")}, []int{3, 2, 1, 0}},
			{"of another", codedeploy.ListDeploymentsInput{ApplicationName: ptr("app2")}, nil},
			{"of a group", codedeploy.ListDeploymentsInput{ApplicationName: ptr("app"), DeploymentGroupName: ptr("group")}, []int{3, 2, 0}},
			{"of a status", codedeploy.ListDeploymentsInput{IncludeOnlyStatuses: []types.DeploymentStatus{failed, stopped}}, []int{3}},
			{"of a time", codedeploy.ListDeploymentsInput{CreateTimeRange: &types.TimeRange{Start: start, End: end}}, []int{2, 1}},
			{"from a time on", codedeploy.ListDeploymentsInput{CreateTimeRange: &types.TimeRange{Start: start}}, []int{3, 2, 1}},
		}
		for _, test := range tests {
			var want []string
			for _, n := range test.want {
				want = append(want, ids[n])
			}
			if got := list(test.in); !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", test.name, got, want)
			}
		}
		_, err := f.ListDeployments(f.ctx, &codedeploy.ListDeploymentsInput{ApplicationName: ptr("none")})
		wantError[*types.ApplicationDoesNotExistException](t, err, "")
		_, err = f.ListDeployments(f.ctx, &codedeploy.ListDeploymentsInput{DeploymentGroupName: ptr("group")})
		wantError[*types.ApplicationNameRequiredException](t, err, "")
		batch := must(f.BatchGetDeployments(f.ctx, &codedeploy.BatchGetDeploymentsInput{DeploymentIds: ids}))(t).DeploymentsInfo
		for n, info := range batch {
			if *info.DeploymentId != ids[n] {
				t.Errorf("batch: %s at %d, want %s", *info.DeploymentId, n, ids[n])
			}
		}
	})
}

func TestTargets(t *testing.T) {
	simulate(t, &memoryLog{}, func(t *testing.T, f *fleet) {
		f.add(27)
		f.prepare()
		f.use(failing("Install", name(1)))
		id := *f.deploy("v2", with(oneByOne)).DeploymentId
		filtered := func(name string, values ...string) ([]string, error) {
			out, err := f.ListDeploymentTargets(f.ctx, &codedeploy.ListDeploymentTargetsInput{DeploymentId: &id, TargetFilters: map[string][]string{name: values}})
			if err != nil {
				return nil, err
			}
			return out.TargetIds, nil
		}
		if got := must(filtered("TargetStatus", "Failed"))(t); !slices.Equal(got, names(1)) {
			t.Errorf("failed ones: %v", got)
		}
		if got := must(filtered("TargetStatus", "Failed", "Skipped"))(t); len(got) != 27 {
			t.Errorf("failed and skipped ones: %v", got)
		}
		if got := must(filtered("TargetStatus", "Succeeded"))(t); got == nil || len(got) != 0 {
			t.Errorf("succeeded ones: %#v", got)
		}
		_, err := filtered("ServerInstanceLabel", "Blue")
		wantError[*types.InvalidTargetFilterNameException](t, err, "The engine filters targets by TargetStatus, not by ServerInstanceLabel.")
		batch := func(ids ...string) ([]types.DeploymentTarget, error) {
			out, err := f.BatchGetDeploymentTargets(f.ctx, &codedeploy.BatchGetDeploymentTargetsInput{DeploymentId: &id, TargetIds: ids})
			if err != nil {
				return nil, err
			}
			return out.DeploymentTargets, nil
		}
		got := must(batch(upTo(25)...))(t)
		for n, target := range got {
			it := target.InstanceTarget
			if *it.TargetId != name(n+1) || *it.DeploymentId != id || target.DeploymentTargetType != types.DeploymentTargetTypeInstanceTarget || it.LastUpdatedAt == nil {
				t.Errorf("%d: %+v", n, it)
			}
			if want := "arn:aws:ec2:us-east-1:000000000000:instance/" + name(n+1); *it.TargetArn != want {
				t.Errorf("ARN is %s, want %s", *it.TargetArn, want)
			}
		}
		if arn := must(batch(*got[3].InstanceTarget.TargetArn))(t); *arn[0].InstanceTarget.TargetId != name(4) {
			t.Errorf("by ARN: %+v", arn[0])
		}
		_, err = batch()
		wantError[*types.DeploymentTargetIdRequiredException](t, err, "")
		_, err = batch(upTo(26)...)
		wantError[*types.DeploymentTargetListSizeExceededException](t, err, "At most 25 targets can be asked for at once; there were 26.")
		_, err = batch("i-999")
		wantError[*types.DeploymentTargetDoesNotExistException](t, err, "The deployment "+id+" has no target i-999.")
		_, err = f.GetDeploymentTarget(f.ctx, &codedeploy.GetDeploymentTargetInput{DeploymentId: &id})
		wantError[*types.DeploymentTargetIdRequiredException](t, err, "")
	})
}

func TestRevisions(t *testing.T) {
	simulate(t, &memoryLog{}, func(t *testing.T, f *fleet) {
		f.add(1)
		register := func(key, description string) {
			must(f.RegisterApplicationRevision(f.ctx, &codedeploy.RegisterApplicationRevisionInput{ApplicationName: ptr("app"), Revision: revisionOf(key), Description: &description}))(t)
			time.Sleep(time.Minute)
		}
		register("b/1", "first")
		register("a/2", "second")
		register("a/3", "third")
		f.deploy("a/3")
		time.Sleep(time.Minute)
		f.deploy("b/1")
		time.Sleep(time.Minute)
		register("b/1", "again")
		list := func(in codedeploy.ListApplicationRevisionsInput) string {
			in.ApplicationName = ptr("app")
			var keys []string
			for _, r := range must(f.ListApplicationRevisions(f.ctx, &in))(t).Revisions {
				keys = append(keys, *r.S3Location.Key)
			}
			return strings.Join(keys, " ")
		}
		tests := []struct {
			in   codedeploy.ListApplicationRevisionsInput
			want string
		}{
			{codedeploy.ListApplicationRevisionsInput{}, "a/2 a/3 b/1"},
			{codedeploy.ListApplicationRevisionsInput{SortOrder: types.SortOrderDescending}, "b/1 a/3 a/2"},
			{codedeploy.ListApplicationRevisionsInput{SortBy: types.ApplicationRevisionSortByFirstUsedTime, SortOrder: types.SortOrderDescending}, "b/1 a/3 a/2"},
			{codedeploy.ListApplicationRevisionsInput{SortBy: types.ApplicationRevisionSortByLastUsedTime}, "a/2 a/3 b/1"},
			{codedeploy.ListApplicationRevisionsInput{S3Bucket: ptr("releases"), S3KeyPrefix: ptr("a/")}, "a/2 a/3"},
			{codedeploy.ListApplicationRevisionsInput{S3Bucket: ptr("other")}, ""},
			{codedeploy.ListApplicationRevisionsInput{Deployed: types.ListStateFilterActionInclude}, "b/1"},
			{codedeploy.ListApplicationRevisionsInput{Deployed: types.ListStateFilterActionExclude}, "a/2 a/3"},
			{codedeploy.ListApplicationRevisionsInput{Deployed: types.ListStateFilterActionIgnore}, "a/2 a/3 b/1"},
		}
		for _, test := range tests {
			if got := list(test.in); got != test.want {
				t.Errorf("%+v: %s, want %s", test.in, got, test.want)
			}
		}
		unquoted := revisionOf("b/1")
		unquoted.S3Location.ETag = ptr("0123") // quotes are not part of an ETag
		info := must(f.GetApplicationRevision(f.ctx, &codedeploy.GetApplicationRevisionInput{ApplicationName: ptr("app"), Revision: unquoted}))(t).RevisionInfo
		if *info.Description != "again" || info.FirstUsedTime == nil || !slices.Equal(info.DeploymentGroups, []string{"group"}) || !info.RegisterTime.After(*info.LastUsedTime) {
			t.Errorf("revision: %+v", info)
		}
	})
}

// TestAnswersAreCopies: whoever reads an answer does not meet the service at
// work on the same memory. It is for the race detector.
func TestAnswersAreCopies(t *testing.T) {
	simulate(t, &memoryLog{}, func(t *testing.T, f *fleet) {
		f.add(4)
		f.rollbackOn(onFailure)
		f.prepare()
		f.use(failing("Install", names(1, 2)...))
		done, cancel := context.WithCancel(f.ctx)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for done.Err() == nil {
					for _, id := range must(f.ListDeployments(f.ctx, &codedeploy.ListDeploymentsInput{}))(t).Deployments {
						f.see(id)
					}
					time.Sleep(100 * time.Millisecond)
				}
			})
		}
		for n := range 5 {
			f.deploy(fmt.Sprint("v", n+2), with(half))
		}
		cancel()
		wg.Wait()
	})
}

// see reads all of a deployment's answers, as writing them out does.
func (f *fleet) see(id string) {
	info := f.info(id)
	text := fmt.Sprint(info.Status, info.StartTime, info.CompleteTime, info.CreateTime.String(), info.Revision.S3Location, info.PreviousRevision)
	if info.RollbackInfo != nil {
		text += fmt.Sprint(info.RollbackInfo.RollbackDeploymentId, info.RollbackInfo.RollbackMessage)
	}
	if info.ErrorInformation != nil {
		text += *info.ErrorInformation.Message
	}
	for _, target := range must(f.ListDeploymentTargets(f.ctx, &codedeploy.ListDeploymentTargetsInput{DeploymentId: &id}))(f).TargetIds {
		it := f.target(id, target)
		text += fmt.Sprint(it.Status, it.LastUpdatedAt.String())
		for _, e := range it.LifecycleEvents {
			text += fmt.Sprint(*e.LifecycleEventName, e.Status, e.StartTime, e.EndTime, e.Diagnostics)
		}
	}
	for _, i := range f.Instances() {
		text += fmt.Sprint(i.ID, i.Tags)
	}
	_ = text
}
