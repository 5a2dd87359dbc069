package hosts

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/hosts/sandbox"
)

func TestChoose(t *testing.T) {
	works := func(context.Context) error { return nil }
	fails := func(context.Context) error {
		return &sandbox.Unavailable{Reason: "namespaces are refused", Remedy: "Give the container SYS_ADMIN."}
	}
	for name, c := range map[string]struct {
		asked Kind
		here  Surroundings
		want  Kind
		why   []string // parts of what the user is told
		err   string
	}{
		"a sandbox where it works":                   {Auto, Surroundings{OS: "linux", Sandbox: works}, Sandbox, nil, ""},
		"unset is auto":                              {"", Surroundings{OS: "linux", Sandbox: works}, Sandbox, nil, ""},
		"a container's own":                          {Auto, Surroundings{OS: "linux", Sandbox: fails, Container: true}, Host, []string{"namespaces are refused", "Give the container SYS_ADMIN."}, ""},
		"not the host that a container reaches":      {Auto, Surroundings{OS: "linux", Sandbox: fails, Container: true, EngineSocket: "/var/run/docker.sock"}, Directory, []string{"/var/run/docker.sock", "--instance-kind host"}, ""},
		"never a bare machine":                       {Auto, Surroundings{OS: "linux", Sandbox: fails}, Directory, []string{"namespaces are refused"}, ""},
		"macOS":                                      {Auto, Surroundings{OS: "darwin", Sandbox: fails}, Directory, []string{"sandboxes need Linux, and this is darwin"}, ""},
		"Windows":                                    {Auto, Surroundings{OS: "windows", Sandbox: fails}, Directory, []string{"sandboxes need Linux, and this is windows"}, ""},
		"host by name, anywhere":                     {Host, Surroundings{OS: "darwin", Sandbox: fails}, Host, nil, ""},
		"directory by name":                          {Directory, Surroundings{OS: "linux", Sandbox: works}, Directory, nil, ""},
		"a sandbox that was asked for and can't be":  {Sandbox, Surroundings{OS: "linux", Sandbox: fails}, "", nil, "namespaces are refused"},
		"containers are not there yet":               {Container, Surroundings{OS: "linux", Sandbox: works}, "", nil, "not there yet"},
		"an unknown kind":                            {"vm", Surroundings{OS: "linux", Sandbox: works}, "", nil, `"vm"`},
		"a sandbox works in a container that may":    {Auto, Surroundings{OS: "linux", Sandbox: works, Container: true}, Sandbox, nil, ""},
		"any error of the trial is told":             {Auto, Surroundings{OS: "linux", Sandbox: func(context.Context) error { return errors.New("disk full") }}, Directory, []string{"disk full"}, ""},
		"sockets don't matter where sandboxes work":  {Auto, Surroundings{OS: "linux", Sandbox: works, Container: true, EngineSocket: "/run/docker.sock"}, Sandbox, nil, ""},
		"a bare machine with Docker is bare as well": {Auto, Surroundings{OS: "linux", Sandbox: fails, EngineSocket: "/run/docker.sock"}, Directory, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Choose(t.Context(), c.asked, c.here)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("error %v, want one about %q", err, c.err)
				}
				return
			}
			if err != nil || got.Kind != c.want {
				t.Fatalf("kind %q, error %v; want %q", got.Kind, err, c.want)
			}
			told := strings.Join(got.Why, "\n")
			for _, part := range c.why {
				if !strings.Contains(told, part) {
					t.Errorf("the user is told %q, without %q", told, part)
				}
			}
		})
	}
}

// A trial that a cancel cut off says nothing of the machine: a lesser kind that
// was chosen for it would stay, since instances keep their kind.
func TestACancelChoosesNoKind(t *testing.T) {
	for name, here := range map[string]Surroundings{"machine": {OS: "linux"}, "container": {OS: "linux", Container: true}} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			here.Sandbox = func(context.Context) error {
				cancel()
				return &sandbox.Unavailable{Reason: "the trial ended: signal: killed"}
			}
			if got, err := Choose(ctx, Auto, here); !errors.Is(err, context.Canceled) || got.Kind != "" {
				t.Errorf("kind %q, error %v", got.Kind, err)
			}
		})
	}
}
