package e2e

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// through puts a connection with a fault before the gateway, in the words of
// toxiproxy; without one it is sound.
func (g *gateway) through(t *testing.T, toxics ...string) string {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	proxy := toxiproxy.NewProxy(server, t.Name(), "127.0.0.1:0", strings.TrimPrefix(g.url, "http://"))
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Stop)
	for _, toxic := range toxics {
		if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
			t.Fatal(err)
		}
	}
	return "http://" + proxy.Listen
}

// Faults of the connection: the push ends whole, or says why and leaves
// nothing; and a second one on a sound connection succeeds.
func TestPushThroughFaults(t *testing.T) {
	for name, c := range map[string]struct {
		toxics []string
		code   int
	}{
		"latency":                  {[]string{`{"type":"latency","attributes":{"latency":100,"jitter":50}}`}, 0},
		"slow":                     {[]string{`{"type":"bandwidth","stream":"upstream","attributes":{"rate":20000}}`}, 0},
		"small slices":             {[]string{`{"type":"slicer","stream":"upstream","attributes":{"average_size":1400,"size_variation":700}}`}, 0},
		"slow to close":            {[]string{`{"type":"slow_close","attributes":{"delay":500}}`}, 0},
		"each connection is cut":   {[]string{`{"type":"limit_data","stream":"upstream","attributes":{"bytes":3000000}}`}, 3},
		"each answer is cut":       {[]string{`{"type":"limit_data","stream":"downstream","attributes":{"bytes":40}}`}, 3},
		"each connection is reset": {[]string{`{"type":"reset_peer","attributes":{"timeout":30}}`}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			s, g := newSession(t), startGateway(t, false)
			s.large("app", 17<<20)
			p := s.start(pushes(g.through(t, c.toxics...), "app")...)
			peak := p.peak()
			text := s.wait(p, c.code)
			if c.code != 0 && !contains(text, "could not ", "s3://releases/") {
				t.Errorf("it does not say why:\n%s", text)
			}
			if mib := <-peak; mib > memoryLimit {
				t.Errorf("%d MiB of memory", mib)
			}
			want := "push      same"
			if c.code != 0 {
				want = "push      ok"
			}
			if text := s.run(0, pushes(g.url, "app")...); !strings.Contains(text, want) {
				t.Errorf("the next push:\n%s", text)
			}
		})
	}
}

// memoryLimit is for this test's program, which links the engine and the tests
// too, in MiB; .ci/bench measures the real one.
const memoryLimit = 100

// Each part is lost once, in a way of its own; all of them get there in the end.
func TestPushRetriesEachPart(t *testing.T) {
	ways := map[string]func(w http.ResponseWriter, r *http.Request) bool{
		"reset": func(w http.ResponseWriter, r *http.Request) bool {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				conn.Close()
			}
			return true
		},
		"500": func(w http.ResponseWriter, _ *http.Request) bool { return answer(w, 500, "InternalError", "try again") },
		"SlowDown": func(w http.ResponseWriter, _ *http.Request) bool {
			return answer(w, 503, "SlowDown", "reduce your request rate")
		},
	}
	for name, fail := range ways {
		t.Run(name, func(t *testing.T) {
			s, g := newSession(t), startGateway(t, false)
			s.large("app", 22<<20)
			var mu sync.Mutex
			failed := map[string]bool{}
			url := g.between(t, func(w http.ResponseWriter, r *http.Request) bool {
				part := r.URL.Query().Get("partNumber")
				mu.Lock()
				first := part != "" && !failed[part]
				if first {
					failed[part] = true
				}
				mu.Unlock()
				return first && fail(w, r)
			})
			s.run(0, pushes(url, "app")...)
			if len(failed) < 4 {
				t.Errorf("%d parts", len(failed))
			}
			if text := s.run(0, pushes(g.url, "app")...); !strings.Contains(text, "push      same") {
				t.Error(text)
			}
		})
	}
}

