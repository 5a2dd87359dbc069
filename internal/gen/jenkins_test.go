package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/owner"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps"
)

// A name in Groovy leads back to the input's variable, as codedeployStep.groovy
// makes it, and no input has the name of one of the library's own arguments.
func TestJenkinsNames(t *testing.T) {
	own := map[string]bool{"image": true, "awsCredentials": true, "junit": true, "html": true}
	for _, s := range steps.All(owner.Connect) {
		for _, f := range step.Fields(s.New()) {
			name := camel(f.Name)
			variable := "CODEDEPLOY_STEPS_" + strings.ToUpper(regexp.MustCompile(`[A-Z]`).ReplaceAllString(name, "_$0"))
			if want := "CODEDEPLOY_STEPS_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_")); variable != want {
				t.Errorf("%s: %s becomes %s, not %s", s.Name, name, variable, want)
			}
			if own[name] || strings.HasSuffix(name, "Credentials") {
				t.Errorf("%s: the input %s has the name of an argument of the library", s.Name, name)
			}
		}
	}
}

// Jenkins shows a function's page as plain text or as HTML, as the
// administrator has it: it is the same in both but for its lines.
func TestJenkinsPages(t *testing.T) {
	for _, f := range jenkins() {
		if text := string(f.make()); strings.HasSuffix(f.path, ".txt") && strings.Contains(text, "<") {
			t.Errorf("%s has a tag:\n%s", f.path, text)
		}
	}
}
