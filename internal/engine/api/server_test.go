package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"

	"github.com/codedeploy-steps/codedeploy-steps/internal/agent"
	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/deploy"
	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/sigv4"
)

const (
	testKey    = "LOCALTEST"
	testSecret = "test-secret"
)

// memoryLog keeps records as JSON, as the log on disk does.
type memoryLog struct {
	mu      sync.Mutex
	records [][]byte
}

func (l *memoryLog) Append(records ...any) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range records {
		text, err := json.Marshal(r)
		if err != nil {
			return err
		}
		l.records = append(l.records, text)
	}
	return nil
}

func (l *memoryLog) Replay(f func([]byte) error) error {
	for _, r := range l.records {
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}

// site is a service behind a server, with the SDK's client.
type site struct {
	*deploy.Service
	url    string
	client *codedeploy.Client
}

// serve serves operations with signatures checked.
func serve(t testing.TB, operations map[string]Operation) string {
	n := 0
	h := &Handler{
		Operations: operations,
		Verifier:   &sigv4.Verifier{Lookup: sigv4.Keys(sigv4.Key{ID: testKey, Secret: testSecret})},
		S3:         http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }),
		NewID:      func() string { n++; return fmt.Sprint("request-", n) },
	}
	var mu sync.Mutex // NewID counts
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func newClient(url, secret string) *codedeploy.Client {
	return codedeploy.New(codedeploy.Options{
		Region: "us-east-1", BaseEndpoint: &url, Credentials: credentials.NewStaticCredentialsProvider(testKey, secret, ""),
		// The SDK closes a request's body as soon as the answer begins, and net/http
		// may then close the connection under a long answer: it tries again.
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) { o.MaxBackoff = time.Millisecond }),
	})
}

// newSite serves a service with instances that do what they are told; those
// named in fails fail the event Install.
func newSite(t *testing.T, instances int, fails ...string) *site {
	t.Helper()
	s, err := deploy.New(&memoryLog{}, deploy.Wall{}, "us-east-1", "000000000000")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	t.Cleanup(func() { cancel(); wg.Wait() })
	wg.Go(func() { s.Run(ctx) })
	for n := range instances {
		id := fmt.Sprintf("i-%d", n+1)
		if err := s.AddInstance(deploy.InstanceAdded{ID: id, Hostname: id, Tags: map[string]string{"Name": "local"}}); err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			for {
				c, err := s.Poll(ctx, id)
				if err != nil {
					return
				}
				result := agent.Result{}
				for _, f := range fails {
					if f == id && c.Event == "Install" {
						result = agent.Result{Code: agent.ScriptFailed, ScriptName: "install.sh", Message: "exit 1", Log: "[stderr]\x1b[31mno <space> left\n"}
					}
				}
				s.Complete(c.ID, result)
			}
		})
	}
	url := serve(t, CodeDeploy(s))
	return &site{Service: s, url: url, client: newClient(url, testSecret)}
}

// post sends a signed request with any body, and gives the answer.
func post(t testing.TB, url, target, body string) (status int, header http.Header, text string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, url, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	if target != "" {
		r.Header.Set("X-Amz-Target", target)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	hash := sha256.Sum256([]byte(body))
	keys := aws.Credentials{AccessKeyID: testKey, SecretAccessKey: testSecret}
	if err := v4.NewSigner().SignHTTP(t.Context(), keys, r, hex.EncodeToString(hash[:]), "codedeploy", "us-east-1", time.Now()); err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, string(content)
}
