package objects

import (
	"fmt"
	"net/http"
)

// Code is one of S3's error codes. A Code is an error of its own, for
// errors.Is: errors.Is(err, ErrNoSuchKey).
type Code string

// The codes of the direct calls.
const (
	ErrNoSuchBucket      Code = "NoSuchBucket"
	ErrNoSuchKey         Code = "NoSuchKey"
	ErrNoSuchVersion     Code = "NoSuchVersion"
	ErrMethodNotAllowed  Code = "MethodNotAllowed" // the version is a delete marker
	ErrInvalidBucketName Code = "InvalidBucketName"
)

// The codes that only requests meet.
const (
	errAccessDenied        Code = "AccessDenied"
	errAuthorizationHeader Code = "AuthorizationHeaderMalformed"
	errBadDigest           Code = "BadDigest"
	errBucketNotEmpty      Code = "BucketNotEmpty"
	errBucketOwned         Code = "BucketAlreadyOwnedByYou"
	errContentSHA256       Code = "XAmzContentSHA256Mismatch"
	errEntityTooLarge      Code = "EntityTooLarge"
	errEntityTooSmall      Code = "EntityTooSmall"
	errIncompleteBody      Code = "IncompleteBody"
	errInternal            Code = "InternalError"
	errInvalidAccessKey    Code = "InvalidAccessKeyId"
	errInvalidArgument     Code = "InvalidArgument"
	errInvalidDigest       Code = "InvalidDigest"
	errInvalidPart         Code = "InvalidPart"
	errInvalidPartNumber   Code = "InvalidPartNumber"
	errInvalidPartOrder    Code = "InvalidPartOrder"
	errInvalidRange        Code = "InvalidRange"
	errInvalidRequest      Code = "InvalidRequest"
	errInvalidURI          Code = "InvalidURI"
	errKeyTooLong          Code = "KeyTooLongError"
	errMalformedTrailer    Code = "MalformedTrailerError"
	errMalformedXML        Code = "MalformedXML"
	errMetadataTooLarge    Code = "MetadataTooLarge"
	errMissingLength       Code = "MissingContentLength"
	errNoSuchUpload        Code = "NoSuchUpload"
	errNotImplemented      Code = "NotImplemented"
	errNotModified         Code = "NotModified"
	errOperationAborted    Code = "OperationAborted"
	errPrecondition        Code = "PreconditionFailed"
	errSignature           Code = "SignatureDoesNotMatch"
	errTimeTooSkewed       Code = "RequestTimeTooSkewed"
)

func (c Code) Error() string { return string(c) }

// status is the HTTP status that S3 sends with the code.
func (c Code) status() int {
	switch c {
	case ErrNoSuchBucket, ErrNoSuchKey, ErrNoSuchVersion, errNoSuchUpload:
		return http.StatusNotFound
	case ErrMethodNotAllowed:
		return http.StatusMethodNotAllowed
	case errAccessDenied, errInvalidAccessKey, errSignature, errTimeTooSkewed:
		return http.StatusForbidden
	case errBucketNotEmpty, errBucketOwned, errOperationAborted:
		return http.StatusConflict
	case errMissingLength:
		return http.StatusLengthRequired
	case errPrecondition:
		return http.StatusPreconditionFailed
	case errInvalidRange, errInvalidPartNumber:
		return http.StatusRequestedRangeNotSatisfiable
	case errNotModified:
		return http.StatusNotModified
	case errNotImplemented:
		return http.StatusNotImplemented
	case errInternal:
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

// Error is a request that cannot be carried out, in S3's terms.
type Error struct {
	Code    Code
	Message string // a sentence without a full stop

	// header holds what the answer carries beside the code.
	header http.Header
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// Is tells errors.Is that e is its Code.
func (e *Error) Is(target error) bool {
	code, ok := target.(Code)
	return ok && code == e.Code
}

func errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// with adds a header to the answer that tells of the error.
func (e *Error) with(name, value string) *Error {
	if e.header == nil {
		e.header = http.Header{}
	}
	e.header.Set(name, value)
	return e
}
