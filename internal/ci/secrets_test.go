package ci_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/ci"
	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
)

// A secret is hidden in what a system is told in its own way of writing, and
// where a long text is cut in the midst of it.
func TestMarksHaveNoSecret(t *testing.T) {
	for _, system := range []string{"GITHUB_ACTIONS=true", "TF_BUILD=True", "TEAMCITY_VERSION=1"} {
		for _, secret := range []string{"100%sure", "it's|a[secret]", "semi;colon", "plain-secret-of-some-length"} {
			env := func(name string) string {
				if want, value, _ := strings.Cut(system, "="); want == name {
					return value
				}
				return ""
			}
			var secrets report.Secrets
			secrets.Add(secret)
			var out bytes.Buffer
			w := secrets.Writer(&out)
			r := ci.Detect(env).Wrap(report.NewText(w, w, report.Plain, false), ci.Streams{Stdout: w, Hide: secrets.Hide})
			r.Emit(event.Note{Level: event.Warning, Text: "it is " + secret})
			r.Emit(event.Diagnostic{Rule: "A", Severity: "error", File: secret, Line: 1, Message: strings.Repeat("x", 4000-8) + secret})
			r.Close()
			var found []string
			for _, c := range read(ci.Detect(env).Name(), out.String()).findings {
				found = append(found, strings.Join([]string{c.file, c.title, c.text}, " "))
			}
			if len(found) != 2 {
				t.Fatalf("%s: %d findings", system, len(found))
			}
			if text := strings.Join(found, "\n"); strings.Contains(text, secret) || strings.Contains(text, secret[:8]) {
				t.Errorf("%s: %q is in\n%s", system, secret, text)
			}
		}
	}
}
