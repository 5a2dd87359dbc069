package policy_test

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"

	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/local"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/internal/steptest"
	"github.com/codedeploy-steps/codedeploy-steps/steps"
	"github.com/codedeploy-steps/codedeploy-steps/steps/engine"
)

// pipeline is a user's folder in which steps run, with an engine whose calls
// are noted by the step that made them.
type pipeline struct {
	*testing.T
	dir  string
	made map[string]map[string]bool
	// cancel is the operation at which the step is cancelled; fail is one that the
	// service refuses.
	cancel, fail string
}

// run runs a step, whatever comes of it, and gives the outputs so far.
func (p *pipeline) run(line string) map[string]string {
	p.Helper()
	ctx, cancel := context.WithCancelCause(p.Context())
	defer cancel(nil)
	args := strings.Fields(line)
	name := args[0]
	if name == "revisions" {
		name += " " + args[1]
	}
	if p.made[name] == nil {
		p.made[name] = map[string]bool{}
	}
	var out bytes.Buffer
	program := engine.With(steptest.Noted(p.open, func(operation string) {
		p.made[name][operation] = true
		if operation == p.cancel {
			cancel(step.Signal{Signal: syscall.SIGINT})
		}
	}))
	code := program.Run(ctx, step.Process{
		Args:   append(args, "--endpoint", "local", "--instance-kind", "directory", "--instances", "1", "--outputs", "out.txt"),
		Stdout: &out, Stderr: &out, Getenv: func(string) string { return "" }, Dir: p.dir, Width: func() int { return 80 },
	})
	p.Logf("%s: %d\n%s", line, code, &out)
	text, _ := os.ReadFile(filepath.Join(p.dir, "out.txt"))
	outputs := map[string]string{}
	for l := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(l), "=")
		outputs[name] = value
	}
	return outputs
}

// open opens the engine, which refuses what is to fail.
func (p *pipeline) open(ctx context.Context, env *step.Env, in awsconf.Engine) (*awsconf.Local, error) {
	l, err := local.Open(ctx, env, in)
	if err != nil {
		return nil, err
	}
	l.Transport = refusing{l.Transport, p.fail}
	return l, nil
}

type refusing struct {
	http.RoundTripper
	operation string
}

func (r refusing) RoundTrip(q *http.Request) (*http.Response, error) {
	if r.operation != "" && r.operation == awsmiddleware.GetServiceID(q.Context())+" "+awsmiddleware.GetOperationName(q.Context()) {
		io.Copy(io.Discard, q.Body)
		return &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{}, Body: http.NoBody, Request: q}, nil
	}
	return r.RoundTripper.RoundTrip(q)
}

func (p *pipeline) write(name string, text []byte) {
	p.Helper()
	path := filepath.Join(p.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		p.Fatal(err)
	}
}

// TestEveryCallIsDeclaredAndMade: what the steps declare is what they call, no
// less and no more.
func TestEveryCallIsDeclaredAndMade(t *testing.T) {
	p := &pipeline{T: t, dir: t.TempDir(), made: map[string]map[string]bool{}}
	t.Cleanup(func() { steptest.StopEngine(filepath.Join(p.dir, ".codedeploy-steps")) })
	p.write("app/appspec.yml", []byte("version: 0.0\nos: linux\nfiles:\n  - {source: page.html, destination: /srv/app}\n"))
	p.write("app/page.html", []byte("one"))
	noise := make([]byte, 11<<20) // three parts
	r := rand.NewChaCha8([32]byte{})
	r.Read(noise)
	p.write("big/appspec.yml", []byte("version: 0.0\nos: linux\n"))
	p.write("big/noise", noise)

	p.run("push app --application web")
	p.run("push big --application web")
	p.fail = "S3 UploadPart"
	p.run("push big --application web --s3-key again")
	p.fail = ""

	p.run("push app --application web")
	p.run("register")
	p.run("deploy --wait")
	p.run("deploy --revision github://octo/app@0123456789abcdef0123456789abcdef01234567 --github-account octo")
	p.write("app/page.html", []byte("two"))
	first := p.run("release app --application web")
	p.run("wait --deployment-id " + first["deployment-id"])
	p.run("rollback --application web --deployment-group local")

	// Each is cancelled while it follows a deployment.
	p.cancel = "CodeDeploy GetDeployment"
	p.run("deploy --wait")
	p.run("wait --on-cancel stop")
	p.run("rollback --application web --deployment-group local --on-cancel stop --to " + first["revision"])
	p.cancel = ""
	p.run("stop --deployment-id " + first["deployment-id"])
	p.run("deploy")
	p.run("deploy --if-busy stop")
	os.Remove(filepath.Join(p.dir, "out.txt")) // which names the deployment
	p.run("stop --application web --deployment-group local")

	p.run("revisions list --application web")
	p.run("revisions show --application web " + first["revision"])
	place, _, _ := strings.Cut(first["revision"], "?")
	p.run("revisions show --application web " + place)
	p.run("revisions download --bundle-output got.zip " + first["revision"])
	p.write("app/page.html", []byte("three"))
	p.run("push app --application web")
	p.run("register --application web")
	p.run("revisions prune --application web --keep 0 --delete")

	for _, s := range steps.All(nil) {
		declared := map[string]bool{}
		for _, c := range s.Calls {
			declared[c.Operation] = true
		}
		for operation := range p.made[s.Name] {
			if !declared[operation] {
				t.Errorf("%s calls %s, which is not declared", s.Name, operation)
			}
		}
		if s.Name == "release" { // declares what its parts do
			continue
		}
		for operation := range declared {
			if !p.made[s.Name][operation] {
				t.Errorf("%s declares %s and does not call it", s.Name, operation)
			}
		}
	}
	var without []string
	for _, s := range steps.All(nil) {
		if len(s.Calls) == 0 {
			without = append(without, s.Name)
		}
	}
	if want := []string{"validate", "bundle", "bundle list", "bundle diff"}; !slices.Equal(without, want) {
		t.Errorf("without calls are %q, not %q", without, want)
	}
}
