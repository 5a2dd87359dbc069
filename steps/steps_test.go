package steps_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps"
)

// TestRequiredIsWhatIsRefused: an input that help calls required is named when it
// is missing, and one that is missing is called required.
func TestRequiredIsWhatIsRefused(t *testing.T) {
	for _, s := range steps.All(nil) {
		var args []string
		fields := step.Fields(s.New())
		required := map[string]bool{}
		for _, f := range fields {
			if f.Required != "" {
				required[f.Name] = true
			}
		}
		if s.Name == "stop" { // by what else is given
			continue
		}
		for range 4 { // what is missing may be told in turns
			var out, errs bytes.Buffer
			program := step.Program{Name: "codedeploy-steps", Steps: []step.Step{s}}
			code := program.Run(t.Context(), step.Process{
				Args: args, Stdout: &out, Stderr: &errs,
				Getenv: func(string) string { return "" }, Dir: t.TempDir(), Width: func() int { return 80 },
			})
			first, _, _ := strings.Cut(errs.String(), "\n")
			if code != step.Misused || !strings.Contains(first, "not set") {
				break
			}
			for _, word := range strings.FieldsFunc(first, func(r rune) bool { return r == ' ' || r == ',' }) {
				if name, ok := strings.CutPrefix(word, "--"); ok {
					if !required[name] {
						t.Errorf("%s refuses to do without --%s, which is not called required", s.Name, name)
					}
					delete(required, name)
					value := "x"
					if name == "revision" {
						value = "s3://b/k.zip"
					}
					args = append(args, "--"+name, value)
				}
			}
		}
		for name := range required {
			t.Errorf("%s does without --%s, which is called required", s.Name, name)
		}
	}
}
