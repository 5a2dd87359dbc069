package push

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// bucketServer is a server of S3's calls of an upload. before sees each request first, and answers it if it returns true.
type bucketServer struct {
	before func(w http.ResponseWriter, r *http.Request) bool

	mu    sync.Mutex
	calls map[string]int
	parts map[int][]byte
	made  []byte
}

func call(r *http.Request) string {
	q := r.URL.Query()
	switch {
	case r.Method == http.MethodPost && q.Has("uploads"):
		return "create"
	case r.Method == http.MethodPost:
		return "complete"
	case r.Method == http.MethodDelete:
		return "abort"
	case q.Has("partNumber"):
		return "part"
	}
	return "put"
}

func (b *bucketServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	b.calls[call(r)]++
	b.mu.Unlock()
	if b.before != nil && b.before(w, r) {
		return
	}
	body, err := io.ReadAll(r.Body)
	if err == nil && r.Header.Get("X-Amz-Trailer") != "" {
		body, err = unchunked(body)
	}
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch call(r) {
	case "create":
		fmt.Fprint(w, `<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>`)
	case "part":
		n, _ := strconv.Atoi(r.URL.Query().Get("partNumber"))
		b.parts[n] = body
		w.Header().Set("ETag", `"part"`)
	case "complete":
		b.made = nil
		for n := range len(b.parts) {
			b.made = append(b.made, b.parts[n+1]...)
		}
		fmt.Fprint(w, `<CompleteMultipartUploadResult><ETag>"whole"</ETag></CompleteMultipartUploadResult>`)
	case "put":
		b.made = body
		w.Header().Set("ETag", `"whole"`)
	case "abort":
		w.WriteHeader(http.StatusNoContent)
	}
}

// unchunked undoes aws-chunked: each chunk has its length before it, and the checksum comes after the last.
func unchunked(text []byte) (body []byte, err error) {
	sum := crc32.NewIEEE()
	for {
		head, rest, _ := bytes.Cut(text, []byte("\r\n"))
		n, err := strconv.ParseInt(string(head), 16, 64)
		if err != nil || n > int64(len(rest)) {
			return nil, io.ErrUnexpectedEOF
		}
		if n == 0 {
			want := base64.StdEncoding.EncodeToString(sum.Sum(nil))
			if !bytes.HasPrefix(rest, []byte("x-amz-checksum-crc32:"+want)) {
				return nil, errors.New("another checksum")
			}
			return body, nil
		}
		sum.Write(rest[:n])
		body, text = append(body, rest[:n]...), rest[n+2:]
	}
}

func serve(t *testing.T, before func(w http.ResponseWriter, r *http.Request) bool) (*bucketServer, *s3.Client) {
	b := &bucketServer{before: before, calls: map[string]int{}, parts: map[int][]byte{}}
	server := httptest.NewTLSServer(b) // checksums trail only over TLS, as with S3 itself
	t.Cleanup(server.Close)
	return b, s3.New(s3.Options{BaseEndpoint: &server.URL, UsePathStyle: true, Region: "us-east-1", HTTPClient: server.Client(),
		Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})
}

func random(n int) []byte {
	text := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(text)
	return text
}

// send writes a text in uneven pieces.
func send(ctx context.Context, c *s3.Client, text []byte, part int64, atOnce int) (stored, error) {
	u := newUpload(ctx, c, &s3.PutObjectInput{Bucket: aws.String("b"), Key: aws.String("k")}, part, atOnce)
	var wrong error
	for n := 1; len(text) > 0 && wrong == nil; n = n*7%10007 + 1 {
		n := min(n*13, len(text))
		_, wrong = u.Write(text[:n])
		text = text[n:]
	}
	return u.end(ctx, wrong)
}

func TestPartSizes(t *testing.T) {
	const part = 64 << 10
	for _, atOnce := range []int{1, 3} {
		for size, parts := range map[int]int{0: 0, 1: 0, part - 1: 0, part: 0, part + 1: 2, 2 * part: 2, 2*part + 1: 3, 10 * part: 10} {
			b, c := serve(t, nil)
			text := random(size)
			if _, err := send(t.Context(), c, text, part, atOnce); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(b.made, text) || len(b.parts) != parts || b.calls["abort"] > 0 {
				t.Errorf("%d bytes: %d came in %d parts, %v", size, len(b.made), len(b.parts), b.calls)
			}
		}
	}
}

