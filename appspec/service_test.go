package appspec

import (
	"slices"
	"strings"
	"testing"
)

// properties puts a body below the properties of a service, at line 6, after
// nothing.
func properties(body string) string { return ecsHead + indented(8, body) }

// option puts a body after the properties that every service has, at line 10.
func option(body string) string { return ecsWhole + indented(8, body) }

// ecsHooks puts a body below Hooks, at line 11.
func ecsHooks(body string) string { return ecsWhole + "Hooks:\n" + indented(2, body) }

func indented(width int, body string) string {
	pad := strings.Repeat(" ", width)
	return pad + strings.ReplaceAll(body, "\n", "\n"+pad) + "\n"
}

// task and balancer replace one of the properties that every service has.
func task(value string) string {
	return ecsHead + "        TaskDefinition: " + value + "\n" + ecsBalancer
}

func balancer(body string) string { return ecsContainer + indented(10, body) }

func network(body string) string { return ecsNetwork + indented(12, body) }

func strategy(body string) string { return ecsStrategy + indented(10, body) }

func TestServiceRules(t *testing.T) {
	for _, c := range slices.Concat(ecsFrameCases(), ecsPropertyCases(), ecsOptionCases(), ecsHookCases()) {
		t.Run(c.name, func(t *testing.T) { checkServiceCase(t, c, Options{}) })
	}
}

func checkServiceCase(t *testing.T, c ruleCase, options Options) {
	t.Helper()
	_, diagnostics := options.Parse("appspec.yml", []byte(c.text))
	if got := placedAll(diagnostics); !slices.Equal(got, c.want) {
		t.Errorf("text:\n%s\ngot  %q\nwant %q", c.text, got, c.want)
	}
	for _, d := range diagnostics {
		if d.Message == "" || d.Help == "" || d.Agent != "" || d.Refused || strings.Contains(d.Message, "agent") && d.Rule != "YAML-020" {
			t.Errorf("incomplete, or it speaks of an agent that is not asked: %+v", d)
		}
	}
}

