package agent

import (
	"strings"
	"testing"
)

// TestFilesOfOtherPlatforms: an agent knows no platform but its own, so it
// misses version and os in a file for Amazon ECS or AWS Lambda.
func TestFilesOfOtherPlatforms(t *testing.T) {
	const (
		ecs    = "Resources:\n- TargetService:\n    Type: AWS::ECS::Service\n    Properties:\n      TaskDefinition: <TASK_DEFINITION>\n      LoadBalancerInfo: {ContainerName: web, ContainerPort: 80}\n"
		lambda = "Resources:\n- f:\n    Type: AWS::Lambda::Function\n    Properties: {Name: f, Alias: live, CurrentVersion: \"1\", TargetVersion: \"2\"}\n"
	)
	for _, test := range []struct{ name, text, says string }{
		{"Amazon ECS", "version: 0.0\n" + ecs, "unsupported operating system ()"},
		{"AWS Lambda", "version: 0.0\n" + lambda, "unsupported operating system ()"},
		{"version in quotes", "version: \"0.0\"\n" + ecs, "an invalid version value (0.0)"},
		{"hooks alone", "version: 0.0\nHooks:\n- BeforeAllowTraffic: f\n", "unsupported operating system ()"},
		{"two platforms", "version: 0.0\nos: linux\n" + ecs, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := parseRevision("appspec.yml", test.text, "linux")
			if test.says == "" && err != nil || test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)) {
				t.Errorf("the error is %v, want %q", err, test.says)
			}
		})
	}
}