// No size that a part size is chosen for takes more parts than S3 has, also where it is divisible.
func TestPartsAreEnough(t *testing.T) {
	for _, most := range []int64{0, 1, leastPart, leastPart*mostParts - 1, leastPart * mostParts, leastPart*mostParts + 1, 6 << 20 * mostParts, 5 << 40} {
		part := partSize(most)
		if n := (most + part - 1) / part; n > mostParts || part < leastPart || part%(1<<20) != 0 {
			t.Errorf("%d bytes: %d parts of %d", most, n, part)
		}
	}
}

// The first request of each part is answered before it is read: what the connection still reads is not written over.
func TestPartsAnsweredEarly(t *testing.T) {
	var mu sync.Mutex
	failed := map[string]bool{}
	b, c := serve(t, func(w http.ResponseWriter, r *http.Request) bool {
		n := r.URL.Query().Get("partNumber")
		mu.Lock()
		first := n != "" && !failed[n]
		failed[n] = true
		mu.Unlock()
		if !first {
			return false
		}
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return true
		}
		text := "<Error><Code>SlowDown</Code><Message>x</Message></Error>"
		fmt.Fprintf(rw, "HTTP/1.1 503 Slow Down\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
		rw.Flush()
		go func() { // reads on slowly
			defer conn.Close()
			buf := make([]byte, 4096)
			for range 300 {
				if _, err := conn.Read(buf); err != nil {
					return
				}
				time.Sleep(time.Millisecond)
			}
		}()
		return true
	})
	text := random(12 << 20)
	if _, err := send(t.Context(), c, text, 5<<20, 1); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.made, text) {
		t.Error("another content came")
	}
}

func fails(status int, code string) func(w http.ResponseWriter) bool {
	return func(w http.ResponseWriter) bool {
		w.WriteHeader(status)
		fmt.Fprintf(w, "<Error><Code>%s</Code><Message>it fails</Message></Error>", code)
		return true
	}
}

// An answer 200 may hold an error.
func TestErrorIn200(t *testing.T) {
	for _, often := range []int{1, 100} {
		var n int
		b, c := serve(t, func(w http.ResponseWriter, r *http.Request) bool {
			if call(r) != "complete" {
				return false
			}
			io.ReadAll(r.Body)
			n++
			return n <= often && fails(200, "InternalError")(w)
		})
		text := random(200 << 10)
		_, err := send(t.Context(), c, text, 64<<10, 2)
		if often == 1 && (err != nil || !bytes.Equal(b.made, text)) {
			t.Errorf("%v", err)
		}
		if often > 1 && (err == nil || b.calls["abort"] != 1) {
			t.Errorf("%v %v", err, b.calls)
		}
	}
}

// A cancel at each call ends the upload at once, and takes its parts back.
func TestCancelAt(t *testing.T) {
	for _, at := range []string{"create", "part", "complete", "put"} {
		ctx, cancel := context.WithCancel(t.Context())
		b, c := serve(t, func(w http.ResponseWriter, r *http.Request) bool {
			if call(r) == at {
				cancel()
				io.ReadAll(r.Body)
				select {
				case <-r.Context().Done():
				case <-time.After(time.Second):
				}
				return true
			}
			return false
		})
		size := 500 << 10
		if at == "put" {
			size = 1000
		}
		began := time.Now()
		_, err := send(ctx, c, random(size), 64<<10, 3)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", at, err)
		}
		if want := strings.Contains("part complete", at); (b.calls["abort"] == 1) != want {
			t.Errorf("%s: %v", at, b.calls)
		}
		if took := time.Since(began); took > abortTime {
			t.Errorf("%s: it took %s", at, took)
		}
	}
}

// A failing begin or part tells its own reason.
func TestFailsAt(t *testing.T) {
	for _, at := range []string{"create", "part", "complete", "put"} {
		b, c := serve(t, func(w http.ResponseWriter, r *http.Request) bool {
			return call(r) == at && fails(403, "AccessDenied")(w)
		})
		size := 500 << 10
		if at == "put" {
			size = 1000
		}
		_, err := send(t.Context(), c, random(size), 64<<10, 3)
		if err == nil || !strings.Contains(err.Error(), "AccessDenied") {
			t.Errorf("%s: %v", at, err)
		}
		if want := strings.Contains("part complete", at); (b.calls["abort"] == 1) != want {
			t.Errorf("%s: %v", at, b.calls)
		}
	}
}
