package sigv4

import "fmt"

// Code says in one word why a request was refused. The words are neutral:
// a JSON service and S3 each have their own names for some of them.
type Code string

const (
	// MissingAuthenticationToken: the request carries no signature.
	MissingAuthenticationToken Code = "MissingAuthenticationTokenException"
	// IncompleteSignature: it carries one that cannot be read, lacks a part,
	// or leaves a header uncovered that must be signed.
	IncompleteSignature Code = "IncompleteSignatureException"
	// UnrecognizedClient: the access key is not known.
	UnrecognizedClient Code = "UnrecognizedClientException"
	// InvalidSignature: the signature of the request, of a chunk or of the
	// trailer is not what the secret gives.
	InvalidSignature Code = "InvalidSignatureException"
	// RequestTimeTooSkewed: the client's clock is too far from ours.
	RequestTimeTooSkewed Code = "RequestTimeTooSkewed"
	// RequestExpired: a presigned address is past its time.
	RequestExpired Code = "RequestExpired"

	// UnsupportedPayload: x-amz-content-sha256 is neither a SHA-256 in
	// hexadecimal nor a streaming form that this package knows.
	UnsupportedPayload Code = "UnsupportedPayload"
	// ContentSHA256Mismatch: the body has another hash than was signed.
	ContentSHA256Mismatch Code = "ContentSHA256Mismatch"
	// MissingDecodedLength: an aws-chunked body does not tell its true length.
	MissingDecodedLength Code = "MissingDecodedLength"
	// IncompleteBody: the body ended early, or is not as long as announced.
	IncompleteBody Code = "IncompleteBody"
	// MalformedChunk: the framing of an aws-chunked body is wrong.
	MalformedChunk Code = "MalformedChunk"
	// MalformedTrailer: the trailer cannot be read or is not as announced.
	MalformedTrailer Code = "MalformedTrailer"
	// BodyTooLarge: the body must be held in memory and is too long for it.
	BodyTooLarge Code = "BodyTooLarge"
)

// Error is a refusal. Message is a sentence without a full stop, fit to be
// sent to the client: it holds nothing that the client did not send or know.
type Error struct {
	Code    Code
	Message string
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

func errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}
