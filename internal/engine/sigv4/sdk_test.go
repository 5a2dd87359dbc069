package sigv4

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// server verifies what arrives over a real connection and answers with the
// body, or with 403 and the error.
func server(t *testing.T, v *Verifier) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, err := v.Verify(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		body, err := id.Body(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		content, err := io.ReadAll(body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		w.Write(content)
	}))
	t.Cleanup(s.Close)
	return s
}

var sdkRequests = []struct {
	name, service, method, path, body string
	header                            http.Header
}{
	{name: "JSON service", service: "codedeploy", method: "POST", path: "/", body: `{"applicationName":"a"}`,
		header: http.Header{"X-Amz-Target": {"CodeDeploy_20141006.GetApplication"}, "Content-Type": {"application/x-amz-json-1.1"}}},
	{name: "service with a path", service: "lambda", method: "GET", path: "/2015-03-31/functions/a%3Ab/%E1%88%B4?b=2&a=1&a=0&x=a%2Fb&x=a-b&empty"},
	{name: "dot segments", service: "lambda", method: "GET", path: "/a/../b//c/"},
	{name: "S3 key", service: "s3", method: "GET", path: "/bucket/a%20b/%E1%88%B4%2Bc%3D%25/../~d_-.?versionId=null&x=a+b"},
	{name: "S3 slashes", service: "s3", method: "PUT", path: "/bucket//a//b/", body: "hello"},
	{name: "header values", service: "s3", method: "PUT", path: "/bucket/a", body: "hello",
		header: http.Header{"X-Amz-Meta-A": {"  a   b  ", "c"}, "Content-Type": {"text/plain"}}},
}

func TestSDKSigner(t *testing.T) {
	v := &Verifier{Lookup: Keys(Key{"AKIDLOCAL", "secret"})}
	s := server(t, v)
	for _, test := range sdkRequests {
		for _, presign := range []bool{false, true} {
			t.Run(test.name+" presigned="+strconv.FormatBool(presign), func(t *testing.T) {
				send := func(key aws.Credentials, when time.Time, sent string) (int, string) {
					t.Helper()
					r, err := http.NewRequest(test.method, s.URL+test.path, strings.NewReader(sent))
					if err != nil {
						t.Fatal(err)
					}
					for name, values := range test.header {
						r.Header[name] = values
					}
					hash := hexSHA256([]byte(test.body))
					if test.service == "s3" {
						r.Header.Set("X-Amz-Content-Sha256", hash)
					}
					signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = test.service == "s3" })
					if presign {
						query := r.URL.Query()
						query.Set("X-Amz-Expires", "60")
						r.URL.RawQuery = query.Encode()
						address, signed, err := signer.PresignHTTP(context.Background(), key, r, hash, test.service, "eu-central-1", when)
						if err != nil {
							t.Fatal(err)
						}
						if r, err = http.NewRequest(test.method, address, strings.NewReader(sent)); err != nil {
							t.Fatal(err)
						}
						r.Header = signed
					} else if err := signer.SignHTTP(context.Background(), key, r, hash, test.service, "eu-central-1", when); err != nil {
						t.Fatal(err)
					}
					answer, err := http.DefaultClient.Do(r)
					if err != nil {
						t.Fatal(err)
					}
					defer answer.Body.Close()
					text, err := io.ReadAll(answer.Body)
					if err != nil {
						t.Fatal(err)
					}
					return answer.StatusCode, string(text)
				}
				good := aws.Credentials{AccessKeyID: "AKIDLOCAL", SecretAccessKey: "secret"}
				if status, text := send(good, time.Now(), test.body); status != 200 || text != test.body {
					t.Errorf("got %d %q", status, text)
				}
				for what, try := range map[string]func() (int, string){
					"another secret": func() (int, string) {
						return send(aws.Credentials{AccessKeyID: "AKIDLOCAL", SecretAccessKey: "Secret"}, time.Now(), test.body)
					},
					"another key": func() (int, string) {
						return send(aws.Credentials{AccessKeyID: "AKIDOTHER", SecretAccessKey: "secret"}, time.Now(), test.body)
					},
					"an old time":  func() (int, string) { return send(good, time.Now().Add(-16*time.Minute), test.body) },
					"another body": func() (int, string) { return send(good, time.Now(), strings.ToUpper(test.body)) },
				} {
					if what == "another body" && test.body == "" {
						continue
					}
					if status, text := try(); status != http.StatusForbidden {
						t.Errorf("%s: got %d %q, want 403", what, status, text)
					}
				}
			})
		}
	}
}

// The transport of an in-process engine hands the client's request to the
// handler as it is: no server has parsed it.
func TestWithoutConnection(t *testing.T) {
	v := &Verifier{Lookup: Keys(Key{"AKIDLOCAL", "secret"})}
	r, err := http.NewRequest("PUT", "http://engine.local/bucket/key", strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	hash := hexSHA256([]byte("hello"))
	r.Header.Set("X-Amz-Content-Sha256", hash)
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	key := aws.Credentials{AccessKeyID: "AKIDLOCAL", SecretAccessKey: "secret"}
	if err := signer.SignHTTP(context.Background(), key, r, hash, "s3", "us-east-1", time.Now()); err != nil {
		t.Fatal(err)
	}
	r.Host = ""
	if _, err := v.Verify(r); err != nil {
		t.Error(err)
	}
}

func FuzzAuthorization(f *testing.F) {
	for _, test := range published {
		r := request(f, test.request)
		f.Add(r.Header.Get("Authorization"), r.URL.RawQuery, r.Header.Get("X-Amz-Date"))
	}
	f.Fuzz(func(t *testing.T, authorization, query, date string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.RawQuery = query
		r.Header.Set("Authorization", authorization)
		r.Header.Set("X-Amz-Date", date)
		v := &Verifier{
			Lookup: func(string) (string, bool) { return "a secret that no example was signed with", true },
			Now:    at(t, "20130524T000000Z"),
		}
		if id, err := v.Verify(r); err == nil {
			t.Errorf("accepted %+v", id)
		} else if err.Error() == "" {
			t.Error("an error without words")
		}
	})
}
