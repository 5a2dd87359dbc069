package deploy

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

func ec2(kind types.EC2TagFilterType, key, value string) types.EC2TagFilter {
	f := types.EC2TagFilter{Type: kind}
	if key != "" {
		f.Key = &key
	}
	if value != "" {
		f.Value = &value
	}
	return f
}

func onPremises(kind types.TagFilterType, key, value string) types.TagFilter {
	f := ec2(types.EC2TagFilterType(kind), key, value)
	return types.TagFilter{Type: kind, Key: f.Key, Value: f.Value}
}

// TestTagFilters are the examples of instances-tagging.md and what they leave open.
func TestTagFilters(t *testing.T) {
	tagged := map[string]map[string]string{
		"i-1": {"Environment": "Beta", "Region": "North", "Type": "t2.medium"},
		"i-2": {"Environment": "Staging", "Region": "East", "Type": "t2.large"},
		"i-3": {"Environment": "Beta", "Region": "West", "Type": "t2.medium"},
		"i-4": {"Environment": "Staging", "Region": "East", "Type": "t2.micro"},
		"i-5": {"Environment": "Production", "Region": "South", "Type": "t2.large"},
		"i-6": {"Name": "", "Owner": "North"},
		"i-7": nil,
	}
	const (
		key, value, both = types.EC2TagFilterTypeKeyOnly, types.EC2TagFilterTypeValueOnly, types.EC2TagFilterTypeKeyAndValue
		pKey, pValue     = types.TagFilterTypeKeyOnly, types.TagFilterTypeValueOnly
		pBoth            = types.TagFilterTypeKeyAndValue
	)
	set := func(groups ...[]types.EC2TagFilter) *types.EC2TagSet { return &types.EC2TagSet{Ec2TagSetList: groups} }
	pSet := func(groups ...[]types.TagFilter) *types.OnPremisesTagSet {
		return &types.OnPremisesTagSet{OnPremisesTagSetList: groups}
	}
	type list = []types.EC2TagFilter
	type pList = []types.TagFilter
	threeSets := set(
		list{ec2(both, "Environment", "Beta"), ec2(both, "Environment", "Staging")},
		list{ec2(both, "Region", "North"), ec2(both, "Region", "South"), ec2(both, "Region", "East")},
		list{ec2(both, "Type", "t2.medium"), ec2(both, "Type", "t2.large")})
	tests := []struct {
		name string
		info types.DeploymentGroupInfo
		want []string
	}{
		{"no filter", types.DeploymentGroupInfo{}, nil},
		{"key", types.DeploymentGroupInfo{Ec2TagFilters: list{ec2(key, "Environment", "")}}, []string{"i-1", "i-2", "i-3", "i-4", "i-5"}},
		{"key with an empty value", types.DeploymentGroupInfo{Ec2TagFilters: list{ec2(key, "Name", "")}}, []string{"i-6"}},
		{"value of any key", types.DeploymentGroupInfo{Ec2TagFilters: list{ec2(value, "", "North")}}, []string{"i-1", "i-6"}},
		{"key and value", types.DeploymentGroupInfo{Ec2TagFilters: list{ec2(both, "Region", "North")}}, []string{"i-1"}},
		{"key and empty value", types.DeploymentGroupInfo{Ec2TagFilters: list{ec2(both, "Name", "")}}, []string{"i-6"}},
		{"case matters", types.DeploymentGroupInfo{Ec2TagFilters: list{ec2(both, "region", "North"), ec2(both, "Region", "north")}}, nil},
		{"any of three", types.DeploymentGroupInfo{Ec2TagFilters: list{ec2(both, "Region", "North"), ec2(both, "Region", "South"), ec2(both, "Region", "East")}}, []string{"i-1", "i-2", "i-4", "i-5"}},
		{"one set", types.DeploymentGroupInfo{Ec2TagSet: set(list{ec2(both, "Region", "West"), ec2(value, "", "t2.micro")})}, []string{"i-3", "i-4"}},
		{"three sets", types.DeploymentGroupInfo{Ec2TagSet: threeSets}, []string{"i-1", "i-2"}},
		{"a set of nothing", types.DeploymentGroupInfo{Ec2TagSet: set(list{ec2(key, "Region", "")}, list{})}, nil},

		{"on-premises key", types.DeploymentGroupInfo{OnPremisesInstanceTagFilters: pList{onPremises(pKey, "Owner", "")}}, []string{"i-6"}},
		{"on-premises value", types.DeploymentGroupInfo{OnPremisesInstanceTagFilters: pList{onPremises(pValue, "", "South")}}, []string{"i-5"}},
		{"on-premises key and value", types.DeploymentGroupInfo{OnPremisesInstanceTagFilters: pList{onPremises(pBoth, "Region", "East")}}, []string{"i-2", "i-4"}},
		{"on-premises sets", types.DeploymentGroupInfo{OnPremisesTagSet: pSet(pList{onPremises(pBoth, "Region", "East")}, pList{onPremises(pBoth, "Type", "t2.micro")})}, []string{"i-4"}},

		{"EC2 filters or on-premises ones", types.DeploymentGroupInfo{
			Ec2TagFilters:                list{ec2(both, "Region", "North")},
			OnPremisesInstanceTagFilters: pList{onPremises(pBoth, "Region", "West")}}, []string{"i-1", "i-3"}},
		{"EC2 sets or on-premises filters", types.DeploymentGroupInfo{
			Ec2TagSet:                    threeSets,
			OnPremisesInstanceTagFilters: pList{onPremises(pBoth, "Region", "West")}}, []string{"i-1", "i-2", "i-3"}},
		{"EC2 filters or on-premises sets", types.DeploymentGroupInfo{
			Ec2TagFilters:    list{ec2(both, "Region", "North")},
			OnPremisesTagSet: pSet(pList{onPremises(pKey, "Owner", "")})}, []string{"i-1", "i-6"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			log := &memoryLog{}
			simulate(t, log, func(t *testing.T, f *fleet) {
				for id, tags := range tagged {
					if err := f.AddInstance(InstanceAdded{ID: id, Tags: tags}); err != nil {
						t.Fatal(err)
					}
					f.poll(id)
				}
				must(f.CreateDeploymentGroup(f.ctx, &codedeploy.CreateDeploymentGroupInput{
					ApplicationName: ptr("app"), DeploymentGroupName: ptr("tagged"), ServiceRoleArn: ptr("arn"),
					Ec2TagFilters: test.info.Ec2TagFilters, Ec2TagSet: test.info.Ec2TagSet,
					OnPremisesInstanceTagFilters: test.info.OnPremisesInstanceTagFilters, OnPremisesTagSet: test.info.OnPremisesTagSet,
				}))(t)
				info := f.deploy("v1", func(in *codedeploy.CreateDeploymentInput) { in.DeploymentGroupName = ptr("tagged") })
				got := audit(t, log.all())[*info.DeploymentId].targets
				if !slices.Equal(got, test.want) {
					t.Errorf("selects %v, want %v", got, test.want)
				}
				if (len(got) == 0) != (code(info) == types.ErrorCodeNoInstances) {
					t.Errorf("is %s", overview(info))
				}
			})
		})
	}
}

