package objects

import (
	"crypto/md5"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const trailerUnsigned = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"

func md5Of(s string) string {
	sum := md5.Sum([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// What is refused leaves nothing behind: no object and no file.
func TestRefusedPuts(t *testing.T) {
	x := newSite(t)
	x.put("there", "hello")
	before := len(x.blobs())
	wrongHash := strings.Repeat("0", 64)
	chunked := func(size, trailer string) map[string]string {
		h := map[string]string{"Content-Encoding": "aws-chunked", "X-Amz-Trailer": trailer}
		if size != "" {
			h["X-Amz-Decoded-Content-Length"] = size
		}
		return h
	}
	tests := []struct {
		name, path, hash, body string
		header                 map[string]string
		status                 int
		code                   Code
	}{
		{"tampered body", "/releases/k", wrongHash, "hello", nil, 400, errContentSHA256},
		{"wrong MD5", "/releases/k", "", "hello", map[string]string{"Content-Md5": md5Of("hellp")}, 400, errBadDigest},
		{"MD5 in hexadecimal", "/releases/k", "", "hello", map[string]string{"Content-Md5": "5d41402abc4b2a76b9719d911017c592"}, 400, errInvalidDigest},
		{"wrong checksum", "/releases/k", "", "hello world", map[string]string{"X-Amz-Checksum-Crc32": "DUoRhA=="}, 400, errBadDigest},
		{"no checksum", "/releases/k", "", "hello world", map[string]string{"X-Amz-Checksum-Crc32": "hello"}, 400, errInvalidRequest},
		{"two checksums", "/releases/k", "", "hello world", map[string]string{"X-Amz-Checksum-Crc32": "DUoRhQ==", "X-Amz-Checksum-Crc32c": "yZRlqg=="}, 400, errInvalidRequest},
		{"promised checksum", "/releases/k", "", "hello world", map[string]string{"X-Amz-Sdk-Checksum-Algorithm": "CRC32"}, 400, errInvalidRequest},
		{"other checksum", "/releases/k", "", "hello world", map[string]string{"X-Amz-Sdk-Checksum-Algorithm": "SHA1", "X-Amz-Checksum-Crc32": "DUoRhQ=="}, 400, errInvalidRequest},
		{"wrong trailer", "/releases/k", trailerUnsigned, "b\r\nhello world\r\n0\r\nx-amz-checksum-crc32:DUoRhA==\r\n\r\n", chunked("11", "x-amz-checksum-crc32"), 400, errBadDigest},
		{"tampered chunk", "/releases/k", trailerUnsigned, "b\r\nhello WORLD\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n", chunked("11", "x-amz-checksum-crc32"), 400, errBadDigest},
		{"missing trailer", "/releases/k", trailerUnsigned, "b\r\nhello world\r\n0\r\n\r\n", chunked("11", "x-amz-checksum-crc32"), 400, errMalformedTrailer},
		{"cut chunk", "/releases/k", trailerUnsigned, "b\r\nhello wo", chunked("11", ""), 400, errIncompleteBody},
		{"broken chunk", "/releases/k", trailerUnsigned, "hello\r\nworld\r\n", chunked("11", ""), 400, errInvalidRequest},
		{"no decoded length", "/releases/k", trailerUnsigned, "0\r\n\r\n", chunked("", ""), 411, errMissingLength},
		{"huge decoded length", "/releases/k", trailerUnsigned, "0\r\n\r\n", chunked("5368709121", ""), 400, errEntityTooLarge},
		{"unknown payload form", "/releases/k", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "hello", nil, 400, errInvalidArgument},
		{"no bucket", "/nowhere/k", "", "hello", nil, 404, ErrNoSuchBucket},
		{"exists", "/releases/there", "", "hello", map[string]string{"If-None-Match": "*"}, 412, errPrecondition},
		{"condition unknown", "/releases/k", "", "hello", map[string]string{"If-None-Match": "abc"}, 501, errNotImplemented},
		{"other ETag", "/releases/there", "", "hello", map[string]string{"If-Match": "abc"}, 412, errPrecondition},
		{"ETag of nothing", "/releases/k", "", "hello", map[string]string{"If-Match": "abc"}, 404, ErrNoSuchKey},
		{"public", "/releases/k", "", "hello", map[string]string{"X-Amz-Acl": "public-read"}, 501, errNotImplemented},
		{"customer's key", "/releases/k", "", "hello", map[string]string{"X-Amz-Server-Side-Encryption-Customer-Algorithm": "AES256"}, 501, errNotImplemented},
		{"locked", "/releases/k", "", "hello", map[string]string{"X-Amz-Object-Lock-Mode": "GOVERNANCE"}, 501, errNotImplemented},
		{"append", "/releases/k", "", "hello", map[string]string{"X-Amz-Write-Offset-Bytes": "5"}, 501, errNotImplemented},
		{"much metadata", "/releases/k", "", "hello", map[string]string{"X-Amz-Meta-A": strings.Repeat("a", 2048)}, 400, errMetadataTooLarge},
		{"tags of what is there", "/releases/there?tagging", "", "<Tagging/>", nil, 501, errNotImplemented},
		{"ACL of what is there", "/releases/there?acl", "", "", nil, 501, errNotImplemented},
		{"key is not UTF-8", "/releases/%ff", "", "hello", nil, 400, errInvalidURI},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := x.raw("PUT", test.path, test.hash, []byte(test.body), test.header)
			if a.status != test.status || a.code != test.code {
				t.Errorf("got %d %s, want %d %s", a.status, a.body, test.status, test.code)
			}
			if _, err := x.Head("releases", "k", ""); err == nil {
				t.Error("the refused object is there")
			}
			if n := len(x.blobs()); n != before {
				t.Errorf("%d files, there were %d", n, before)
			}
			if content, _ := x.get("there", ""); content != "hello" {
				t.Errorf("the other object is %q", content)
			}
		})
	}
}

func TestAcceptedPuts(t *testing.T) {
	x := newSite(t)
	tests := []struct {
		name, hash, body, want string
		header                 map[string]string
	}{
		{"plain", "", "hello", "hello", nil},
		{"unsigned", "UNSIGNED-PAYLOAD", "hello", "hello", nil},
		{"MD5", "", "hello", "hello", map[string]string{"Content-Md5": md5Of("hello")}},
		{"trailer", trailerUnsigned, "5\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n", "hello world",
			map[string]string{"Content-Encoding": "aws-chunked,gzip", "X-Amz-Decoded-Content-Length": "11", "X-Amz-Trailer": "x-amz-checksum-crc32"}},
		{"owner's ACL", "", "hello", "hello", map[string]string{"X-Amz-Acl": "bucket-owner-full-control"}},
		{"continue", "", "hello", "hello", map[string]string{"Expect": "100-continue"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if a := x.raw("PUT", "/releases/k", test.hash, []byte(test.body), test.header); a.status != 200 {
				t.Fatalf("got %d %s", a.status, a.body)
			}
			a := x.raw("GET", "/releases/k", "", nil, map[string]string{"Accept-Encoding": "identity"})
			if a.body != test.want {
				t.Errorf("got %q, want %q", a.body, test.want)
			}
			if encoding := a.header.Get("Content-Encoding"); test.name == "trailer" && encoding != "gzip" {
				t.Errorf("Content-Encoding is %q, want gzip", encoding)
			}
		})
	}
}

func TestReads(t *testing.T) {
	x := newSite(t)
	when := time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)
	x.Now = func() time.Time { return when }
	etag := *x.put("k", "0123456789").ETag
	x.put("empty", "")
	before, after := when.Add(-time.Hour).Format(http.TimeFormat), when.Add(time.Hour).Format(http.TimeFormat)
	tests := []struct {
		name, path string
		header     map[string]string
		status     int
		want       string // the body, or the error's code
		span       string
	}{
		{"all", "/releases/k", nil, 200, "0123456789", ""},
		{"range", "/releases/k", map[string]string{"Range": "bytes=2-4"}, 206, "234", "bytes 2-4/10"},
		{"range to the end", "/releases/k", map[string]string{"Range": "bytes=7-"}, 206, "789", "bytes 7-9/10"},
		{"range beyond the end", "/releases/k", map[string]string{"Range": "bytes=7-99"}, 206, "789", "bytes 7-9/10"},
		{"last bytes", "/releases/k", map[string]string{"Range": "bytes=-3"}, 206, "789", "bytes 7-9/10"},
		{"more last bytes than there are", "/releases/k", map[string]string{"Range": "bytes=-30"}, 206, "0123456789", "bytes 0-9/10"},
		{"range outside", "/releases/k", map[string]string{"Range": "bytes=10-"}, 416, "InvalidRange", "bytes */10"},
		{"no last bytes", "/releases/k", map[string]string{"Range": "bytes=-0"}, 416, "InvalidRange", "bytes */10"},
		{"range of nothing", "/releases/empty", map[string]string{"Range": "bytes=0-"}, 416, "InvalidRange", "bytes */0"},
		{"range backwards", "/releases/k", map[string]string{"Range": "bytes=4-2"}, 200, "0123456789", ""},
		{"range malformed", "/releases/k", map[string]string{"Range": "bytes=+4-5"}, 200, "0123456789", ""},
		{"two ranges", "/releases/k", map[string]string{"Range": "bytes=0-1,3-4"}, 200, "0123456789", ""},
		{"range if the same", "/releases/k", map[string]string{"Range": "bytes=2-4", "If-Range": etag}, 206, "234", "bytes 2-4/10"},
		{"range if another", "/releases/k", map[string]string{"Range": "bytes=2-4", "If-Range": `"abc"`}, 200, "0123456789", ""},
		{"part", "/releases/k?partNumber=1", nil, 206, "0123456789", "bytes 0-9/10"},
		{"no such part", "/releases/k?partNumber=2", nil, 416, "InvalidPartNumber", ""},
		{"if match", "/releases/k", map[string]string{"If-Match": etag}, 200, "0123456789", ""},
		{"if match fails", "/releases/k", map[string]string{"If-Match": `"abc"`}, 412, "PreconditionFailed", ""},
		{"if none match", "/releases/k", map[string]string{"If-None-Match": `"abc", W/` + etag}, 304, "", ""},
		{"if none match holds", "/releases/k", map[string]string{"If-None-Match": `"abc"`}, 200, "0123456789", ""},
		{"modified since", "/releases/k", map[string]string{"If-Modified-Since": before}, 200, "0123456789", ""},
		{"modified in that second", "/releases/k", map[string]string{"If-Modified-Since": when.Format(http.TimeFormat)}, 304, "", ""},
		{"unmodified since", "/releases/k", map[string]string{"If-Unmodified-Since": after}, 200, "0123456789", ""},
		{"modified meanwhile", "/releases/k", map[string]string{"If-Unmodified-Since": before}, 412, "PreconditionFailed", ""},
		{"torrent", "/releases/k?torrent", nil, 501, "NotImplemented", ""},
		{"select", "/releases/k?select&select-type=2", nil, 501, "NotImplemented", ""},
	}
	for _, test := range tests {
		for _, method := range []string{"GET", "HEAD"} {
			t.Run(method+" "+test.name, func(t *testing.T) {
				a := x.raw(method, test.path, "", nil, test.header)
				if a.status != test.status {
					t.Fatalf("got %d %s, want %d", a.status, a.body, test.status)
				}
				if got := a.header.Get("Content-Range"); got != test.span {
					t.Errorf("Content-Range %q, want %q", got, test.span)
				}
				switch {
				case method == "HEAD":
					if a.body != "" {
						t.Errorf("a body: %q", a.body)
					}
					if test.status < 300 && a.header.Get("Content-Length") != fmt.Sprint(len(test.want)) {
						t.Errorf("length %s, want %d", a.header.Get("Content-Length"), len(test.want))
					}
				case test.status < 300 && a.body != test.want:
					t.Errorf("got %q, want %q", a.body, test.want)
				case test.status >= 300 && string(a.code) != test.want:
					t.Errorf("got code %q, want %q", a.code, test.want)
				}
				if test.status < 300 && a.header.Get("Last-Modified") != "Fri, 02 Jan 2026 03:04:05 GMT" {
					t.Errorf("Last-Modified %q", a.header.Get("Last-Modified"))
				}
			})
		}
	}
}

func TestAddresses(t *testing.T) {
	x := newSite(t)
	x.BaseHosts = []string{"s3.localhost"}
	x.put("a//b/../c", "dots")
	tests := []struct {
		host, path, want string
		status           int
	}{
		{"", "/releases/a//b/../c", "dots", 200},
		{"releases.s3.localhost", "/a//b/../c", "dots", 200},
		{"RELEASES.S3.localhost:4566", "/a//b/../c", "dots", 200},
		{"s3.localhost", "/releases/a//b/../c", "dots", 200},
		{"releases.other", "/releases/a//b/../c", "dots", 200},
		{"releases.other", "/a//b/../c", "", 404},
		{"other.s3.localhost", "/a//b/../c", "", 404},
	}
	for _, test := range tests {
		a := x.raw("GET", test.path, "", nil, map[string]string{"Host": test.host})
		if a.status != test.status || test.want != "" && a.body != test.want {
			t.Errorf("%q %s: got %d %q", test.host, test.path, a.status, a.body)
		}
	}
	for _, path := range []string{"/", "/releases", "/releases/k"} {
		a := x.raw("PATCH", path, "", nil, nil)
		if a.status != 501 || a.code != errNotImplemented {
			t.Errorf("PATCH %s: %d %s", path, a.status, a.body)
		}
	}
	if a := x.raw("POST", "/releases", "", nil, nil); a.code != errNotImplemented {
		t.Errorf("a form: %d %s", a.status, a.body)
	}
}

func TestSignatures(t *testing.T) {
	x := newSite(t)
	x.put("k", "hello")
	if a := x.rawAs("wrong", "GET", "/releases/k", "", nil, nil); a.status != 403 || a.code != errSignature {
		t.Errorf("wrong secret: %d %s", a.status, a.body)
	}
	r, err := http.NewRequest("GET", x.server.URL+"/releases/k", nil)
	if err != nil {
		t.Fatal(err)
	}
	if a := x.send(r); a.status != 403 || a.code != errAccessDenied {
		t.Errorf("no signature: %d %s", a.status, a.body)
	}
	r.Header.Set("Authorization", "Basic abc")
	if a := x.send(r); a.status != 400 || a.code != errAuthorizationHeader {
		t.Errorf("other signature: %d %s", a.status, a.body)
	}
	recorder := httptest.NewRecorder()
	x.Handler(nil).ServeHTTP(recorder, httptest.NewRequest("GET", "/", nil))
	if recorder.Code != 403 {
		t.Errorf("without a verifier: %d", recorder.Code)
	}
}

// A client that goes away in the middle of an upload leaves nothing.
func TestCutConnection(t *testing.T) {
	x := newSite(t)
	done := make(chan struct{})
	inner := x.Handler(x.verifier())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner.ServeHTTP(w, r)
		close(done)
	}))
	defer server.Close()
	r := signedPut(t, server.URL+"/releases/k", make([]byte, 1<<20))
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "PUT /releases/k HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", r.Host, 1<<20)
	r.Header.Write(conn)
	conn.Write([]byte("\r\n"))
	conn.Write(make([]byte, 300_000))
	conn.Close()
	<-done
	if n := len(x.blobs()); n != 0 {
		t.Errorf("%d files left", n)
	}
	if _, err := x.Head("releases", "k", ""); err == nil {
		t.Error("half an object is there")
	}
}
