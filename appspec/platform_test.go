package appspec

import (
	"slices"
	"strings"
	"testing"
)

func TestPlatform(t *testing.T) {
	const body = "\n      Properties: {TaskDefinition: <T>, LoadBalancerInfo: {ContainerName: a, ContainerPort: 80}}\n"
	for _, c := range []struct {
		name, text string
		want       Platform
		rules      []string
	}{
		{"servers", server("files: [{source: /, destination: /srv/x}]\n"), Server, nil},
		{"ECS by its type", "version: 0.0\nResources:\n  - TargetService:\n      Type: AWS::ECS::Service" + body, ECS, []string{"ECS-008"}},
		{"ECS by a wrong type", "version: 0.0\nResources:\n  - TargetService:\n      Type: aws::ecs::TaskSet" + body, ECS, []string{"ECS-005", "ECS-008"}},
		{"ECS by its properties", "version: 0.0\nResources:\n  - TargetService:" + body, ECS, []string{"ECS-005", "ECS-008"}},
		{"Lambda by its properties", "version: 0.0\nresources:\n  - f:\n      properties: {TargetVersion: \"1\"}\n", Lambda, []string{"LAM-004", "LAM-006", "LAM-007", "LAM-008"}},
		{"Lambda by a wrong type", "version: 0.0\nResources:\n  - f:\n      Type: AWS::Serverless::Function\n", Lambda, []string{"LAM-005", "LAM-004"}},
		{"hooks of ECS", "version: 0.0\nHooks:\n  - BeforeAllowTraffic: f\n  - AfterInstall: f\n", ECS, []string{"ECS-002", "ECS-030"}},
		{"hooks of either", "version: 0.0\nHooks:\n  - BeforeAllowTraffic: f\n", "", []string{"YAML-021"}},
		{"hooks of servers in a list", "version: 0.0\nhooks:\n  - BeforeInstall:\n      - location: a.sh\n", Server, []string{"EC2-005", "EC2-100"}},
		{"hooks in a mapping", "version: 0.0\nhooks:\n  BeforeInstall:\n    - location: a.sh\n", Server, []string{"EC2-005"}},
		{"resources of nothing known", "version: 0.0\nresources:\n  - f: {Type: AWS::S3::Bucket}\n", "", []string{"YAML-021"}},
		{"resources empty", "version: 0.0\nresources: []\n", "", []string{"YAML-021"}},
		{"template of CloudFormation", "AWSTemplateFormatVersion: 2010-09-09\nResources:\n  F:\n    Type: AWS::Lambda::Function\n", "", []string{"YAML-015", "YAML-021"}},
		{"servers and resources", server("Resources:\n  - TargetService:\n      Type: AWS::ECS::Service" + body), Server, []string{"YAML-020"}},
		{"files and resources, but no os", "version: 0.0\nfiles: []\nResources:\n  - TargetService:\n      Type: AWS::ECS::Service" + body, ECS, []string{"YAML-020", "ECS-008"}},
		{"nothing", "version: 0.0\n", "", []string{"YAML-021"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, diagnostics := Parse("appspec.yml", []byte(c.text))
			if f.Platform != c.want || !slices.Equal(rulesOf(diagnostics), c.rules) {
				t.Errorf("read as %q with %q, want %q with %q", f.Platform, placedAll(diagnostics), c.want, c.rules)
			}
		})
	}
}

func TestNoAgentRefusesAFileOfTheService(t *testing.T) {
	_, diagnostics := Parse("appspec.yml", []byte(byteOrderMark+"version: 0.0\nHooks:\n  - AfterInstall: f\n"))
	if got := placedAll(diagnostics); !slices.Equal(got, []string{"YAML-005 error 1:1-1", "ECS-002 error 1:1-8"}) {
		t.Errorf("got %q", got)
	}
	if d, refused := Refusal(diagnostics); refused || diagnostics[0].Agent != "" {
		t.Errorf("an agent is said to refuse it: %v", d)
	}
}

