package e2e

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// gateway is an independent S3 server with one bucket: versitygw, in a process
// of its own.
type gateway struct {
	*s3.Client
	url string
}

const bucket = "releases"

// startGateway skips the test where there is no versitygw; CI does not skip.
func startGateway(t *testing.T, versions bool) *gateway {
	t.Helper()
	exe, err := exec.LookPath("versitygw")
	if err != nil {
		if required("s3") {
			t.Fatal(err)
		}
		t.Skip("versitygw, an independent S3 server, is not installed: see .ci/tools")
	}
	dir := t.TempDir()
	data, old := filepath.Join(dir, "data"), filepath.Join(dir, "versions")
	for _, d := range []string{data, old} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	cmd := exec.Command(exe, "--port", address, "posix", "--versioning-dir", old, data)
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+accessKey, "ROOT_SECRET_KEY="+secretKey)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("%s", log.Bytes()[max(0, log.Len()-4000):])
		}
	})
	g := &gateway{url: "http://" + address}
	g.Client = s3.New(s3.Options{
		BaseEndpoint: &g.url, UsePathStyle: true, Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider(accessKey, secretKey, ""),
	})
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		_, err = g.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(bucket)})
		if err == nil {
			break
		}
		if time.Since(began) > time.Minute {
			t.Fatalf("%v\n%s", err, log.Bytes())
		}
	}
	if versions {
		if _, err := g.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{Bucket: aws.String(bucket),
			VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled}}); err != nil {
			t.Fatal(err)
		}
	}
	return g
}

const accessKey, secretKey = "AKIDEXAMPLE", "secret-of-the-test"

// content gives an object.
func (g *gateway) content(t *testing.T, key string) []byte {
	t.Helper()
	out, err := g.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// nothingLeft fails the test if an upload is unfinished, or an object there.
func (g *gateway) nothingLeft(t *testing.T) {
	t.Helper()
	uploads, err := g.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: aws.String(bucket)})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(uploads.Uploads); n > 0 {
		t.Errorf("%d uploads are left unfinished", n)
	}
	objects, err := g.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(bucket)})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(objects.Contents); n > 0 {
		t.Errorf("%d objects are there", n)
	}
}

// between puts a handler before the gateway, which sees each request first and
// answers it itself if it returns true.
func (g *gateway) between(t *testing.T, see func(w http.ResponseWriter, r *http.Request) bool) string {
	t.Helper()
	target, err := url.Parse(g.url)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // it is signed
	}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// All of it, so that an answer of see is read: who sends still may not look.
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if !see(w, r) {
			proxy.ServeHTTP(w, r)
		}
	})}
	go server.Serve(l)
	t.Cleanup(func() { server.Shutdown(context.Background()) })
	return "http://" + l.Addr().String()
}

// pushes are the arguments of a push to an S3 server.
func pushes(url, source string, more ...string) []string {
	return append([]string{"push", "--endpoint", url, "--application", "app", "--s3-bucket", bucket, "--region", "us-east-1", "--outputs", "out.txt", source}, more...)
}

// large makes a revision with a file of random bytes, which no archive makes smaller.
func (s *session) large(name string, size int) string {
	s.Helper()
	s.revision(name, "1", nil)
	noise := make([]byte, size)
	rand.NewChaCha8([32]byte{byte(size)}).Read(noise)
	s.write(filepath.Join(s.dir, name, "noise"), string(noise), 0o644)
	return name
}

func answer(w http.ResponseWriter, status int, code, message string) bool {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	io.WriteString(w, "<Error><Code>"+code+"</Code><Message>"+message+"</Message></Error>")
	return true
}
