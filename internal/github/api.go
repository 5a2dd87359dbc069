package github

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	gh "github.com/google/go-github/v62/github"

	"github.com/codedeploy-steps/codedeploy-steps/internal/authority"
)

const (
	callTime = 5 * time.Second  // for one answer
	attempts = 3                // of a call that may yet succeed
	patience = 10 * time.Second // for a limit of the rate of calls to pass
)

// api calls GitHub's API in one repository.
type api struct {
	client      *gh.Client
	owner, repo string
	pause       func(context.Context, time.Duration) error
	debug       func(format string, args ...any)
	// down says that the last call found nobody. The next one is tried once: a step
	// is not held up by each call of a GitHub that is out of reach.
	down bool
}

func newAPI(address *url.URL, token string, getenv func(string) string) *gh.Client {
	c := gh.NewClient(&http.Client{Transport: authority.Transport(getenv), CheckRedirect: sameHost})
	if token != "" {
		c = c.WithAuthToken(token)
	}
	c.BaseURL = address
	c.UserAgent = "codedeploy-steps"
	return c
}

// sameHost keeps the token, which the client adds to each request, from another host.
func sameHost(req *http.Request, via []*http.Request) error {
	if len(via) >= 5 || req.URL.Host != via[0].URL.Host || req.URL.Scheme != via[0].URL.Scheme {
		return http.ErrUseLastResponse
	}
	return nil
}

// call makes a call, and makes it again where a fault may pass. What makes
// something must look first if an attempt without an answer made it.
func (a *api) call(ctx context.Context, what string, do func(ctx context.Context) (*gh.Response, error)) error {
	for try := 1; ; try++ {
		one, cancel := context.WithTimeout(ctx, callTime)
		_, err := do(one)
		cancel()
		a.debug("GitHub: %s: %s", what, outcome(err))
		if err == nil {
			a.down = false
			return nil
		}
		wait, again := retry(err, try)
		if !again || a.down || try == attempts || ctx.Err() != nil || a.pause(ctx, wait) != nil {
			a.down = status(err) == 0 || status(err) >= 500
			return err
		}
	}
}

func outcome(err error) string {
	if err == nil {
		return "ok"
	}
	return reason(err)
}

// retry says if a call may succeed later, and how much later.
func retry(err error, try int) (time.Duration, bool) {
	if limited, wait := rateLimit(err); limited {
		return wait, wait <= patience
	}
	var certificate *tls.CertificateVerificationError
	if code := status(err); code != 0 && code < 500 || errors.As(err, &certificate) {
		return 0, false
	}
	return time.Duration(try) * time.Second, true
}

// passing says if a later call may succeed where this one did not.
func passing(err error) bool {
	limited, _ := rateLimit(err)
	code := status(err)
	return limited || code == 0 || code >= 500
}

// status gives the HTTP status of an answer that is an error; 0 if there was none.
func status(err error) int {
	if r := response(err); r != nil {
		return r.StatusCode
	}
	return 0
}

func response(err error) *http.Response {
	var answer *gh.ErrorResponse
	var primary *gh.RateLimitError
	var secondary *gh.AbuseRateLimitError
	switch {
	case errors.As(err, &answer):
		return answer.Response
	case errors.As(err, &primary):
		return primary.Response
	case errors.As(err, &secondary):
		return secondary.Response
	}
	return nil
}

// rateLimit says if too many calls were made, and when the next one may be:
// Retry-After, else X-RateLimit-Reset, else a minute (GitHub's docs: rate limits
// for the REST API).
func rateLimit(err error) (bool, time.Duration) {
	var primary *gh.RateLimitError
	var secondary *gh.AbuseRateLimitError
	r := response(err)
	switch {
	case r == nil:
		return false, 0
	case errors.As(err, &primary) && r.Header.Get("Retry-After") == "":
		return true, max(0, time.Until(primary.Rate.Reset.Time)) + time.Second
	case errors.As(err, &secondary) && secondary.RetryAfter != nil:
		return true, *secondary.RetryAfter
	case r.StatusCode != http.StatusTooManyRequests && r.Header.Get("Retry-After") == "" && r.Header.Get("X-RateLimit-Remaining") != "0",
		r.StatusCode != http.StatusTooManyRequests && r.StatusCode != http.StatusForbidden:
		return errors.As(err, &secondary), time.Minute
	}
	if seconds, err := strconv.ParseUint(r.Header.Get("Retry-After"), 10, 32); err == nil {
		return true, time.Duration(seconds) * time.Second
	}
	if at, err := strconv.ParseInt(r.Header.Get("X-RateLimit-Reset"), 10, 64); err == nil {
		return true, max(0, time.Until(time.Unix(at, 0))) + time.Second
	}
	return true, time.Minute
}
