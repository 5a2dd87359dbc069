package objects

import (
	"net/http"
	"strings"
	"time"
)

// writeCondition reads the conditions of a write.
func writeCondition(h http.Header) (condition, error) {
	var c condition
	if value := h.Get("If-None-Match"); value == "*" {
		c.absent = true
	} else if value != "" {
		return c, errorf(errNotImplemented, "If-None-Match: %s: a write takes * only", value)
	}
	c.etag = unquote(h.Get("If-Match"))
	if c.absent && c.etag != "" {
		return c, errorf(errInvalidRequest, "If-Match and If-None-Match exclude each other")
	}
	return c, nil
}

// readCondition checks the conditions of a read, in the order of RFC 9110.
// prefix is empty, or x-amz-copy-source- for the source of a copy, where every
// failure is a 412.
func readCondition(h http.Header, prefix string, o Object) error {
	failed := func(name string) error {
		return errorf(errPrecondition, "%s%s does not hold for the object", prefix, name).with("x-amz-condition", prefix+name)
	}
	fresh := func(name string) error {
		if prefix != "" {
			return failed(name)
		}
		return errorf(errNotModified, "the object is as the client knows it").
			with("ETag", quote(o.ETag)).with("Last-Modified", o.LastModified.Format(http.TimeFormat))
	}
	match, unmodified := h.Get(prefix+"If-Match"), h.Get(prefix+"If-Unmodified-Since")
	if match != "" {
		if !matches(match, o.ETag) {
			return failed("If-Match")
		}
	} else if t, err := http.ParseTime(unmodified); err == nil && wholeSecond(o).After(t) {
		return failed("If-Unmodified-Since")
	}
	none, modified := h.Get(prefix+"If-None-Match"), h.Get(prefix+"If-Modified-Since")
	if none != "" {
		if matches(none, o.ETag) {
			return fresh("If-None-Match")
		}
	} else if t, err := http.ParseTime(modified); err == nil && !wholeSecond(o).After(t) {
		return fresh("If-Modified-Since")
	}
	return nil
}

// wholeSecond is the time as headers show it.
func wholeSecond(o Object) time.Time { return o.LastModified.Truncate(time.Second) }

func matches(list, etag string) bool {
	for value := range strings.SplitSeq(list, ",") {
		if value = unquote(value); value == "*" || value == etag {
			return true
		}
	}
	return false
}

func quote(etag string) string { return `"` + etag + `"` }

func unquote(etag string) string {
	return strings.Trim(strings.TrimPrefix(strings.TrimSpace(etag), "W/"), `"`)
}
