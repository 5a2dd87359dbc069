package hosts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/hosts/sandbox"
)

// Surroundings are the facts that the choice of a kind depends on. Tests give
// their own.
type Surroundings struct {
	OS string
	// Sandbox tries to make a sandbox.
	Sandbox func(ctx context.Context) error
	// Container says that this process is in a container.
	Container bool
	// EngineSocket is the socket of a container engine that is in reach: who
	// has it has the machine outside.
	EngineSocket string
}

// Here looks at the machine. Sandboxes are tried in a folder below dir.
func Here(dir string) Surroundings {
	s := Surroundings{OS: runtime.GOOS, Sandbox: func(ctx context.Context) error { return sandbox.Probe(ctx, dir) }}
	for _, file := range []string{"/.dockerenv", "/run/.containerenv"} {
		if _, err := os.Stat(file); err == nil {
			s.Container = true
		}
	}
	if os.Getenv("container") != "" || os.Getenv("KUBERNETES_SERVICE_HOST") != "" {
		s.Container = true
	}
	for _, path := range []string{"/var/run/docker.sock", "/run/docker.sock", "/run/podman/podman.sock", "/run/containerd/containerd.sock"} {
		if info, err := os.Stat(path); err == nil && info.Mode()&os.ModeSocket != 0 {
			s.EngineSocket = path
			break
		}
	}
	return s
}

// Choice is a kind and what the user should know of it.
type Choice struct {
	Kind Kind
	Why  []string
}

// Choose settles which kind instances are of: the asked one, or for auto the
// first that works. A user's hooks never run on a bare machine by auto.
func Choose(ctx context.Context, asked Kind, s Surroundings) (Choice, error) {
	switch asked {
	case Directory, Host:
		return Choice{Kind: asked}, nil
	case Container:
		return Choice{}, errors.New("instances of kind container are not there yet: take sandbox, directory or host")
	case Sandbox:
		if err := s.Sandbox(ctx); err != nil {
			return Choice{}, err
		}
		return Choice{Kind: Sandbox}, nil
	case Auto, "":
	default:
		return Choice{}, fmt.Errorf("%q is no kind of instance", asked)
	}
	err := s.Sandbox(ctx)
	if err == nil {
		return Choice{Kind: Sandbox}, nil
	}
	if ctx.Err() != nil {
		// The trial was cut off and says nothing of the machine, and instances keep the kind they are made with.
		return Choice{}, ctx.Err()
	}
	reason := oneLine(err)
	switch {
	case s.OS != "linux":
		return Choice{Kind: Directory, Why: why("sandboxes need Linux, and this is " + s.OS)}, nil
	case s.Container && s.EngineSocket == "":
		return Choice{Kind: Host, Why: why(reason)}, nil
	case s.Container:
		reason += "; kind host is not taken by itself, since this container reaches " + s.EngineSocket + ": ask for it with --instance-kind host"
	}
	return Choice{Kind: Directory, Why: why(reason)}, nil
}

// why says why a better kind was not taken.
func why(reason string) []string { return []string{"why not a better kind: " + reason} }

func oneLine(err error) string {
	return strings.ReplaceAll(err.Error(), "\n  ", ". ")
}