func ecsFrameCases() []ruleCase {
	const rest = "Resources:\n  - TargetService:\n      Type: AWS::ECS::Service\n      Properties:\n" + ecsTask + ecsBalancer
	return []ruleCase{
		{"whole", ecsWhole, nil},
		{"JSON", `{"version": 0.0, "Resources": [{"TargetService": {"Type": "AWS::ECS::Service", "Properties": {"TaskDefinition": "arn:aws:ecs:us-east-1:111122223333:task-definition/a:1",
			"LoadBalancerInfo": {"ContainerName": "a", "ContainerPort": 80}}}}], "Hooks": [{"BeforeInstall": "f"}]}`, nil},
		{"lower case", strings.ToLower(ecsWhole[:len("version: 0.0\nResources:")]) + "\n  - TargetService:\n      type: AWS::ECS::Service\n      properties:\n" + ecsTask + ecsBalancer, nil},
		{"no version", rest, []string{"ECS-001 error 1:1-10"}},
		{"version null", "version:\n" + rest, []string{"ECS-001 error 1:1-8"}},
		{"version in quotes", "version: \"0.0\"\n" + rest, []string{"ECS-001 warning 1:10-15"}},
		{"version 0", "version: 0\n" + rest, []string{"ECS-001 warning 1:10-11"}},
		{"version of letters", "version: v0\n" + rest, []string{"ECS-001 error 1:10-12"}},
		{"version 1", "version: 1\n" + rest, []string{"ECS-001 error 1:10-11"}},
		{"Version", "Version: 0.0\n" + rest, []string{"ECS-035 warning 1:1-8"}},
		{"two resources", ecsWhole + "  - Other:\n      Type: AWS::ECS::Service\n", []string{"ECS-003 error 10:5-11"}},
		{"two keys in one item", ecsWhole + "    Other:\n      Type: AWS::ECS::Service\n", []string{"ECS-003 error 10:5-10"}},
		{"no key of its own", "version: 0.0\nResources:\n  - Type: AWS::ECS::Service\n    Properties:\n      TaskDefinition: <T>\n      LoadBalancerInfo: {ContainerName: a, ContainerPort: 80}\n",
			[]string{"ECS-003 error 3:5-9", "ECS-008 warning 5:23-26"}},
		{"indented too little", "version: 0.0\nResources:\n  - TargetService:\n    Type: AWS::ECS::Service\n    Properties:\n      TaskDefinition: <T>\n      LoadBalancerInfo: {ContainerName: a}\n",
			[]string{"ECS-003 error 4:5-9", "ECS-008 warning 6:23-26", "ECS-012 error 7:7-23"}},
		{"no Type", "version: 0.0\nResources:\n  - TargetService:\n      Properties:\n" + ecsTask + ecsBalancer, []string{"ECS-005 error 3:5-18"}},
		{"Type null", "version: 0.0\nResources:\n  - TargetService:\n      Type:\n      Properties:\n" + ecsTask + ecsBalancer, []string{"ECS-005 error 4:7-11"}},
		{"Type in another case", "version: 0.0\nResources:\n  - TargetService:\n      Type: AWS::ECS::service\n      Properties:\n" + ecsTask + ecsBalancer, []string{"ECS-005 error 4:13-30"}},
		{"Properties a list", "version: 0.0\nResources:\n  - TargetService:\n      Type: AWS::ECS::Service\n      Properties:\n        - TaskDefinition: <T>\n", []string{"ECS-006 error 6:9-10"}},
		{"key beside Properties", "version: 0.0\nResources:\n  - TargetService:\n      Type: AWS::ECS::Service\n      TaskDefinition: <T>\n      Properties:\n" + ecsTask + ecsBalancer, []string{"ECS-034 warning 5:7-21"}},
		{"unknown top-level key", ecsWhole + "Outputs: {}\n", []string{"YAML-023 warning 10:1-8"}},
		{"in two cases", ecsWhole + "hooks: []\nHooks: []\n", []string{"YAML-011 error 11:1-6"}},
		{"key twice", balancer("ContainerName: a\nContainerName: b\nContainerPort: 80"), []string{"YAML-011 error 9:11-24"}},
		{"no space after a colon", strings.Replace(ecsWhole, "Type: ", "Type:", 1), []string{"YAML-010 error 4:7-12"}},
		{"text after the resource's key", strings.Replace(ecsWhole, "TargetService:", "TargetService:x", 1), []string{"YAML-010 error 3:5-19"}},
		{"a tab indents", strings.Replace(ecsWhole, "      Type", "\t  Type", 1), []string{"YAML-003 error 4:1-2"}},
		{"anchors and dates", ecsHooks("- BeforeInstall: &f check\n- AfterInstall: *f"), nil},
		{"byte order mark", byteOrderMark + ecsWhole, []string{"YAML-005 warning 1:1-1"}},
		{"CRLF", strings.ReplaceAll(ecsWhole, "\n", "\r\n"), nil},
		{"second document", ecsWhole + "---\nx: y\n", []string{"YAML-013 warning 10:1-4"}},
	}
}