// What no retry mends in the middle of a push ends it with what to do, and
// nothing is left.
func TestPushEndsInTheMiddle(t *testing.T) {
	for code, c := range map[string]struct {
		status       int
		says, remedy string
	}{
		"ExpiredToken":         {400, "The provided token has expired.", "--role-to-assume, which renews them"},
		"RequestTimeTooSkewed": {403, "The difference between the request time and the current time is too large.", "clock of this machine is wrong"},
		"NoSuchBucket":         {404, "The specified bucket does not exist.", "Create the bucket"},
	} {
		t.Run(code, func(t *testing.T) {
			s, g := newSession(t), startGateway(t, false)
			s.large("app", 22<<20)
			url := g.between(t, func(w http.ResponseWriter, r *http.Request) bool {
				n, _ := strconv.Atoi(r.URL.Query().Get("partNumber"))
				return n >= 2 && answer(w, c.status, code, c.says)
			})
			text := s.run(3, pushes(url, "app")...)
			if !contains(text, code+": "+c.says, c.remedy) {
				t.Error(text)
			}
			g.nothingLeft(t)
		})
	}
}

// pass brings a request to the gateway, whose answer nobody hears.
func (g *gateway) pass(t *testing.T, r *http.Request) {
	again, err := http.NewRequest(r.Method, g.url+r.URL.RequestURI(), r.Body)
	if err != nil {
		t.Error(err)
		return
	}
	again.Header, again.Host, again.ContentLength = r.Header, r.Host, r.ContentLength
	got, err := http.DefaultClient.Do(again)
	if err != nil || got.StatusCode != http.StatusOK {
		t.Error(got, err)
		return
	}
	got.Body.Close()
}

// S3 made the object, and its answer was lost: who asks again is told that there is no such upload any more.
func TestPushLosesTheLastAnswer(t *testing.T) {
	s, g := newSession(t), startGateway(t, false)
	s.large("app", 12<<20)
	var lost atomic.Int32
	url := g.between(t, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost || !r.URL.Query().Has("uploadId") {
			return false
		}
		if lost.Add(1) > 1 { // as S3 says of an upload that it has forgotten
			return answer(w, http.StatusNotFound, "NoSuchUpload", "The specified upload does not exist.")
		}
		g.pass(t, r)
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			conn.Close()
		}
		return true
	})
	s.run(0, pushes(url, "app")...)
	if lost.Load() < 2 {
		t.Errorf("the end was asked for %d times", lost.Load())
	}
}

// S3 made the object, and its answer was lost: who asks again is told that the key is taken. It is this push that uploaded it, so that a
// pipeline which goes by unchanged deploys it.
func TestPushLosesTheOnlyAnswer(t *testing.T) {
	s, g := newSession(t), startGateway(t, false)
	s.revision("app", "1", nil)
	var lost atomic.Bool
	url := g.between(t, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPut || lost.Swap(true) {
			return false
		}
		g.pass(t, r)
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			conn.Close()
		}
		return true
	})
	text := s.run(0, pushes(url, "app")...)
	if out := s.outputs("out.txt"); out["unchanged"] != "false" || !strings.Contains(text, "push      ok") {
		t.Errorf("unchanged=%s\n%s", out["unchanged"], text)
	}
}

// Somebody deleted the object while it was replaced or made: there is nothing to overwrite, and so the push begins again.
func TestPushOfWhatWasDeleted(t *testing.T) {
	for code, status := range map[string]int{"ConditionalRequestConflict": http.StatusConflict, "NoSuchKey": http.StatusNotFound} {
		t.Run(code, func(t *testing.T) {
			s, g := newSession(t), startGateway(t, false)
			s.revision("app", "0", nil)
			if code == "NoSuchKey" {
				s.run(0, pushes(g.url, "app", "--s3-key", "app.zip")...)
			}
			s.revision("app", "1", nil)
			var told atomic.Int32
			url := g.between(t, func(w http.ResponseWriter, r *http.Request) bool {
				return r.Method == http.MethodPut && told.Add(1) == 1 && answer(w, status, code, "it is gone")
			})
			if text := s.run(0, pushes(url, "app", "--s3-key", "app.zip")...); !strings.Contains(text, "push      ok") {
				t.Error(text)
			}
			if out := s.outputs("out.txt"); out["unchanged"] != "false" {
				t.Errorf("unchanged=%s", out["unchanged"])
			}
		})
	}
}
