package step

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// Which reporter a process gets shows in what it writes.
func TestReporterFitsTheProcess(t *testing.T) {
	for _, test := range []struct {
		name         string
		terminal     bool
		env          map[string]string
		args         string
		live, colour bool
	}{
		{"a log", false, nil, "", false, false},
		{"a terminal", true, nil, "", true, true},
		{"a terminal without colours", true, map[string]string{"NO_COLOR": "1"}, "", true, false},
		{"a terminal for JSON", true, nil, "--format json", false, false},
		{"a CI system that has a terminal", true, map[string]string{"CI": "true"}, "", false, false},
		{"GitHub", true, map[string]string{"GITHUB_ACTIONS": "true"}, "", false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			p := Alone(sampleStep("push", func(_ context.Context, env *Env, _ *sample) error {
				return env.Stage("push", func() error { env.Done("put"); return nil })
			}))
			code := p.Run(t.Context(), Process{Args: strings.Fields(test.args), Stdout: &out, Stderr: &out, Terminal: test.terminal,
				Getenv: func(name string) string { return test.env[name] }, Dir: t.TempDir(), Width: func() int { return 80 }})
			if code != OK {
				t.Fatalf("%d: %s", code, &out)
			}
			if live := strings.Contains(out.String(), "\x1b[1A"); live != test.live {
				t.Errorf("live is %v: %q", live, &out)
			}
			if colour := strings.Contains(out.String(), "\x1b[32m"); colour != test.colour {
				t.Errorf("coloured is %v: %q", colour, &out)
			}
			if asJSON := strings.HasPrefix(out.String(), "{"); asJSON != (test.args != "") {
				t.Errorf("%q", &out)
			}
		})
	}
}