func ecsPropertyCases() []ruleCase {
	const arn = "arn:aws:ecs:eu-west-1:111122223333:task-definition/web"
	return []ruleCase{
		{"TaskDefinition alone", properties("TaskDefinition: <TASK_DEFINITION>"), []string{"ECS-010 error 5:7-17", "ECS-008 warning 6:25-42"}},
		{"TaskDefinition missing", ecsHead + ecsBalancer, []string{"ECS-007 error 5:7-17"}},
		{"TaskDefinition null", task(""), []string{"ECS-007 error 6:9-23"}},
		{"TaskDefinition blank", task(`" "`), []string{"ECS-007 error 6:25-28"}},
		{"TaskDefinition of China", task("arn:aws-cn:ecs:cn-northwest-1:111122223333:task-definition/web_1:12"), nil},
		{"TaskDefinition of GovCloud", task("arn:aws-us-gov:ecs:us-gov-west-1:111122223333:task-definition/web:12"), nil},
		{"TaskDefinition isolated", task("arn:aws-iso-b:ecs:us-isob-east-1:111122223333:task-definition/web:12"), nil},
		{"TaskDefinition without revision", task(arn), []string{"ECS-009 warning 6:25-79"}},
		{"TaskDefinition with a family", task("web:1"), []string{"ECS-008 error 6:25-30"}},
		{"TaskDefinition number", task("12"), []string{"ECS-008 error 6:25-27"}},
		{"TaskDefinition list", task("[" + arn + ":1]"), []string{"ECS-008 error 6:25-26"}},
		{"TaskDefinition of a cluster", task("arn:aws:ecs:eu-west-1:111122223333:cluster/web"), []string{"ECS-008 error 6:25-71"}},
		{"TaskDefinition with a star", task("arn:aws:ecs:eu-west-1:*:task-definition/web:1"), []string{"ECS-008 error 6:25-70"}},
		{"TaskDefinition of revision 0", task(arn + ":0"), []string{"ECS-008 error 6:25-81"}},
		{"TaskDefinition of another service", task("arn:aws:lambda:eu-west-1:111122223333:function:web"), []string{"ECS-008 error 6:25-75"}},
		{"TaskDefinition template of a shell", task("${TASK_ARN}"), []string{"ECS-008 warning 6:25-36"}},
		{"TaskDefinition template in part", task("arn:aws:ecs:<region>:111122223333:task-definition/web:1"), []string{"ECS-008 warning 6:25-80"}},
		{"TaskDefinition template without quotes", task("{{ task_arn }}"), []string{"ECS-008 warning 6:25-26"}},
		{"LoadBalancerInfo null", ecsContainer, []string{"ECS-010 error 7:9-25"}},
		{"LoadBalancerInfo list", balancer("- ContainerName: a\n- ContainerPort: 80"), []string{"ECS-010 error 8:11-12"}},
		{"ContainerName missing", balancer("ContainerPort: 80"), []string{"ECS-011 error 7:9-25"}},
		{"ContainerName null", balancer("ContainerName:\nContainerPort: 80"), []string{"ECS-011 error 8:11-24"}},
		{"ContainerName with a blank", balancer("ContainerName: my web\nContainerPort: 80"), []string{"ECS-011 error 8:26-32"}},
		{"ContainerName boolean", balancer("ContainerName: on\nContainerPort: 80"), []string{"ECS-011 warning 8:26-28"}},
		{"ContainerName list", balancer("ContainerName: [web]\nContainerPort: 80"), []string{"ECS-011 error 8:26-27"}},
		{"ContainerName template", balancer("ContainerName: <IMAGE1_NAME>\nContainerPort: <PORT>"), nil},
		{"ContainerPort missing", balancer("ContainerName: web"), []string{"ECS-012 error 7:9-25"}},
		{"ContainerPort empty", balancer("ContainerName: web\nContainerPort: \"\""), []string{"ECS-012 error 9:26-28"}},
		{"ContainerPort 0", balancer("ContainerName: web\nContainerPort: 0"), []string{"ECS-012 error 9:26-27"}},
		{"ContainerPort 65535", balancer("ContainerName: web\nContainerPort: 65535"), nil},
		{"ContainerPort 65536", balancer("ContainerName: web\nContainerPort: 65536"), []string{"ECS-012 error 9:26-31"}},
		{"ContainerPort octal", balancer("ContainerName: web\nContainerPort: 0100"), []string{"ECS-012 error 9:26-30"}},
		{"ContainerPort fraction", balancer("ContainerName: web\nContainerPort: 80.0"), []string{"ECS-012 error 9:26-30"}},
		{"ContainerPort word", balancer("ContainerName: web\nContainerPort: http"), []string{"ECS-012 error 9:26-30"}},
		{"ContainerPort text", balancer("ContainerName: web\nContainerPort: '80'"), []string{"ECS-013 warning 9:26-30"}},
		{"ContainerPort text too large", balancer("ContainerName: web\nContainerPort: '80000'"), []string{"ECS-012 error 9:26-33"}},
		{"unknown key of LoadBalancerInfo", balancer("ContainerName: web\nContainerPort: 80\nTargetGroup: x"), []string{"ECS-034 warning 10:11-22"}},
	}
}

