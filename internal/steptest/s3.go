package steptest

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// s3 is a server that writes down what S3 is asked for, for a script:
//
//	s3 start [REGION]   starts it; S3_URL is its address; its buckets are in REGION
//	s3 proxy            starts it as the proxy of HTTPS; nothing behind it answers
//	s3 show FILE        writes the requests to a file: method, path and region, then their x-amz- and if- headers
//
// It takes whatever it is asked for: no independent server knows all that S3
// does. What servers make of it is tested with versitygw in package e2e.
func s3(ts *testscript.TestScript, neg bool, args []string) {
	server, _ := ts.Value(s3Key{}).(*s3Server)
	switch {
	case neg || len(args) == 0 || server == nil:
		ts.Fatalf("usage: s3 start|proxy|show")
	case args[0] == "start":
		if len(args) > 1 {
			server.region = args[1]
		}
		ts.Setenv("S3_URL", server.listen(ts))
		ts.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
		ts.Setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-test")
		ts.Setenv("AWS_REGION", "us-east-1")
	case args[0] == "proxy":
		ts.Setenv("HTTPS_PROXY", server.listen(ts))
		ts.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
		ts.Setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-test")
		ts.Setenv("AWS_REGION", "us-east-1")
		ts.Setenv("AWS_MAX_ATTEMPTS", "1")
	case args[0] == "show" && len(args) == 2:
		server.mu.Lock()
		defer server.mu.Unlock()
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(server.asked.String()), 0o644))
		server.asked.Reset()
	default:
		ts.Fatalf("s3 %s: there is no such command", args[0])
	}
}

type s3Key struct{}

type s3Server struct {
	region string

	mu    sync.Mutex
	asked strings.Builder
}

func (s *s3Server) listen(ts *testscript.TestScript) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	server := &http.Server{Handler: s}
	go server.Serve(l)
	ts.Defer(func() { server.Close() })
	return "http://" + l.Addr().String()
}

func (s *s3Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := bufio.NewReader(r.Body)
	for _, err := body.ReadByte(); err == nil; {
		_, err = body.Discard(1 << 16)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Method == http.MethodConnect {
		fmt.Fprintf(&s.asked, "CONNECT %s\n", r.Host)
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	region := ""
	if _, scope, ok := strings.Cut(r.Header.Get("Authorization"), "Credential="); ok {
		region = strings.Split(scope+"///", "/")[2]
	}
	fmt.Fprintf(&s.asked, "%s %s in %s\n", r.Method, r.URL.Path, region)
	var names []string
	for name := range r.Header {
		lower := strings.ToLower(name)
		if (strings.HasPrefix(lower, "x-amz-") || strings.HasPrefix(lower, "if-")) && lower != "x-amz-date" && lower != "x-amz-content-sha256" {
			names = append(names, lower)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&s.asked, "  %s: %s\n", name, r.Header.Get(name))
	}
	switch {
	case s.region != "" && region != s.region:
		w.Header().Set("X-Amz-Bucket-Region", s.region)
		w.WriteHeader(http.StatusMovedPermanently)
	case r.Method == http.MethodHead:
		w.WriteHeader(http.StatusNotFound)
	default:
		w.Header().Set("ETag", `"0123"`)
	}
}