// TestFilterKinds: filters and sets exclude each other, and an update from one
// to the other leaves nothing of the first behind.
func TestFilterKinds(t *testing.T) {
	simulate(t, &memoryLog{}, func(t *testing.T, f *fleet) {
		filters := []types.EC2TagFilter{ec2(types.EC2TagFilterTypeKeyOnly, "a", "")}
		set := &types.EC2TagSet{Ec2TagSetList: [][]types.EC2TagFilter{filters}}
		pFilters := []types.TagFilter{onPremises(types.TagFilterTypeKeyOnly, "a", "")}
		pSet := &types.OnPremisesTagSet{OnPremisesTagSetList: [][]types.TagFilter{pFilters}}
		update := func(change func(*codedeploy.UpdateDeploymentGroupInput)) error {
			in := &codedeploy.UpdateDeploymentGroupInput{ApplicationName: ptr("app"), CurrentDeploymentGroupName: ptr("group")}
			change(in)
			_, err := f.UpdateDeploymentGroup(f.ctx, in)
			return err
		}
		info := func() *types.DeploymentGroupInfo {
			return must(f.GetDeploymentGroup(f.ctx, &codedeploy.GetDeploymentGroupInput{ApplicationName: ptr("app"), DeploymentGroupName: ptr("group")}))(t).DeploymentGroupInfo
		}
		if err := update(func(in *codedeploy.UpdateDeploymentGroupInput) { in.Ec2TagSet, in.OnPremisesTagSet = set, pSet }); err != nil {
			t.Fatal(err)
		}
		if i := info(); len(i.Ec2TagFilters) != 0 || i.Ec2TagSet == nil || i.OnPremisesTagSet == nil {
			t.Errorf("after sets: %+v", i)
		}
		if err := update(func(in *codedeploy.UpdateDeploymentGroupInput) {
			in.Ec2TagFilters, in.OnPremisesInstanceTagFilters = filters, pFilters
		}); err != nil {
			t.Fatal(err)
		}
		if i := info(); len(i.Ec2TagFilters) != 1 || i.Ec2TagSet != nil || i.OnPremisesTagSet != nil || len(i.OnPremisesInstanceTagFilters) != 1 {
			t.Errorf("after filters: %+v", i)
		}
		if err := update(func(in *codedeploy.UpdateDeploymentGroupInput) {}); err != nil || len(info().Ec2TagFilters) != 1 {
			t.Errorf("an update of nothing: %v, %+v", err, info())
		}
		if err := update(func(in *codedeploy.UpdateDeploymentGroupInput) { in.Ec2TagFilters = []types.EC2TagFilter{} }); err != nil || len(info().Ec2TagFilters) != 0 {
			t.Errorf("an empty list takes the filters away: %v, %+v", err, info())
		}
		wantError[*types.InvalidEC2TagCombinationException](t, update(func(in *codedeploy.UpdateDeploymentGroupInput) { in.Ec2TagFilters, in.Ec2TagSet = filters, set }), "A deployment group has ec2TagFilters or an ec2TagSet, not both.")
		wantError[*types.InvalidOnPremisesTagCombinationException](t, update(func(in *codedeploy.UpdateDeploymentGroupInput) {
			in.OnPremisesInstanceTagFilters, in.OnPremisesTagSet = pFilters, pSet
		}), "")
		wantError[*types.InvalidEC2TagException](t, update(func(in *codedeploy.UpdateDeploymentGroupInput) {
			in.Ec2TagFilters = []types.EC2TagFilter{ec2("KEY", "a", "")}
		}), `The type "KEY" of a tag filter is not KEY_ONLY, VALUE_ONLY or KEY_AND_VALUE.`)
		wantError[*types.InvalidTagException](t, update(func(in *codedeploy.UpdateDeploymentGroupInput) {
			in.OnPremisesInstanceTagFilters = []types.TagFilter{onPremises("VALUE", "", "a")}
		}), "")
	})
}
