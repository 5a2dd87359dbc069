package local

import (
	"io"
	"net/http"
	"sync"
)

// inProcess is a transport that calls a handler without a network. The answer's
// body is streamed as it is written.
type inProcess struct{ http.Handler }

func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	pr, pw := io.Pipe()
	w := &response{
		ready: make(chan struct{}), body: pw,
		answer: &http.Response{Request: r, Header: http.Header{}, Body: pr, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: -1},
	}
	go func() {
		defer in.Body.Close()
		defer pw.Close()
		defer w.WriteHeader(http.StatusOK)
		t.ServeHTTP(w, in)
	}()
	select {
	case <-w.ready:
		return w.answer, nil
	case <-r.Context().Done():
		pr.CloseWithError(r.Context().Err())
		return nil, r.Context().Err()
	}
}

// InProcess is a transport to an engine of this process.
func InProcess(h http.Handler) http.RoundTripper { return inProcess{h} }

type response struct {
	answer *http.Response
	body   *io.PipeWriter
	once   sync.Once
	ready  chan struct{}
	header http.Header
}

func (w *response) Header() http.Header {
	if w.header == nil {
		w.header = http.Header{}
	}
	return w.header
}

func (w *response) WriteHeader(status int) {
	if status >= 100 && status < 200 {
		return
	}
	w.once.Do(func() {
		w.answer.StatusCode, w.answer.Status = status, http.StatusText(status)
		w.answer.Header = w.Header().Clone()
		w.answer.ContentLength = length(w.answer.Header)
		close(w.ready)
	})
}

func (w *response) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

// length reads Content-Length; -1 if there is none.
func length(h http.Header) int64 {
	text := h.Get("Content-Length")
	if text == "" {
		return -1
	}
	var n int64
	for _, c := range text {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int64(c-'0')
	}
	return n
}
