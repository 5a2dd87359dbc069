// Package sigv4 checks AWS Signature Version 4 on requests that arrive: who
// signed, that nothing signed was changed, and that the body is the one that
// was meant. Both forms are read, the Authorization header and the presigned
// query, for every service and region that a credential scope names.
//
// It only verifies. Signing is the SDK's part, what a caller may do is the
// server's, and Signature Version 4A (ECDSA) and session tokens are not known:
// a token that comes along is covered by the signature and otherwise ignored.
//
// The facts are from the AWS General Reference ("Create a signed AWS API
// request") and the Amazon S3 API Reference ("Authenticating Requests: Using
// the Authorization Header", "Signature Calculations … Transferring Payload in
// Multiple Chunks", "… with trailing headers"). Where SDKs differ from the
// text (normalising paths) both forms are accepted; see canonicalPaths.
package sigv4

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// DefaultSkew is how far a client's clock may be from ours.
const DefaultSkew = 15 * time.Minute

// DefaultMaxBody bounds the bodies that must be held in memory because their
// hash is part of the signature and no header carries it.
const DefaultMaxBody = 8 << 20

// Key is a pair of credentials.
type Key struct{ ID, Secret string }

// Keys returns a Verifier.Lookup that knows exactly these keys.
func Keys(keys ...Key) func(accessKeyID string) (secret string, ok bool) {
	byID := make(map[string]string, len(keys))
	for _, k := range keys {
		byID[k.ID] = k.Secret
	}
	return func(id string) (string, bool) {
		secret, ok := byID[id]
		return secret, ok
	}
}

// Verifier checks requests. It is safe for concurrent use when Lookup and Now
// are; its fields are not changed after the first call.
type Verifier struct {
	// Lookup finds the secret of an access key.
	Lookup func(accessKeyID string) (secret string, ok bool)
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Skew is the tolerated difference of clocks; zero means DefaultSkew.
	Skew time.Duration
	// MaxBody bounds the body of a request without x-amz-content-sha256, in
	// bytes; zero means DefaultMaxBody.
	MaxBody int64
}

// Identity is who signed a request, and what is needed to check its body.
type Identity struct {
	AccessKeyID string
	Region      string
	Service     string
	// Time is when the request was signed, by the client's clock.
	Time time.Time
	// Presigned tells that the signature came in the query.
	Presigned bool
	// Payload is the hash or the streaming form that was signed for the body.
	Payload string

	scope      string
	signingKey []byte
	signature  string // the seed of the chunks' signatures
	checked    bool   // the body was hashed by Verify already
}

// Verify checks the signature of r. For a request without an
// x-amz-content-sha256 header it reads the whole body, up to MaxBody, and
// leaves an equal one in r.Body. In all other cases the body is not touched,
// and is not yet verified: read it through Identity.Body only.
//
// Every error is an *Error, except a failure to read the body.
func (v *Verifier) Verify(r *http.Request) (*Identity, error) {
	auth, err := parse(r)
	if err != nil {
		return nil, err
	}
	if err := v.checkTime(auth); err != nil {
		return nil, err
	}
	if err := auth.coversRequired(r); err != nil {
		return nil, err
	}
	secret, ok := v.Lookup(auth.accessKeyID)
	if !ok {
		return nil, errorf(UnrecognizedClient, "no access key %q is known here", auth.accessKeyID)
	}
	id := &Identity{
		AccessKeyID: auth.accessKeyID,
		Region:      auth.region,
		Service:     auth.service,
		Time:        auth.time,
		Presigned:   auth.presigned,
		scope:       auth.scope(),
		signingKey:  signingKey(secret, auth.date, auth.region, auth.service),
		signature:   auth.signature,
	}
	if id.Payload, id.checked, err = v.payload(r, auth); err != nil {
		return nil, err
	}
	query, err := canonicalQuery(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	headers := canonicalHeaders(r, auth.signedHeaders)
	for _, path := range canonicalPaths(auth.service, r.URL) {
		request := canonicalRequest(r.Method, path, query, headers, auth.signedHeaders, id.Payload)
		want := id.sign("AWS4-HMAC-SHA256", hexSHA256([]byte(request)))
		if hmac.Equal([]byte(want), []byte(auth.signature)) {
			return id, nil
		}
	}
	return nil, errorf(InvalidSignature, "the signature that was sent is not the one that the secret of access key %q gives for this request", auth.accessKeyID)
}

func (v *Verifier) now() time.Time {
	if v.Now != nil {
		return v.Now()
	}
	return time.Now()
}

func (v *Verifier) checkTime(auth *authorization) error {
	skew := v.Skew
	if skew == 0 {
		skew = DefaultSkew
	}
	now := v.now()
	age := now.Sub(auth.time)
	if age < -skew || (!auth.presigned && age > skew) {
		return errorf(RequestTimeTooSkewed, "signed at %s, and it is %s here: more than %s apart",
			auth.time.Format(timeFormat), now.UTC().Format(timeFormat), skew)
	}
	if auth.presigned && age > auth.expires {
		return errorf(RequestExpired, "the signed address was valid until %s, and it is %s here",
			auth.time.Add(auth.expires).Format(timeFormat), now.UTC().Format(timeFormat))
	}
	return nil
}

// payload finds the value that the canonical request carries for the body.
// checked says that it was computed here from the body itself.
func (v *Verifier) payload(r *http.Request, auth *authorization) (value string, checked bool, err error) {
	if value := r.Header.Get(contentSHA256); value != "" {
		return value, false, nil
	}
	if auth.presigned {
		if value := r.URL.Query().Get(contentSHA256); value != "" {
			return value, false, nil
		}
	}
	if auth.service == "s3" {
		if auth.presigned {
			return UnsignedPayload, false, nil
		}
		return "", false, errorf(IncompleteSignature, "the header x-amz-content-sha256 is missing")
	}
	limit := v.MaxBody
	if limit == 0 {
		limit = DefaultMaxBody
	}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return "", false, errorf(IncompleteBody, "the body ended after %d bytes, before its announced length", len(body))
		}
		return "", false, fmt.Errorf("read the request's body: %w", err)
	}
	if int64(len(body)) > limit {
		return "", false, errorf(BodyTooLarge, "the body is longer than %d bytes", limit)
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{bytes.NewReader(body), r.Body}
	return hexSHA256(body), true, nil
}

// sign makes a signature of the given kind; what it covers are the lines after
// the scope, each a signature or a hash.
func (id *Identity) sign(kind string, lines ...string) string {
	text := kind + "\n" + id.Time.Format(timeFormat) + "\n" + id.scope
	for _, line := range lines {
		text += "\n" + line
	}
	return hex.EncodeToString(hmacSHA256(id.signingKey, text))
}

func signingKey(secret, date, region, service string) []byte {
	key := hmacSHA256([]byte("AWS4"+secret), date)
	key = hmacSHA256(key, region)
	key = hmacSHA256(key, service)
	return hmacSHA256(key, scopeEnd)
}

func hmacSHA256(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	io.WriteString(mac, text)
	return mac.Sum(nil)
}

func hexSHA256(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