func TestPlatformOptionWins(t *testing.T) {
	ecs := strings.Replace(ecsWhole, "ECS::Service", "S3::Bucket", 1)
	for _, c := range []struct {
		name, text string
		platform   Platform
		want       []string
	}{
		{"ECS where nothing decides", "version: 0.0\nHooks:\n  - BeforeAllowTraffic: f\n", ECS, []string{"ECS-002 error 1:1-8"}},
		{"Lambda where nothing decides", "version: 0.0\nHooks:\n  - BeforeAllowTraffic: f\n", Lambda, []string{"LAM-002 error 1:1-8"}},
		{"ECS of another type", ecs, ECS, []string{"ECS-005 error 4:13-28"}},
		{"Lambda, but it is ECS", ecsWhole, Lambda, []string{"LAM-004 error 4:13-30", "LAM-006 error 5:7-17", "LAM-007 error 5:7-17", "LAM-008 error 5:7-17", "LAM-009 error 5:7-17", "LAM-020 warning 6:9-23", "LAM-020 warning 7:9-25"}},
		{"ECS, but it is for servers", server("permissions: []\nhooks:\n  AfterInstall:\n    - location: a.sh\n"), ECS,
			[]string{"ECS-002 error 1:1-8", "ECS-033 error 2:1-3", "ECS-033 error 3:1-12", "ECS-024 error 5:3-16", "ECS-028 error 6:5-6"}},
		{"an empty file for Lambda", "", Lambda, []string{"YAML-001 error 1:1-1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkServiceCase(t, ruleCase{c.name, c.text, c.want}, Options{Platform: c.platform})
		})
	}
	f, diagnostics := Options{Platform: Server}.Parse("appspec.yml", []byte(ecsWhole))
	refusal, refused := Refusal(diagnostics)
	if f.Platform != Server || !refused || refusal.Rule != "EC2-005" {
		t.Errorf("ECS read for a server: %q, %q", f.Platform, placedAll(diagnostics))
	}
}

func TestModelOfAService(t *testing.T) {
	text := ecsWhole + indented(8, `PlatformVersion: "1.4.0"
NetworkConfiguration:
  AwsvpcConfiguration:
    Subnets: [subnet-1, subnet-2]
    SecurityGroups: [sg-1]
    AssignPublicIp: ENABLED
CapacityProviderStrategy:
  - CapacityProvider: FARGATE
    Base: 1
    Weight: 2`) + "Hooks:\n  - AfterAllowTestTraffic: check\n"
	f, diagnostics := Parse("appspec.yml", []byte(text))
	if len(diagnostics) > 0 {
		t.Fatal(placedAll(diagnostics))
	}
	s := f.Service
	if f.Platform != ECS || f.Function != nil || s.Name.Value != "TargetService" || s.TaskDefinition.Pos != (Pos{6, 25}) || s.ContainerName.Value != "web" ||
		s.ContainerPort.Value != "8080" || s.ContainerPort.Kind != Int || s.PlatformVersion.Value != "1.4.0" {
		t.Errorf("the service is %+v", s)
	}
	if n := s.Network; len(n.Subnets) != 2 || n.Subnets[1].Value != "subnet-2" || n.SecurityGroups[0].Value != "sg-1" || n.AssignPublicIP.Value != "ENABLED" {
		t.Errorf("the network is %+v", n)
	}
	if p := s.CapacityProviders; len(p) != 1 || p[0].Name.Value != "FARGATE" || p[0].Base.Value != "1" || p[0].Weight.Value != "2" {
		t.Errorf("the providers are %+v", p)
	}
	if len(f.Hooks) != 0 || len(f.Validations) != 1 || f.Validations[0].Function.Value != "check" {
		t.Errorf("hooks are %+v and %+v", f.Hooks, f.Validations)
	}
	for _, c := range []struct {
		name   string
		target Target
		want   []string
	}{
		{"nothing known", Target{}, nil},
		{"the container is there", Target{Containers: []string{"envoy", "web"}}, nil},
		{"another container", Target{Containers: []string{"envoy"}}, []string{"ECS-011 error 8:26-29"}},
		{"no test listener", Target{NoTestListener: true}, []string{"ECS-031 warning 21:5-26"}},
	} {
		if got := placedAll(CheckTarget(f, c.target)); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	if got := Check(f, nil); len(got) > 0 {
		t.Errorf("the revision is found fault with: %q", placedAll(got))
	}
}
