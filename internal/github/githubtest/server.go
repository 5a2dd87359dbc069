// Package githubtest is a small GitHub for tests. It holds each request to
// GitHub's published API description of the operations that are used here
// (api.json): a path, query or field that is not in it is a violation.
package githubtest

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Token is the one that the server takes.
const Token = "ghs_0123456789abcdef"

// Server is a GitHub with one repository, octo/app.
type Server struct {
	*httptest.Server
	// Before may answer a request instead of the server: it then answers true.
	Before func(w http.ResponseWriter, r *http.Request, operation string) bool
	// After is called when a request was carried out, before its answer is sent.
	After func(w http.ResponseWriter, operation string)

	operations []*operation

	mu          sync.Mutex
	calls       []string
	violations  []string
	Deployments []*Deployment
	Comments    []*Comment
	Commits     map[string]string // by ref
	Pulls       map[string][]Pull // by commit
}

// Deployment is one on GitHub, newest last.
type Deployment struct {
	ID          int64           `json:"id"`
	SHA         string          `json:"sha"`
	Ref         string          `json:"ref"`
	Task        string          `json:"task"`
	Environment string          `json:"environment"`
	Description string          `json:"description"`
	Payload     json.RawMessage `json:"payload"`
	AutoMerge   *bool           `json:"-"`
	Contexts    []string        `json:"-"`
	Statuses    []Status        `json:"-"`
}

// Status of a deployment, newest last.
type Status struct {
	State          string `json:"state"`
	Description    string `json:"description"`
	LogURL         string `json:"log_url"`
	EnvironmentURL string `json:"environment_url"`
	AutoInactive   *bool  `json:"-"`
}

// Comment on a pull request.
type Comment struct {
	ID          int64  `json:"id"`
	Body        string `json:"body"`
	Association string `json:"author_association"`
	User        User   `json:"user"`
	Pull        int    `json:"-"`
	Edits       int    `json:"-"`
}

// User who wrote a comment.
type User struct {
	Login string `json:"login"`
	Type  string `json:"type"`
}

// Pull is a pull request.
type Pull struct {
	Number int    `json:"number"`
	State  string `json:"state"`
}

// New starts a server below the path of an Enterprise Server's API.
func New() (*Server, error) {
	s, err := unstarted()
	if err == nil {
		s.Start()
	}
	return s, err
}

// NewTLS starts one that speaks TLS; Certificate is of its own authority.
func NewTLS() (*Server, error) {
	s, err := unstarted()
	if err == nil {
		s.Config.ErrorLog = log.New(io.Discard, "", 0) // callers that do not trust it are part of the test
		s.StartTLS()
	}
	return s, err
}

func unstarted() (*Server, error) {
	all, err := description()
	if err != nil {
		return nil, err
	}
	s := &Server{operations: all, Commits: map[string]string{}, Pulls: map[string][]Pull{}}
	s.Server = httptest.NewUnstartedServer(http.StripPrefix("/api/v3", http.HandlerFunc(s.serve)))
	return s, nil
}

// API is the address of the API.
func (s *Server) API() string { return s.URL + "/api/v3" }

// Calls lists the operations so far.
func (s *Server) Calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Violations lists what was wrong with requests.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	for _, op := range s.operations {
		m := op.path.FindStringSubmatch(r.URL.Path)
		if m == nil || op.method != r.Method {
			continue
		}
		s.mu.Lock()
		s.calls = append(s.calls, op.ID)
		if err := op.check(r, body); err != nil {
			s.violations = append(s.violations, err.Error())
		}
		s.mu.Unlock()
		if s.Before != nil && s.Before(w, r, op.ID) {
			return
		}
		if got := r.Header.Get("Authorization"); got != "Bearer "+Token && op.ID != "repos/get-commit" {
			Refuse(w, http.StatusUnauthorized, "Bad credentials")
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		parameters := map[string]string{}
		for i, name := range op.names {
			parameters[name] = m[i+1]
		}
		if parameters["owner"]+"/"+parameters["repo"] != "octo/app" {
			Refuse(w, http.StatusNotFound, "Not Found")
			return
		}
		s.answer(w, r, op, parameters, body)
		if s.After != nil {
			s.After(w, op.ID)
		}
		return
	}
	s.mu.Lock()
	s.violations = append(s.violations, fmt.Sprintf("no operation is %s %s", r.Method, r.URL.Path))
	s.mu.Unlock()
	Refuse(w, http.StatusNotFound, "Not Found")
}

