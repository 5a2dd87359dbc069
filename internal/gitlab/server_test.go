package gitlab

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"testing"
)

const (
	token = "glpat-0123456789abcdefghij"
	bot   = 9
)

// server is a GitLab that takes what its documentation describes, and nothing
// else: "Notes API", "List merge requests associated with a commit", "Users API".
type server struct {
	*httptest.Server
	mu         sync.Mutex
	notes      []note
	requests   []map[string]any // that a commit belongs to
	violations []string
	calls      []string
	perPage    int
	fail       func(call string) int // a status to answer with; 0 does as asked
}

// known are the operations: what their query may have and their body must have.
var known = []struct {
	method string
	path   *regexp.Regexp
	query  []string
	body   bool
}{
	{"GET", regexp.MustCompile(`^/api/v4/user$`), nil, false},
	{"GET", regexp.MustCompile(`^/api/v4/projects/5/repository/commits/[0-9a-f]{40}/merge_requests$`), nil, false},
	{"GET", regexp.MustCompile(`^/api/v4/projects/5/merge_requests/7/notes$`), []string{"sort", "order_by", "page", "per_page"}, false},
	{"POST", regexp.MustCompile(`^/api/v4/projects/5/merge_requests/7/notes$`), nil, true},
	{"PUT", regexp.MustCompile(`^/api/v4/projects/5/merge_requests/7/notes/([0-9]+)$`), nil, true},
}

func newServer(t *testing.T) *server {
	s := &server{perPage: 100}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(func() {
		s.Close()
		for _, v := range s.violations {
			t.Errorf("against GitLab's documentation: %s", v)
		}
	})
	return s
}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	wrong := func(format string, args ...any) {
		s.violations = append(s.violations, r.Method+" "+r.URL.Path+": "+fmt.Sprintf(format, args...))
	}
	answer := func(status int, v any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(v)
	}
	for _, op := range known {
		m := op.path.FindStringSubmatch(r.URL.Path)
		if m == nil || op.method != r.Method {
			continue
		}
		call := r.Method + " " + op.path.String()
		s.calls = append(s.calls, r.Method)
		for name := range r.URL.Query() {
			if !slices.Contains(op.query, name) {
				wrong("it has no parameter %s", name)
			}
		}
		var in map[string]any
		if op.body {
			if err := json.NewDecoder(r.Body).Decode(&in); err != nil || r.Header.Get("Content-Type") != "application/json" {
				wrong("its body is no JSON: %v", err)
			}
			if text, ok := in["body"].(string); !ok || text == "" || len(text) > 1_000_000 || len(in) != 1 {
				wrong("its attributes are not body alone, of at most a million characters")
			}
		}
		if s.fail != nil {
			if status := s.fail(call); status != 0 {
				answer(status, map[string]string{"message": fmt.Sprint(status, " no")})
				return
			}
		}
		if r.Header.Get("PRIVATE-TOKEN") != token {
			answer(401, map[string]string{"message": "401 Unauthorized"})
			return
		}
		text, _ := in["body"].(string)
		switch {
		case op.method == "POST":
			made := note{ID: int64(len(s.notes) + 1), Body: text}
			made.Author.ID = bot
			s.notes = append(s.notes, made)
			answer(201, made)
		case op.method == "PUT":
			for i := range s.notes {
				if strconv.FormatInt(s.notes[i].ID, 10) == m[1] {
					s.notes[i].Body = text
					answer(200, s.notes[i])
					return
				}
			}
			answer(404, map[string]string{"message": "404 Not found"})
		case r.URL.Path == "/api/v4/user":
			answer(200, map[string]any{"id": bot, "username": "project_5_bot"})
		case op.query == nil:
			answer(200, s.requests)
		default:
			page, _ := strconv.Atoi(r.URL.Query().Get("page"))
			from := min((page-1)*s.perPage, len(s.notes))
			to := min(from+s.perPage, len(s.notes))
			next := ""
			if to < len(s.notes) {
				next = strconv.Itoa(page + 1)
			}
			w.Header().Set("X-Next-Page", next)
			answer(200, s.notes[from:to])
		}
		return
	}
	wrong("there is no such operation")
	w.WriteHeader(404)
}
