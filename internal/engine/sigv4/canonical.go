package sigv4

import (
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
)

// canonicalRequest is the text that a request's signature covers.
func canonicalRequest(method, path, query, headers string, signed []string, payload string) string {
	return strings.Join([]string{method, path, query, headers, strings.Join(signed, ";"), payload}, "\n")
}

// canonicalPaths lists the forms in which a client may have signed the path.
//
// S3 signs the path as it is sent, percent-encoded once; its rule is to encode
// the key anew, which differs only where a client encoded more or less than it
// had to. Other services encode what is sent a second time; the SDK for Go
// leaves dot segments alone, botocore and the rule remove them.
func canonicalPaths(service string, u *url.URL) []string {
	sent := u.EscapedPath()
	if sent == "" {
		sent = "/"
	}
	var paths []string
	if service == "s3" {
		paths = []string{sent, escape(u.Path, true)}
	} else {
		clean := path.Clean("/" + sent)
		if strings.HasSuffix(sent, "/") && clean != "/" {
			clean += "/"
		}
		paths = []string{escape(sent, true), escape(clean, true)}
	}
	return slices.Compact(paths)
}

// canonicalQuery encodes and sorts the parameters, without the signature.
func canonicalQuery(raw string) (string, error) {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return "", errorf(IncompleteSignature, "the query is malformed: %v", err)
	}
	type parameter struct{ name, value string }
	var list []parameter
	for name, values := range query {
		if name == "X-Amz-Signature" {
			continue
		}
		for _, value := range values {
			list = append(list, parameter{escape(name, false), escape(value, false)})
		}
	}
	// Sorted after encoding, and by name before value: "a-b=" and "a=" would
	// come out in another order as whole strings.
	slices.SortFunc(list, func(a, b parameter) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		return strings.Compare(a.value, b.value)
	})
	var text strings.Builder
	for i, p := range list {
		if i > 0 {
			text.WriteByte('&')
		}
		text.WriteString(p.name + "=" + p.value)
	}
	return text.String(), nil
}

// canonicalHeaders writes the signed headers, a line each.
func canonicalHeaders(r *http.Request, signed []string) string {
	var text strings.Builder
	for _, name := range signed {
		text.WriteString(name)
		text.WriteByte(':')
		for i, value := range headerValues(r, name) {
			if i > 0 {
				text.WriteByte(',')
			}
			text.WriteString(foldSpaces(value))
		}
		text.WriteByte('\n')
	}
	return text.String()
}

// headerValues finds a header also where net/http keeps it outside of Header.
func headerValues(r *http.Request, name string) []string {
	values := r.Header.Values(name)
	switch {
	case name == "host":
		if r.Host != "" {
			return []string{r.Host}
		}
		return []string{r.URL.Host}
	case name == "content-length" && len(values) == 0 && r.ContentLength >= 0:
		return []string{strconv.FormatInt(r.ContentLength, 10)}
	case name == "transfer-encoding" && len(values) == 0:
		return r.TransferEncoding
	}
	return values
}

// foldSpaces trims the ends and makes one blank of each run of blanks.
func foldSpaces(s string) string {
	s = strings.TrimSpace(s)
	for strings.Contains(s, "  ") {
		s = strings.ReplaceAll(s, "  ", " ")
	}
	return s
}

// escape percent-encodes all but the unreserved characters of RFC 3986.
func escape(s string, keepSlash bool) string {
	const digits = "0123456789ABCDEF"
	var text strings.Builder
	text.Grow(len(s))
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			c == '-', c == '_', c == '.', c == '~', c == '/' && keepSlash:
			text.WriteByte(c)
		default:
			text.WriteByte('%')
			text.WriteByte(digits[c>>4])
			text.WriteByte(digits[c&15])
		}
	}
	return text.String()
}
