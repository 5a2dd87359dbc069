package objects

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/sigv4"
)

// Handler answers S3's REST API. Every request must be signed for service s3
// with a key that v knows; a nil v refuses all. The handler sees paths as they
// were sent: an http.ServeMux before it would redirect keys with empty or dot
// segments.
func (s *Store) Handler(v *sigv4.Verifier) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("x-amz-request-id", requestID())
		w.Header().Set("Server", "codedeploy-steps")
		if err := s.serve(v, w, r); err != nil {
			writeError(w, r, err)
		}
	})
}

// call is one request on its way through the handler.
type call struct {
	*Store
	w      http.ResponseWriter
	r      *http.Request
	id     *sigv4.Identity
	body   *sigv4.Body
	query  url.Values
	bucket string // "" addresses the service
	key    string // "" addresses the bucket
}

func (s *Store) serve(v *sigv4.Verifier, w http.ResponseWriter, r *http.Request) error {
	if v == nil {
		return errorf(errAccessDenied, "no keys are known here")
	}
	id, err := v.Verify(r)
	if err != nil {
		return err
	}
	if id.Service != "s3" {
		return errorf(errAuthorizationHeader, "the request is signed for the service %q, not for s3", id.Service)
	}
	body, err := id.Body(r)
	if err != nil {
		return err
	}
	c := &call{Store: s, w: w, r: r, id: id, body: body, query: r.URL.Query()}
	c.bucket, c.key = s.address(r)
	run, err := c.operation()
	if err != nil {
		return err
	}
	return run(c)
}

// address finds bucket and key, in path style or by the host's name.
func (s *Store) address(r *http.Request) (bucket, key string) {
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	path := strings.TrimPrefix(r.URL.Path, "/")
	for _, base := range s.BaseHosts {
		if bucket, ok := strings.CutSuffix(strings.ToLower(host), "."+strings.ToLower(base)); ok && bucket != "" {
			return bucket, path
		}
	}
	bucket, key, _ = strings.Cut(path, "/")
	return bucket, key
}

func requestID() string {
	var b [8]byte
	rand.Read(b[:])
	return strings.ToUpper(hex.EncodeToString(b[:]))
}

const xmlNamespace = "http://s3.amazonaws.com/doc/2006-03-01/"

// answer sends a document. Its root element needs the namespace attribute.
func (c *call) answer(document any) error {
	return writeXML(c.w, http.StatusOK, document)
}

func writeXML(w http.ResponseWriter, status int, document any) error {
	text, err := xml.Marshal(document)
	if err != nil {
		return err
	}
	text = append([]byte(xml.Header), text...)
	w.Header().Set("Content-Type", "application/xml")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	w.Write(text) // a client that went away needs no answer
	return nil
}

type errorDocument struct {
	XMLName   xml.Name `xml:"Error"`
	Code      Code
	Message   string
	Resource  string
	RequestID string `xml:"RequestId"`
}

func writeError(w http.ResponseWriter, r *http.Request, err error) {
	e := asError(err)
	for name, values := range e.header {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	status := e.Code.status()
	if r.Method == http.MethodHead || status == http.StatusNotModified {
		w.WriteHeader(status)
		return
	}
	writeXML(w, status, errorDocument{
		Code: e.Code, Message: e.Message, Resource: r.URL.Path, RequestID: w.Header().Get("x-amz-request-id"),
	})
}

// asError puts an error into S3's terms.
func asError(err error) *Error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	var refused *sigv4.Error
	if !errors.As(err, &refused) {
		return errorf(errInternal, "%v", err)
	}
	code := errInvalidRequest
	switch refused.Code {
	case sigv4.MissingAuthenticationToken, sigv4.RequestExpired:
		code = errAccessDenied
	case sigv4.IncompleteSignature:
		code = errAuthorizationHeader
	case sigv4.UnrecognizedClient:
		code = errInvalidAccessKey
	case sigv4.InvalidSignature:
		code = errSignature
	case sigv4.RequestTimeTooSkewed:
		code = errTimeTooSkewed
	case sigv4.UnsupportedPayload:
		code = errInvalidArgument
	case sigv4.ContentSHA256Mismatch:
		code = errContentSHA256
	case sigv4.MissingDecodedLength:
		code = errMissingLength
	case sigv4.IncompleteBody:
		code = errIncompleteBody
	case sigv4.MalformedTrailer:
		code = errMalformedTrailer
	case sigv4.BodyTooLarge:
		code = errEntityTooLarge
	}
	return errorf(code, "%s", refused.Message)
}
