//go:build unix

package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// sink answers as S3 and CodeDeploy do and keeps of what it gets the names and
// the metadata only. It checks nothing: it stands for an endpoint that costs
// nothing, so that a bench measures its callers.
type sink struct {
	received atomic.Int64

	mu      sync.Mutex
	objects map[string]http.Header
	uploads map[string]http.Header
}

func newSink() *sink {
	return &sink{objects: map[string]http.Header{}, uploads: map[string]http.Header{}}
}

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n, _ := io.Copy(io.Discard, r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	q, key := r.URL.Query(), r.URL.Path
	switch {
	case key == "/-/received":
		fmt.Fprint(w, s.received.Load())
	case key == "/-/forget":
		clear(s.objects)
	case r.Header.Get("X-Amz-Target") != "":
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		io.WriteString(w, "{}")
	case r.Method == http.MethodHead:
		head, ok := s.objects[key]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		for name, values := range head {
			if strings.HasPrefix(name, "X-Amz-Meta-") {
				w.Header()[name] = values
			}
		}
		w.Header().Set("ETag", `"0123"`)
	case r.Method == http.MethodPost && q.Has("uploads"):
		s.uploads["1"] = r.Header
		io.WriteString(w, "<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>")
	case r.Method == http.MethodPost && q.Has("uploadId"):
		s.objects[key] = s.uploads["1"]
		io.WriteString(w, `<CompleteMultipartUploadResult><ETag>"0123"</ETag></CompleteMultipartUploadResult>`)
	case r.Method == http.MethodPut:
		s.received.Add(n)
		if !q.Has("partNumber") {
			s.objects[key] = r.Header
		}
		w.Header().Set("ETag", `"0123"`)
	}
}

// sinkProcess is a sink in a process of its own.
type sinkProcess struct {
	cmd *exec.Cmd
	url string
}

func startSink() *sinkProcess {
	exe, err := os.Executable()
	check(err)
	cmd := exec.Command(exe, "sink", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	check(err)
	cmd.Stderr = os.Stderr
	_, err = cmd.StdinPipe()
	check(err)
	check(cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	check(err)
	return &sinkProcess{cmd, "http://" + strings.TrimSpace(line)}
}

func (s *sinkProcess) ask(path string) string {
	answer, err := http.Get(s.url + path)
	check(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	check(err)
	return string(text)
}

func (s *sinkProcess) received() int64 {
	n, err := strconv.ParseInt(s.ask("/-/received"), 10, 64)
	check(err)
	return n
}

func (s *sinkProcess) forget() { s.ask("/-/forget") }
func (s *sinkProcess) stop()   { s.cmd.Process.Kill() }
