package sigv4

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	algorithm     = "AWS4-HMAC-SHA256"
	timeFormat    = "20060102T150405Z"
	dateFormat    = "20060102"
	scopeEnd      = "aws4_request"
	contentSHA256 = "X-Amz-Content-Sha256"

	maxExpires = 7 * 24 * time.Hour
)

// authorization is what a request says about its own signature.
type authorization struct {
	accessKeyID   string
	date          string // of the scope, YYYYMMDD
	region        string
	service       string
	signedHeaders []string
	signature     string
	time          time.Time
	presigned     bool
	expires       time.Duration // presigned only
}

func (a *authorization) scope() string {
	return a.date + "/" + a.region + "/" + a.service + "/" + scopeEnd
}

// parse reads the authorization of r in whichever form it has.
func parse(r *http.Request) (*authorization, error) {
	header := r.Header.Get("Authorization")
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, errorf(IncompleteSignature, "the query is malformed: %v", err)
	}
	inQuery := query.Has("X-Amz-Signature") || query.Has("X-Amz-Algorithm")
	switch {
	case header != "" && inQuery:
		return nil, errorf(IncompleteSignature, "the request is signed both in its Authorization header and in its query")
	case header != "":
		return parseHeader(header, r.Header)
	case inQuery:
		return parseQuery(query)
	}
	return nil, errorf(MissingAuthenticationToken, "the request is not signed")
}

func parseHeader(value string, headers http.Header) (*authorization, error) {
	name, rest, _ := strings.Cut(value, " ")
	if name != algorithm {
		return nil, errorf(IncompleteSignature, "the Authorization header does not begin with %s", algorithm)
	}
	a := &authorization{}
	var credential, signed string
	for field := range strings.SplitSeq(rest, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(field), "=")
		if !ok {
			return nil, errorf(IncompleteSignature, "the Authorization header holds %q where NAME=VALUE was expected", field)
		}
		var to *string
		switch name {
		case "Credential":
			to = &credential
		case "SignedHeaders":
			to = &signed
		case "Signature":
			to = &a.signature
		default:
			return nil, errorf(IncompleteSignature, "the Authorization header holds the unknown part %q", name)
		}
		if *to != "" {
			return nil, errorf(IncompleteSignature, "the Authorization header holds %s twice", name)
		}
		*to = value
	}
	if err := a.fill(credential, signed); err != nil {
		return nil, err
	}
	return a, a.setTime(headers)
}

// setTime takes the signing time from x-amz-date, or from Date where only that
// is there.
func (a *authorization) setTime(headers http.Header) error {
	if value := headers.Get("X-Amz-Date"); value != "" {
		return a.parseTime(value)
	}
	value := headers.Get("Date")
	if value == "" {
		return errorf(IncompleteSignature, "the request has neither an x-amz-date nor a date header")
	}
	if !slices.Contains(a.signedHeaders, "date") {
		return errorf(IncompleteSignature, "the date header is not signed")
	}
	t, err := http.ParseTime(value)
	if err != nil {
		return a.parseTime(value)
	}
	a.time = t.UTC()
	return a.checkDate()
}

func parseQuery(query url.Values) (*authorization, error) {
	if got := query.Get("X-Amz-Algorithm"); got != algorithm {
		return nil, errorf(IncompleteSignature, "X-Amz-Algorithm is %q, not %s", got, algorithm)
	}
	a := &authorization{presigned: true, signature: query.Get("X-Amz-Signature")}
	if err := a.fill(query.Get("X-Amz-Credential"), query.Get("X-Amz-SignedHeaders")); err != nil {
		return nil, err
	}
	seconds, err := strconv.Atoi(query.Get("X-Amz-Expires"))
	if err != nil || seconds < 1 || seconds > int(maxExpires/time.Second) {
		return nil, errorf(IncompleteSignature, "X-Amz-Expires is %q, not a number of seconds from 1 to %d",
			query.Get("X-Amz-Expires"), int(maxExpires/time.Second))
	}
	a.expires = time.Duration(seconds) * time.Second
	return a, a.parseTime(query.Get("X-Amz-Date"))
}

// fill takes the credential and the list of signed headers apart. An access
// key may hold slashes; the four parts of the scope may not.
func (a *authorization) fill(credential, signed string) error {
	parts := strings.Split(credential, "/")
	n := len(parts)
	if n < 5 || parts[n-1] != scopeEnd || slices.Contains(parts[n-4:], "") {
		return errorf(IncompleteSignature, "the credential %q is not KEY/DATE/REGION/SERVICE/%s", credential, scopeEnd)
	}
	a.accessKeyID = strings.Join(parts[:n-4], "/")
	a.date, a.region, a.service = parts[n-4], parts[n-3], parts[n-2]
	if a.accessKeyID == "" {
		return errorf(IncompleteSignature, "the credential %q names no access key", credential)
	}
	if !isHexSHA256(a.signature) {
		return errorf(IncompleteSignature, "the signature is missing or is not 64 hexadecimal digits")
	}
	a.signedHeaders = strings.Split(signed, ";")
	for i, name := range a.signedHeaders {
		if name == "" || name != strings.ToLower(name) || strings.ContainsAny(name, ": \n") ||
			i > 0 && name <= a.signedHeaders[i-1] {
			return errorf(IncompleteSignature, "the signed headers %q are not sorted names in lower case", signed)
		}
	}
	return nil
}

func (a *authorization) parseTime(value string) error {
	t, err := time.Parse(timeFormat, value)
	if err != nil {
		return errorf(IncompleteSignature, "the signing time %q is not of the form %s", value, timeFormat)
	}
	a.time = t
	return a.checkDate()
}

func (a *authorization) checkDate() error {
	if a.time.Format(dateFormat) != a.date {
		return errorf(IncompleteSignature, "the credential is of %s, but the request was signed at %s", a.date, a.time.Format(timeFormat))
	}
	return nil
}

// coversRequired checks that the signature covers the host and every x-amz-
// header: those decide what a request does.
func (a *authorization) coversRequired(r *http.Request) error {
	if !slices.Contains(a.signedHeaders, "host") {
		return errorf(IncompleteSignature, "the host header is not signed")
	}
	for name := range r.Header {
		lower := strings.ToLower(name)
		if strings.HasPrefix(lower, "x-amz-") && !slices.Contains(a.signedHeaders, lower) {
			return errorf(IncompleteSignature, "the header %s is not signed", lower)
		}
	}
	return nil
}

func isHexSHA256(s string) bool {
	if len(s) != 64 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
