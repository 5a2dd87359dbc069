package objects

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strings"
)

// Limits of S3: what one request may carry.
const (
	maxPut  = 5 << 30
	minPart = 5 << 20
)

// expected is what a request says about its content beforehand, or promises
// to say in a trailer.
type expected struct {
	md5       string    // base64; "" if not given
	algorithm Algorithm // "" if none
	value     string    // base64; "" if it comes as a trailer
}

// expectedOf reads Content-MD5 and the x-amz-checksum headers.
func expectedOf(h http.Header) (expected, error) {
	var e expected
	if e.md5 = h.Get("Content-Md5"); e.md5 != "" && !isBase64Of(e.md5, md5.Size) {
		return e, errorf(errInvalidDigest, "Content-MD5 is %q, not an MD5 in base64", e.md5)
	}
	trailers := strings.ToLower(strings.Join(h.Values("X-Amz-Trailer"), ","))
	for _, a := range algorithms() {
		value := h.Get(a.header())
		trails := value == "" && containsField(trailers, a.header())
		if value == "" && !trails {
			continue
		}
		if e.algorithm != "" {
			return e, errorf(errInvalidRequest, "the request carries more than one checksum: %s and %s", e.algorithm, a)
		}
		if value != "" && !isBase64Of(value, a.hash().Size()) {
			return e, errorf(errInvalidRequest, "the value of %s is %q, not a checksum of that kind in base64", a.header(), value)
		}
		e.algorithm, e.value = a, value
	}
	if named := h.Get("X-Amz-Sdk-Checksum-Algorithm"); named != "" {
		a, err := parseAlgorithm(named)
		if err != nil {
			return e, err
		}
		if e.algorithm == "" {
			return e, errorf(errInvalidRequest, "x-amz-sdk-checksum-algorithm names %s, but neither a header nor a trailer carries it", a)
		}
		if e.algorithm != a {
			return e, errorf(errInvalidRequest, "x-amz-sdk-checksum-algorithm names %s, but the request carries %s", a, e.algorithm)
		}
	}
	return e, nil
}

// expectedObject reads the x-amz-checksum headers of a request that completes
// an upload: they are about the object, and may be composite.
func expectedObject(h http.Header) (expected, error) {
	var e expected
	for _, a := range algorithms() {
		value := h.Get(a.header())
		if value == "" {
			continue
		}
		if e.algorithm != "" {
			return e, errorf(errInvalidRequest, "the request carries more than one checksum: %s and %s", e.algorithm, a)
		}
		e.algorithm, e.value = a, value
	}
	return e, nil
}

func containsField(list, field string) bool {
	for f := range strings.SplitSeq(list, ",") {
		if strings.TrimSpace(f) == field {
			return true
		}
	}
	return false
}

func isBase64Of(value string, size int) bool {
	raw, err := base64.StdEncoding.DecodeString(value)
	return err == nil && len(raw) == size
}

// check compares what was announced with what came.
func (e expected) check(sum []byte, checksum hash.Hash, trailer http.Header) error {
	if e.md5 != "" && e.md5 != base64.StdEncoding.EncodeToString(sum) {
		return errorf(errBadDigest, "the content's MD5 is %s, but Content-MD5 says %s", base64.StdEncoding.EncodeToString(sum), e.md5)
	}
	if e.algorithm == "" {
		return nil
	}
	value := e.value
	if value == "" {
		value = trailer.Get(e.algorithm.header())
	}
	if got := encodeSum(checksum); got != value {
		return errorf(errBadDigest, "the content's %s is %s, but %s says %s", e.algorithm, got, e.algorithm.header(), value)
	}
	return nil
}

// received is content on disk that was checked, under its final name.
type received struct {
	blob      string
	size      int64
	md5       []byte
	algorithm Algorithm // "" if none was computed
	checksum  string    // base64
}

// receive writes content to a blob and checks it against want. trailer is
// looked at after the end. byDefault is the checksum that is computed when
// want has none; "" for none.
func (s *Store) receive(content io.Reader, trailer http.Header, want expected, byDefault Algorithm) (received, error) {
	blob, err := s.newBlob()
	if err != nil {
		return received{}, err
	}
	got := received{blob: blob.id, algorithm: want.algorithm}
	if got.algorithm == "" {
		got.algorithm = byDefault
	}
	sum, checksum := md5.New(), got.algorithm.hash()
	to := []io.Writer{blob, sum}
	if checksum != nil {
		to = append(to, checksum)
	}
	got.size, err = io.CopyBuffer(io.MultiWriter(to...), content, make([]byte, 128<<10))
	if err == nil {
		got.md5 = sum.Sum(nil)
		err = want.check(got.md5, checksum, trailer)
	}
	if err != nil {
		blob.discard()
		return received{}, err
	}
	if checksum != nil {
		got.checksum = encodeSum(checksum)
	}
	return got, blob.commit()
}

// allowedSize checks the announced length of an object or part.
func allowedSize(size int64) error {
	if size < 0 {
		return errorf(errMissingLength, "the request tells no length of its content")
	}
	if size > maxPut {
		return errorf(errEntityTooLarge, "the content has %d bytes, more than the %d of one request", size, int64(maxPut))
	}
	return nil
}

func hexSum(sum hash.Hash) string { return hex.EncodeToString(sum.Sum(nil)) }

// checkedDocument reads the whole of a small body, which is XML, and checks it
// like content.
func checkedDocument(body io.Reader, trailer, h http.Header, limit int64) ([]byte, error) {
	want, err := expectedOf(h)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read the request's document: %w", err)
	}
	if int64(len(text)) > limit {
		return nil, errorf(errMalformedXML, "the document is longer than %d bytes", limit)
	}
	sum := md5.Sum(text)
	checksum := want.algorithm.hash()
	if checksum != nil {
		checksum.Write(text)
	}
	return text, want.check(sum[:], checksum, trailer)
}
