package objects

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"go.etcd.io/bbolt"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/sigv4"
)

const (
	testKey    = "AKIDTEST"
	testSecret = "test-secret"
)

// openStore opens the store below dir as often as a test wants to "restart".
func openStore(t testing.TB, dir string) *Store {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(dir, "meta.db"), 0o600, &bbolt.Options{Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	s, err := Open(db, filepath.Join(dir, "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *Store) verifier() *sigv4.Verifier {
	return &sigv4.Verifier{Lookup: sigv4.Keys(sigv4.Key{ID: testKey, Secret: testSecret})}
}

// site is a store behind a server, with a client and one bucket.
type site struct {
	*Store
	*testing.T
	server *httptest.Server
	client *s3.Client
}

func newSite(t *testing.T, options ...func(*s3.Options)) *site {
	return newSiteOver(t, httptest.NewServer, options...)
}

func newSiteOver(t *testing.T, serve func(http.Handler) *httptest.Server, options ...func(*s3.Options)) *site {
	t.Helper()
	s := openStore(t, t.TempDir())
	server := serve(s.Handler(s.verifier()))
	t.Cleanup(server.Close)
	x := &site{Store: s, T: t, server: server}
	x.client = x.newClient(testSecret, options...)
	if _, err := x.client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("releases")}); err != nil {
		t.Fatal(err)
	}
	return x
}

func (x *site) newClient(secret string, options ...func(*s3.Options)) *s3.Client {
	return s3.New(s3.Options{
		BaseEndpoint: aws.String(x.server.URL),
		Region:       "us-east-1",
		UsePathStyle: true,
		Credentials:  credentials.NewStaticCredentialsProvider(testKey, secret, ""),
		HTTPClient:   x.server.Client(),
		// What the default configuration chooses; the zero value would not.
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported,
		RetryMaxAttempts:           1,
	}, options...)
}

func (x *site) put(key, content string) *s3.PutObjectOutput {
	x.Helper()
	out, err := x.client.PutObject(x.Context(), &s3.PutObjectInput{
		Bucket: aws.String("releases"), Key: aws.String(key), Body: strings.NewReader(content),
	})
	if err != nil {
		x.Fatal(err)
	}
	return out
}

func (x *site) get(key, version string) (string, *s3.GetObjectOutput) {
	x.Helper()
	in := &s3.GetObjectInput{Bucket: aws.String("releases"), Key: aws.String(key)}
	if version != "" {
		in.VersionId = aws.String(version)
	}
	out, err := x.client.GetObject(x.Context(), in)
	if err != nil {
		x.Fatal(err)
	}
	defer out.Body.Close()
	content, err := io.ReadAll(out.Body)
	if err != nil {
		x.Fatal(err)
	}
	return string(content), out
}

func (x *site) setVersioningStatus(status string) {
	x.Helper()
	if err := x.setVersioning("releases", status); err != nil {
		x.Fatal(err)
	}
}

// blobs are the names of the files in the store's folder.
func (x *site) blobs() []string {
	x.Helper()
	return filesIn(x.T, x.dir)
}

func filesIn(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func wantAPIError(t *testing.T, err error, code Code) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) {
		t.Fatalf("got error %v, want one with code %s", err, code)
	}
	if api.ErrorCode() != string(code) {
		t.Fatalf("got %s (%s), want %s", api.ErrorCode(), api.ErrorMessage(), code)
	}
}

// answer is what a raw request got.
type answer struct {
	status int
	header http.Header
	body   string
	code   Code // of an error document
}

// raw signs and sends a request that no SDK would. hash is the value of
// x-amz-content-sha256; "" takes the body's.
func (x *site) raw(method, path, hash string, body []byte, header map[string]string) answer {
	x.Helper()
	return x.rawAs(testSecret, method, path, hash, body, header)
}

func (x *site) rawAs(secret, method, path, hash string, body []byte, header map[string]string) answer {
	x.Helper()
	r, err := http.NewRequest(method, x.server.URL+path, bytes.NewReader(body))
	if err != nil {
		x.Fatal(err)
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	if host := header["Host"]; host != "" {
		r.Host = host
	}
	if hash == "" {
		sum := sha256.Sum256(body)
		hash = hex.EncodeToString(sum[:])
	}
	sign(x, r, secret, hash)
	return x.send(r)
}

// signedPut is a request that is signed and not sent.
func signedPut(t testing.TB, address string, body []byte) *http.Request {
	t.Helper()
	r, err := http.NewRequest("PUT", address, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(body)
	sign(t, r, testSecret, hex.EncodeToString(sum[:]))
	return r
}

func sign(t testing.TB, r *http.Request, secret, hash string) {
	t.Helper()
	r.Header.Set("X-Amz-Content-Sha256", hash)
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	key := aws.Credentials{AccessKeyID: testKey, SecretAccessKey: secret}
	if err := signer.SignHTTP(context.Background(), key, r, hash, "s3", "us-east-1", time.Now()); err != nil {
		t.Fatal(err)
	}
}

func (x *site) send(r *http.Request) answer {
	x.Helper()
	response, err := x.server.Client().Do(r)
	if err != nil {
		x.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		x.Fatal(err)
	}
	a := answer{status: response.StatusCode, header: response.Header, body: string(text)}
	if a.status >= 300 && len(text) > 0 {
		var document errorDocument
		if err := xml.Unmarshal(text, &document); err != nil {
			x.Fatalf("%d with a body that is no error document: %v\n%s", a.status, err, text)
		}
		if document.RequestID == "" || document.RequestID != a.header.Get("x-amz-request-id") || document.Message == "" {
			x.Errorf("incomplete error document: %s", text)
		}
		a.code = document.Code
	}
	return a
}

// noise is content that repeats nowhere, the same for the same seed.
func noise(seed uint64, size int) []byte {
	var key [32]byte
	key[0] = byte(seed)
	content := make([]byte, size)
	rand.NewChaCha8(key).Read(content)
	return content
}