// Know has the server know a ref, also while it answers.
func (s *Server) Know(ref, commit string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Commits[ref] = commit
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, op *operation, p map[string]string, body []byte) {
	id, _ := strconv.ParseInt(p["deployment_id"]+p["issue_number"]+p["comment_id"], 10, 64)
	switch op.ID {
	case "repos/get-commit":
		sha := s.Commits[p["ref"]]
		if sha == "" {
			Refuse(w, http.StatusUnprocessableEntity, "No commit found for SHA: "+p["ref"])
			return
		}
		if !strings.Contains(r.Header.Get("Accept"), "sha") {
			s.violations = append(s.violations, "get-commit: Accept "+r.Header.Get("Accept"))
		}
		io.WriteString(w, sha)
	case "repos/list-pull-requests-associated-with-commit":
		reply(w, 200, s.Pulls[p["commit_sha"]])
	case "repos/list-deployments":
		found := []*Deployment{}
		q := r.URL.Query()
		for _, d := range slices.Backward(s.Deployments) {
			if (!q.Has("sha") || q.Get("sha") == d.SHA) && (!q.Has("environment") || q.Get("environment") == d.Environment) {
				found = append(found, d)
			}
		}
		reply(w, 200, found)
	case "repos/create-deployment":
		d := &Deployment{}
		in := struct {
			*Deployment
			AutoMerge *bool    `json:"auto_merge"`
			Contexts  []string `json:"required_contexts"`
		}{Deployment: d}
		json.Unmarshal(body, &in)
		d.AutoMerge, d.Contexts, d.SHA, d.ID = in.AutoMerge, in.Contexts, d.Ref, int64(1000+len(s.Deployments))
		s.Deployments = append(s.Deployments, d)
		reply(w, 201, d)
	case "repos/list-deployment-statuses", "repos/create-deployment-status":
		n := slices.IndexFunc(s.Deployments, func(d *Deployment) bool { return d.ID == id })
		if n < 0 {
			Refuse(w, http.StatusNotFound, "Not Found")
			return
		}
		d := s.Deployments[n]
		if r.Method == "GET" {
			list := slices.Clone(d.Statuses)
			slices.Reverse(list)
			reply(w, 200, list)
			return
		}
		in := struct {
			Status
			AutoInactive *bool `json:"auto_inactive"`
		}{}
		json.Unmarshal(body, &in)
		in.Status.AutoInactive = in.AutoInactive
		d.Statuses = append(d.Statuses, in.Status)
		reply(w, 201, in.Status)
	case "issues/list-comments":
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		size, _ := strconv.Atoi(r.URL.Query().Get("per_page"))
		page, size = max(page, 1), max(size, 1)
		var all []*Comment
		for _, c := range s.Comments {
			if int64(c.Pull) == id {
				all = append(all, c)
			}
		}
		if page*size < len(all) {
			next := *r.URL
			q := next.Query()
			q.Set("page", strconv.Itoa(page+1))
			next.RawQuery = q.Encode()
			w.Header().Set("Link", "<"+s.API()+next.RequestURI()+`>; rel="next"`)
		}
		all = all[min((page-1)*size, len(all)):min(page*size, len(all))]
		reply(w, 200, append([]*Comment{}, all...))
	case "issues/create-comment", "issues/update-comment":
		var in struct{ Body string }
		json.Unmarshal(body, &in)
		if r.Method == "POST" {
			c := &Comment{ID: int64(5000 + len(s.Comments)), Body: in.Body, Association: "NONE", User: User{"github-actions[bot]", "Bot"}, Pull: int(id)}
			s.Comments = append(s.Comments, c)
			reply(w, 201, c)
			return
		}
		n := slices.IndexFunc(s.Comments, func(c *Comment) bool { return c.ID == id })
		if n < 0 {
			Refuse(w, http.StatusNotFound, "Not Found")
			return
		}
		s.Comments[n].Body = in.Body
		s.Comments[n].Edits++
		reply(w, 200, s.Comments[n])
	}
}

// Refuse answers as GitHub does when it refuses.
func Refuse(w http.ResponseWriter, status int, message string) {
	reply(w, status, map[string]string{"message": message, "documentation_url": "https://docs.github.com/rest"})
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}
