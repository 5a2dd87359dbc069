package sigv4

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// The values of x-amz-content-sha256 other than a hash.
const (
	UnsignedPayload          = "UNSIGNED-PAYLOAD"
	StreamingSigned          = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	StreamingSignedTrailer   = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
	StreamingUnsignedTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
)

// Body is the content of a request. It hands bytes out before the hash or
// signature that covers them was seen, so that a body of any size passes in
// little memory: act on the content only after Read returned io.EOF, which it
// does not before everything has been checked.
type Body struct {
	// Size is the content's length in bytes, without aws-chunked framing;
	// -1 if the request doesn't tell.
	Size int64

	reader  io.Reader
	closer  io.Closer
	trailer http.Header
}

// Read reads content. Errors that are the client's fault are of type *Error.
func (b *Body) Read(p []byte) (int, error) { return b.reader.Read(p) }

// Close closes the request's body.
func (b *Body) Close() error { return b.closer.Close() }

// Trailer returns the headers that followed the content, names in canonical
// form. It is complete once Read returned io.EOF.
func (b *Body) Trailer() http.Header { return b.trailer }

// Body returns the content of r, which must be the request that Verify made
// id of, and wraps its body in the checks that were signed for it.
func (id *Identity) Body(r *http.Request) (*Body, error) {
	body := r.Body
	if body == nil {
		body = http.NoBody
	}
	b := &Body{Size: r.ContentLength, closer: body, trailer: http.Header{}}
	switch id.Payload {
	case StreamingSigned, StreamingSignedTrailer, StreamingUnsignedTrailer:
		chunks, err := id.chunks(r.Header, body, b.trailer)
		if err != nil {
			return nil, err
		}
		b.Size, b.reader = chunks.want, chunks
		return b, nil
	case UnsignedPayload:
		b.reader = &plainReader{source: body}
		return b, nil
	}
	if id.checked {
		b.reader = body
		return b, nil
	}
	sum, err := hex.DecodeString(id.Payload)
	if err != nil || len(sum) != sha256.Size {
		return nil, errorf(UnsupportedPayload, "x-amz-content-sha256 is %q, which is no SHA-256 in hexadecimal and no payload form known here", id.Payload)
	}
	b.reader = &hashReader{source: plainReader{source: body}, want: sum, hash: sha256.New()}
	return b, nil
}

// chunks sets up the reader of an aws-chunked body.
func (id *Identity) chunks(header http.Header, body io.Reader, trailer http.Header) (*chunkReader, error) {
	value := header.Get("X-Amz-Decoded-Content-Length")
	size, err := strconv.ParseInt(value, 10, 64)
	if err != nil || size < 0 {
		return nil, errorf(MissingDecodedLength, "x-amz-decoded-content-length is %q, not the content's length in bytes", value)
	}
	c := newChunkReader(body, size, trailer)
	if id.Payload != StreamingUnsignedTrailer {
		c.signer = &chunkSigner{id: id, previous: id.signature, hash: sha256.New()}
	}
	if id.Payload != StreamingSigned {
		c.announced = map[string]bool{}
		for _, line := range header.Values("X-Amz-Trailer") {
			for name := range strings.SplitSeq(line, ",") {
				if name = strings.TrimSpace(name); name != "" {
					c.announced[http.CanonicalHeaderKey(name)] = true
				}
			}
		}
		if len(c.announced) > maxTrailers {
			return nil, errorf(MalformedTrailer, "x-amz-trailer announces %d headers, more than %d", len(c.announced), maxTrailers)
		}
	}
	return c, nil
}

// plainReader tells a body that ended early from a failure of our own.
type plainReader struct {
	source io.Reader
	read   int64
}

func (p *plainReader) Read(b []byte) (int, error) {
	n, err := p.source.Read(b)
	p.read += int64(n)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = errorf(IncompleteBody, "the body ended after %d bytes, before its announced length", p.read)
	}
	return n, err
}

// hashReader compares the hash of what it read before it reports the end.
type hashReader struct {
	source plainReader
	want   []byte
	hash   hash.Hash
	err    error
}

func (h *hashReader) Read(p []byte) (int, error) {
	if h.err != nil {
		return 0, h.err
	}
	n, err := h.source.Read(p)
	h.hash.Write(p[:n])
	if err == io.EOF && subtle.ConstantTimeCompare(h.hash.Sum(nil), h.want) != 1 {
		err = errorf(ContentSHA256Mismatch, "the body's SHA-256 is %x, but %x was signed", h.hash.Sum(nil), h.want)
	}
	h.err = err
	return n, err
}
