package gitlab

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/authority"
)

const (
	callTime = 5 * time.Second // for one answer
	mostRead = 16 << 20        // of one answer
)

// client calls GitLab's REST API.
type client struct {
	api   *url.URL
	token string
	http  *http.Client
}

func newClient(api *url.URL, token string, getenv func(string) string) *client {
	// GitLab's runner names the authority that it trusts the server by. A redirect would take the token along.
	return &client{api, token, &http.Client{Transport: authority.Transport(getenv, "CI_SERVER_TLS_CA_FILE"), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// refusal is an answer that is not a good one.
type refusal struct {
	status int
	says   string
}

func (r *refusal) Error() string { return fmt.Sprintf("GitLab answers %d: %s", r.status, r.says) }

// call makes one call and reads its answer into out. It gives the number of the
// next page, or 0.
func (c *client) call(ctx context.Context, method, path string, query url.Values, in, out any) (next int, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	u := *c.api
	u.Path += path
	u.RawQuery = query.Encode()
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return 0, err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return 0, err
	}
	req.Header.Set("PRIVATE-TOKEN", c.token)
	req.Header.Set("User-Agent", "codedeploy-steps")
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, mostRead))
	if err != nil {
		return 0, err
	}
	if resp.StatusCode/100 != 2 {
		return 0, &refusal{resp.StatusCode, saying(resp.StatusCode, text)}
	}
	next, _ = strconv.Atoi(resp.Header.Get("X-Next-Page"))
	if err := json.Unmarshal(text, out); err != nil {
		return 0, &refusal{resp.StatusCode, "something that is not its API's JSON"}
	}
	return next, nil
}

// saying gives GitLab's own words: {"message": …} or {"error": …}.
func saying(status int, text []byte) string {
	var answer struct {
		Message any    `json:"message"`
		Error   string `json:"error"`
	}
	json.Unmarshal(text, &answer)
	switch m, isText := answer.Message.(string); {
	case isText && m != "":
		return m
	case answer.Message != nil:
		return fmt.Sprint(answer.Message)
	case answer.Error != "":
		return answer.Error
	}
	return http.StatusText(status)
}

// passing says if a later call may succeed where this one did not.
func passing(err error) bool {
	var r *refusal
	return !errors.As(err, &r) || r.status >= 500 || r.status == http.StatusTooManyRequests
}

func outcome(err error) string {
	if err == nil {
		return "ok"
	}
	return words(err)
}

// words say why there is no note, and what to do.
func words(err error) string {
	var r *refusal
	var address *url.Error
	switch {
	case errors.As(err, &r) && r.status == http.StatusUnauthorized:
		return r.Error() + ". The token is not valid, or is not one of this server."
	case errors.As(err, &r) && (r.status == http.StatusForbidden || r.status == http.StatusNotFound):
		return r.Error() + ". The token has to have the scope api in this project; the job's own token may only read notes."
	case errors.As(err, &r):
		return r.Error() + "."
	case errors.Is(err, context.DeadlineExceeded):
		return "GitLab's API does not answer in time."
	case errors.Is(err, context.Canceled):
		return "there was no time left to ask GitLab."
	case errors.As(err, &address):
		return "GitLab's API is not reached: " + address.Err.Error() + "."
	}
	return err.Error() + "."
}

// notes keeps one note on the merge request.
type notes struct {
	client *client
	at     place
	mark   string
	user   int64 // the token's; 0 until it was asked for
	id     int64 // of the note; 0 until it was looked for or made
	none   bool  // the commit belongs to no merge request
	said   string
}

type body struct {
	Body string `json:"body"`
}

type note struct {
	ID     int64  `json:"id"`
	Body   string `json:"body"`
	Author struct {
		ID int64 `json:"id"`
	} `json:"author"`
}

// show makes the note say the text.
func (n *notes) show(ctx context.Context, text string) error {
	if n.none || text == n.said {
		return nil
	}
	if err := n.findRequest(ctx); err != nil || n.none {
		return err
	}
	if n.id == 0 {
		if err := n.find(ctx); err != nil {
			return err
		}
	}
	var have note
	var err error
	if n.id != 0 {
		_, err = n.client.call(ctx, "PUT", n.path()+"/"+strconv.FormatInt(n.id, 10), nil, body{text}, &have)
		var r *refusal
		if errors.As(err, &r) && r.status == http.StatusNotFound { // deleted meanwhile
			n.id = 0
		}
	}
	if n.id == 0 {
		if _, err = n.client.call(ctx, "POST", n.path(), nil, body{text}, &have); err == nil {
			n.id = have.ID
		}
	}
	if err == nil {
		n.said = text
	}
	return err
}

func (n *notes) path() string {
	return "/projects/" + n.at.project + "/merge_requests/" + strconv.Itoa(n.at.request) + "/notes"
}

// findRequest finds the merge request of a job that is of none: an open one of
// its commit before others.
func (n *notes) findRequest(ctx context.Context) error {
	if n.at.request != 0 {
		return nil
	}
	if n.at.commit == "" {
		n.none = true
		return nil
	}
	var requests []struct {
		IID     int    `json:"iid"`
		State   string `json:"state"`
		Project int64  `json:"project_id"`
	}
	path := "/projects/" + n.at.project + "/repository/commits/" + url.PathEscape(n.at.commit) + "/merge_requests"
	if _, err := n.client.call(ctx, "GET", path, nil, nil, &requests); err != nil {
		return err
	}
	n.none = len(requests) == 0
	for _, r := range requests {
		if n.at.request == 0 || r.State == "opened" {
			n.at.request, n.at.project = r.IID, strconv.FormatInt(r.Project, 10)
		}
		if r.State == "opened" {
			break
		}
	}
	return nil
}

// find looks for the note, before each one that would be made: a call without an
// answer may have made it. A stranger's note with our marker is left alone.
func (n *notes) find(ctx context.Context) error {
	if n.user == 0 {
		var user struct {
			ID int64 `json:"id"`
		}
		if _, err := n.client.call(ctx, "GET", "/user", nil, nil, &user); err != nil {
			return err
		}
		n.user = user.ID
	}
	for page := 1; page != 0; {
		var have []note
		next, err := n.client.call(ctx, "GET", n.path(), url.Values{"sort": {"asc"}, "per_page": {"100"}, "page": {strconv.Itoa(page)}}, nil, &have)
		if err != nil {
			return err
		}
		for _, note := range have {
			if note.Author.ID == n.user && strings.HasPrefix(note.Body, n.mark) {
				n.id = note.ID
				return nil
			}
		}
		page = next
	}
	return nil
}
