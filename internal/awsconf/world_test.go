package awsconf

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// outside stands for the network: as a proxy it gets every call to a host that
// is not this one, notes the host and lets nothing through.
type outside struct {
	mu    sync.Mutex
	hosts []string
}

func (o *outside) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hosts = append(o.hosts, r.Host)
	http.Error(w, "no way out", http.StatusForbidden)
}

func (o *outside) seen() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.hosts
}

var network = &outside{}

func TestMain(m *testing.M) {
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "AWS_") {
			os.Unsetenv(name)
		}
	}
	proxy := httptest.NewServer(network)
	for name, value := range map[string]string{
		"HTTPS_PROXY": proxy.URL, "https_proxy": proxy.URL, "HTTP_PROXY": proxy.URL, "http_proxy": proxy.URL, "NO_PROXY": "", "no_proxy": "",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_MAX_ATTEMPTS": "1",
	} {
		os.Setenv(name, value)
	}
	code := m.Run()
	proxy.Close()
	os.Exit(code)
}

// inputs is a step that opens the endpoint and does what do says.
type inputs struct {
	step.Common
	Inputs
	do func(ctx context.Context, env *step.Env, in *Inputs) error
}

func (in *inputs) Run(ctx context.Context, env *step.Env) error { return in.do(ctx, env, &in.Inputs) }

// run runs the step and gives its exit code and all that it wrote.
func run(t *testing.T, env map[string]string, do func(ctx context.Context, env *step.Env, in *Inputs) error, args ...string) (step.Code, string) {
	t.Helper()
	var out bytes.Buffer
	p := step.Alone(step.Step{Name: "talk", New: func() step.Inputs { return &inputs{do: do} }})
	code := p.Run(t.Context(), step.Process{Args: args, Stdout: &out, Stderr: &out, Getenv: func(name string) string { return env[name] }, Dir: t.TempDir()})
	return code, out.String()
}

// anyCredentials sets some that are good for nothing.
func anyCredentials(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "wJalrSECRET")
}

// server answers every call with the given status and body, and notes it.
type server struct {
	mu     sync.Mutex
	status int
	body   string
	calls  []*http.Request
	bodies []string
}

func (s *server) answer(r *http.Request) (int, string) {
	var body string
	if r.Body != nil {
		text, _ := io.ReadAll(r.Body)
		body = string(text)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls, s.bodies = append(s.calls, r), append(s.bodies, body)
	return s.status, s.body
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, body := s.answer(r)
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	io.WriteString(w, body)
}

// RoundTrip makes the server a transport.
func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body := s.answer(r)
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func (s *server) start(t *testing.T) string {
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	return h.URL
}