func ecsOptionCases() []ruleCase {
	const subnets, groups, public = "Subnets: [subnet-1]\n", "SecurityGroups: [sg-1]\n", "AssignPublicIp: ENABLED"
	return []ruleCase{
		{"network", network(subnets + groups + public), nil},
		{"network null", option("NetworkConfiguration:"), nil},
		{"network empty", ecsNetwork, nil},
		{"network of nulls", network("Subnets:\nSecurityGroups:\nAssignPublicIp:"), nil},
		{"network list", option("NetworkConfiguration: [a]"), []string{"ECS-018 error 10:31-32"}},
		{"awsvpc word", option("NetworkConfiguration:\n  AwsvpcConfiguration: yes"), []string{"ECS-018 error 11:32-35"}},
		{"network of one level", option("NetworkConfiguration:\n  Subnets: [subnet-1]\n  SecurityGroups: [sg-1]"), []string{"ECS-014 error 10:9-29", "ECS-018 error 11:11-18"}},
		{"public IP alone", network(public), []string{"ECS-014 error 11:11-30"}},
		{"no public IP", network(subnets + "SecurityGroups: [sg-1]"), []string{"ECS-014 error 11:11-30"}},
		{"subnets empty", network("Subnets: []\n" + groups + public), []string{"ECS-015 error 12:13-20"}},
		{"subnet null", network("Subnets: [~]\n" + groups + public), []string{"ECS-015 error 12:23-24"}},
		{"subnet blank", network("Subnets: [\"\", subnet-1]\n" + groups + public), []string{"ECS-015 error 12:23-25"}},
		{"subnet text", network("Subnets: subnet-1\n" + groups + public), []string{"ECS-015 error 12:22-30"}},
		{"subnets template", network("Subnets: <SUBNETS>\nSecurityGroups: [\"${GROUP}\"]\n" + public), nil},
		{"subnet named", network("Subnets: [private-a]\n" + groups + public), []string{"ECS-016 warning 12:23-32"}},
		{"public IP boolean", network(subnets + groups + "AssignPublicIp: yes"), []string{"ECS-017 error 14:29-32"}},
		{"public IP in lower case", network(subnets + groups + "AssignPublicIp: enabled"), []string{"ECS-017 error 14:29-36"}},
		{"unknown key of the network", network(subnets + groups + public + "\nSubnet: x"), []string{"ECS-034 warning 15:13-19"}},
		{"unusual case of the public IP", network(subnets + groups + "AssignPublicIP: ENABLED"), []string{"ECS-035 warning 14:13-27"}},
		{"strategy", strategy("- Base: 1\n  CapacityProvider: FARGATE_SPOT\n  Weight: 2\n- Base: 0\n  CapacityProvider: FARGATE\n  Weight: 1"), nil},
		{"strategy mapping", strategy("CapacityProvider: FARGATE"), []string{"ECS-019 error 11:11-36"}},
		{"strategy of words", strategy("- FARGATE"), []string{"ECS-019 error 11:13-20"}},
		{"base negative", strategy("- CapacityProvider: FARGATE\n  Base: -1"), []string{"ECS-019 error 12:19-21"}},
		{"base text", strategy("- CapacityProvider: FARGATE\n  Base: '1'"), []string{"ECS-019 warning 12:19-22"}},
		{"weight too large", strategy("- CapacityProvider: FARGATE\n  Weight: 1001"), []string{"ECS-019 error 12:21-25"}},
		{"weight fraction", strategy("- CapacityProvider: A\n  Weight: 0.5\n- CapacityProvider: B"), []string{"ECS-019 error 12:21-24"}},
		{"two bases", strategy("- CapacityProvider: A\n  Base: 1\n  Weight: 1\n- CapacityProvider: B\n  Base: 1"), []string{"ECS-020 error 15:19-20"}},
		{"weights of 0", strategy("- CapacityProvider: A\n  Weight: 0\n- CapacityProvider: B"), []string{"ECS-021 error 10:9-33"}},
		{"one provider without a weight", strategy("- CapacityProvider: A"), nil},
		{"weight template", strategy("- CapacityProvider: A\n  Weight: <W>\n- CapacityProvider: B"), nil},
		{"provider null", strategy("- CapacityProvider:\n  Weight: 1"), []string{"ECS-022 warning 11:13-29"}},
		{"provider ARN", strategy("- CapacityProvider: arn:aws:ecs:eu-west-1:111122223333:capacity-provider/a"), []string{"ECS-022 warning 11:31-85"}},
		{"platform version", option("PlatformVersion: 1.4.0"), nil},
		{"platform version LATEST", option("PlatformVersion: LATEST"), nil},
		{"platform version fraction", option("PlatformVersion: 1.4"), []string{"ECS-023 warning 10:26-29"}},
		{"platform version text", option("PlatformVersion: '1.4'"), []string{"ECS-023 warning 10:26-31"}},
		{"platform version in lower case", option("PlatformVersion: latest"), []string{"ECS-023 warning 10:26-32"}},
		{"platform version null", option("PlatformVersion:"), nil},
		{"unknown property", option("ServiceName: x"), []string{"ECS-034 warning 10:9-20"}},
	}
}

