package github

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	gh "github.com/google/go-github/v62/github"

	"github.com/codedeploy-steps/codedeploy-steps/internal/authority"
)

// reason puts into words why a call failed.
func reason(err error) string {
	if limited, wait := rateLimit(err); limited {
		return fmt.Sprintf("GitHub takes no more calls for %s (rate limit)", wait.Round(time.Second))
	}
	if r := response(err); r != nil {
		var answer *gh.ErrorResponse
		words := http.StatusText(r.StatusCode)
		if errors.As(err, &answer) && answer.Message != "" {
			words = answer.Message
			for _, e := range answer.Errors {
				if e.Message != "" {
					words += ", " + e.Message
				}
			}
		}
		return fmt.Sprintf("GitHub answers %d: %s", r.StatusCode, words)
	}
	var address *url.Error
	var dial *net.OpError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &certificate):
		return fmt.Sprintf("GitHub's API is not trusted: %v; %s names a file with a private authority's certificates", certificate.Err, authority.Variable)
	case errors.Is(err, context.DeadlineExceeded):
		return "GitHub's API does not answer in time"
	case errors.Is(err, context.Canceled):
		return "there was no time left to ask GitHub"
	case errors.As(err, &dial):
		return fmt.Sprintf("GitHub's API is not reached: %v", dial)
	case errors.As(err, &address):
		return fmt.Sprintf("GitHub's API is not reached: %v", address.Err)
	}
	return err.Error()
}

// remedy says what to do about a refusal, for what needs the given permission.
func remedy(err error, permission string) string {
	if limited, _ := rateLimit(err); limited {
		return ""
	}
	switch status(err) {
	case http.StatusUnauthorized:
		return "The token is not valid any more, or is not one of this server."
	case http.StatusForbidden, http.StatusNotFound:
		return fmt.Sprintf("The token lacks the permission %s: give it to the job (permissions:). A fork's pull request has a token that may only read.", permission)
	}
	return ""
}
