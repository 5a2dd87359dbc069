package sigv4

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func wantCode(t *testing.T, err error, code Code) {
	t.Helper()
	var refusal *Error
	if !errors.As(err, &refusal) {
		t.Fatalf("got error %v, want one with code %s", err, code)
	}
	if refusal.Code != code {
		t.Fatalf("got %v, want code %s", err, code)
	}
}

func TestRefusals(t *testing.T) {
	example := published[0].request
	change := func(old, new string) string {
		t.Helper()
		if !strings.Contains(example, old) {
			t.Fatalf("the example does not hold %q", old)
		}
		return strings.ReplaceAll(example, old, new)
	}
	presigned := published[5].request
	tests := []struct {
		name, now, request string
		code               Code
	}{
		{"no signature", "20130524T000000Z", "GET / HTTP/1.1\nHost: a\n\n", MissingAuthenticationToken},
		{"other path", "20130524T000000Z", change("/test.txt", "/test.txu"), InvalidSignature},
		{"other method", "20130524T000000Z", change("GET /", "PUT /"), InvalidSignature},
		{"other host", "20130524T000000Z", change("Host: examplebucket", "Host: otherbucket"), InvalidSignature},
		{"other header", "20130524T000000Z", change("bytes=0-9", "bytes=0-8"), InvalidSignature},
		{"other query", "20130524T000000Z", change("/test.txt", "/test.txt?acl"), InvalidSignature},
		{"other hash", "20130524T000000Z", change("e3b0c442", "e3b0c443"), InvalidSignature},
		{"malformed query", "20130524T000000Z", change("/test.txt", "/test.txt?a;b"), IncompleteSignature},
		{"unknown key", "20130524T000000Z", change("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLF"), UnrecognizedClient},
		{"late", "20130524T001501Z", example, RequestTimeTooSkewed},
		{"early", "20130523T234459Z", example, RequestTimeTooSkewed},
		{"unsigned amz header", "20130524T000000Z", change("Range:", "x-amz-acl: public-read\nRange:"), IncompleteSignature},
		{"host not signed", "20130524T000000Z", change("SignedHeaders=host;", "SignedHeaders="), IncompleteSignature},
		{"headers not sorted", "20130524T000000Z", change("host;range", "range;host"), IncompleteSignature},
		{"date of another day", "20130524T000000Z", change("/20130524/", "/20130523/"), IncompleteSignature},
		{"no scope", "20130524T000000Z", change("/20130524/us-east-1/s3/aws4_request", ""), IncompleteSignature},
		{"empty region", "20130524T000000Z", change("/us-east-1/", "//"), IncompleteSignature},
		{"short signature", "20130524T000000Z", change("36bdb41\n", "36bdb4\n"), IncompleteSignature},
		{"upper-case signature", "20130524T000000Z", change("36bdb41\n", "36BDB41\n"), IncompleteSignature},
		{"version 2", "20130524T000000Z", change("AWS4-HMAC-SHA256 Credential", "AWS Credential"), IncompleteSignature},
		{"part twice", "20130524T000000Z", change(",SignedHeaders", ",Credential=a,SignedHeaders"), IncompleteSignature},
		{"no content hash", "20130524T000000Z", change("x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n", ""), IncompleteSignature},
		{"no date", "20130524T000000Z", change("x-amz-date: 20130524T000000Z\n", ""), IncompleteSignature},
		{"bad date", "20130524T000000Z", change("x-amz-date: 20130524T000000Z\n", "x-amz-date: yesterday\n"), IncompleteSignature},
		{"presigned, expired", "20130525T000001Z", presigned, RequestExpired},
		{"presigned, early", "20130523T234459Z", presigned, RequestTimeTooSkewed},
		{"presigned, longer", "20130525T000001Z", strings.ReplaceAll(presigned, "Expires=86400", "Expires=86401"), InvalidSignature},
		{"presigned, too long", "20130524T000000Z", strings.ReplaceAll(presigned, "Expires=86400", "Expires=604801"), IncompleteSignature},
		{"presigned, negative", "20130524T000000Z", strings.ReplaceAll(presigned, "Expires=86400", "Expires=-1"), IncompleteSignature},
		{"presigned, other path", "20130524T000000Z", strings.ReplaceAll(presigned, "/test.txt", "/test.txu"), InvalidSignature},
		{"both forms", "20130524T000000Z", strings.ReplaceAll(presigned, "\nHost:", "\nAuthorization: AWS4-HMAC-SHA256 a\nHost:"), IncompleteSignature},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := verifierFor(t, s3Secret, test.now).Verify(request(t, test.request))
			wantCode(t, err, test.code)
		})
	}
}

// A service's body whose hash no header carries must fit in memory.
func TestBodyLimit(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("Param1=value1"))
	r.Host = "example.amazonaws.com"
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Amz-Date", "20150830T123600Z")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a")
	v := verifierFor(t, suiteSecret, "20150830T123600Z")
	v.MaxBody = 12
	_, err := v.Verify(r)
	wantCode(t, err, BodyTooLarge)
}