func ecsHookCases() []ruleCase {
	return []ruleCase{
		{"all hooks", ecsHooks("- BeforeInstall: a\n- AfterInstall: b\n- AfterAllowTestTraffic: c\n- BeforeAllowTraffic: d\n- AfterAllowTraffic: a"), nil},
		{"hooks null", ecsWhole + "Hooks:\n", []string{"ECS-024 warning 10:1-6"}},
		{"hooks mapping", ecsHooks("BeforeInstall: f"), []string{"ECS-024 error 11:3-19"}},
		{"hooks word", ecsWhole + "Hooks: f\n", []string{"ECS-024 error 10:8-9"}},
		{"hook word", ecsHooks("- BeforeInstall"), []string{"ECS-024 error 11:5-18"}},
		{"hook without a space", ecsHooks("- BeforeInstall:f"), []string{"YAML-010 error 11:5-19"}},
		{"two events in an item", ecsHooks("- BeforeInstall: f\n  AfterInstall: g"), []string{"ECS-024 error 12:5-17"}},
		{"event misspelt", ecsHooks("- AfterInstal: f"), []string{"ECS-025 error 11:5-16"}},
		{"event of servers", ecsHooks("- ApplicationStart: f"), []string{"ECS-025 error 11:5-21"}},
		{"event in lower case", ecsHooks("- beforeinstall: f"), []string{"ECS-035 warning 11:5-18"}},
		{"event template", ecsHooks("- <EVENT>: f"), nil},
		{"reserved events", ecsHooks("- Start: f\n- AllowTestTraffic: f\n- TestTraffic: f\n- allowtraffic: f\n- End: f"),
			[]string{"ECS-026 error 11:5-10", "ECS-026 error 12:5-21", "ECS-026 error 13:5-16", "ECS-026 error 14:5-17", "ECS-026 error 15:5-8"}},
		{"function null", ecsHooks("- BeforeInstall:"), []string{"ECS-027 error 11:5-18"}},
		{"function empty", ecsHooks("- BeforeInstall: ''"), []string{"ECS-027 error 11:20-22"}},
		{"function number", ecsHooks("- BeforeInstall: 5"), []string{"ECS-027 error 11:20-21"}},
		{"function of two words", ecsHooks("- BeforeInstall: my function"), []string{"ECS-027 error 11:20-31"}},
		{"function of 65 letters", ecsHooks("- BeforeInstall: " + strings.Repeat("f", 65)), []string{"ECS-027 error 11:20-85"}},
		{"function names", ecsHooks("- BeforeInstall: " + strings.Repeat("f", 64) + "\n- AfterInstall: f:live\n- BeforeAllowTraffic: 111122223333:function:f\n- AfterAllowTraffic: arn:aws:lambda:eu-west-1:111122223333:function:f:$LATEST"), nil},
		{"function templates", ecsHooks("- BeforeInstall: ${HOOK}\n- AfterInstall: {{ hook }}\n- BeforeAllowTraffic: arn:aws:lambda:<REGION>:<ACCOUNT>:function:f"), nil},
		{"function list", ecsHooks("- BeforeInstall: [f]"), []string{"ECS-028 error 11:20-21"}},
		{"script", ecsHooks("- BeforeInstall: {location: a.sh}"), []string{"ECS-028 error 11:20-21"}},
		{"event twice", ecsHooks("- BeforeInstall: f\n- BeforeInstall: f"), []string{"ECS-029 error 12:5-18"}},
		{"events in another order", ecsHooks("- AfterAllowTraffic: f\n- BeforeInstall: f\n- AfterInstall: f"), []string{"ECS-030 warning 12:5-18"}},
		{"function of another account", ecsHooks("- BeforeInstall: 222233334444:function:f"), []string{"ECS-032 warning 11:20-43"}},
		{"function of another region", ecsHooks("- BeforeInstall: arn:aws:lambda:us-east-1:111122223333:function:f"), []string{"ECS-032 warning 11:20-68"}},
	}
}
