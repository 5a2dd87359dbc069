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

// TestVariablesOfOtherStepsPass: a program of one step doesn't take for a slip
// what another step is given.
func TestVariablesOfOtherStepsPass(t *testing.T) {
	var environ []string
	for _, s := range steps.All(nil) {
		for _, f := range step.Fields(s.New()) {
			environ = append(environ, "CODEDEPLOY_STEPS_"+strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))+"=x")
		}
	}
	for _, s := range steps.All(nil) {
		var out bytes.Buffer
		step.Alone(s).Run(t.Context(), step.Process{
			Stdout: &out, Stderr: &out, Getenv: func(string) string { return "" },
			Environ: func() []string { return append(environ, "CODEDEPLOY_STEPS_OUTPTUS=x") }, Dir: t.TempDir(), Width: func() int { return 80 },
		})
		if strings.Count(out.String(), "sets no input") != 1 {
			t.Errorf("%s: not one slip is told:\n%s", s.Name, out.String())
		}
	}
}
