package sigv4

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"
)

const (
	maxTrailers = 16
	// The longest line of the framing: the buffer's size, so that a longer
	// one is refused instead of collected.
	maxLine = 4096
)

// chunkReader takes aws-chunked framing off a body:
//
//	SIZE[;chunk-signature=SIGNATURE]\r\n CONTENT \r\n … 0[;chunk-signature=SIGNATURE]\r\n
//	[name:value\r\n … [x-amz-trailer-signature:SIGNATURE\r\n]] \r\n
type chunkReader struct {
	source    *bufio.Reader
	signer    *chunkSigner    // nil: chunks are not signed
	announced map[string]bool // trailers that must come; nil: this form has none
	trailer   http.Header     // filled at the end
	want      int64           // length of the content
	read      int64
	left      int64 // of the chunk at hand
	open      bool  // a chunk's content was begun and its end not yet read
	err       error // what ended the reading
}

func newChunkReader(body io.Reader, size int64, trailer http.Header) *chunkReader {
	return &chunkReader{source: bufio.NewReaderSize(body, maxLine), want: size, trailer: trailer}
}

func (c *chunkReader) Read(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	if c.left == 0 {
		if c.err = c.next(); c.err != nil {
			return 0, c.err
		}
	}
	if int64(len(p)) > c.left {
		p = p[:c.left]
	}
	n, err := c.source.Read(p)
	c.left -= int64(n)
	c.read += int64(n)
	if c.signer != nil {
		c.signer.hash.Write(p[:n])
	}
	if err != nil {
		c.err = c.cut(err)
	}
	return n, c.err
}

// next ends the chunk at hand and begins the one that follows. After the last
// it reads the trailer, and returns io.EOF if everything was right.
func (c *chunkReader) next() error {
	if c.open {
		if err := c.endChunk(); err != nil {
			return err
		}
	}
	line, err := c.line()
	if err != nil {
		return err
	}
	digits, extension, signed := bytes.Cut(line, []byte(";"))
	size, err := parseSize(digits)
	if err != nil {
		return err
	}
	if c.signer != nil {
		signature, ok := bytes.CutPrefix(extension, []byte("chunk-signature="))
		if !ok || !isHexSHA256(string(signature)) {
			return errorf(MalformedChunk, "a chunk carries no signature where each must")
		}
		c.signer.begin(string(signature))
	} else if signed {
		return errorf(MalformedChunk, "a chunk of an unsigned body carries the extension %q", extension)
	}
	if size > c.want-c.read {
		return errorf(IncompleteBody, "the chunks hold more than the %d bytes of x-amz-decoded-content-length", c.want)
	}
	if size > 0 {
		c.left, c.open = size, true
		return nil
	}
	if c.read != c.want {
		return errorf(IncompleteBody, "the chunks hold %d bytes, x-amz-decoded-content-length says %d", c.read, c.want)
	}
	return c.end()
}

func (c *chunkReader) endChunk() error {
	c.open = false
	line, err := c.line()
	if err != nil {
		return err
	}
	if len(line) != 0 {
		return errorf(MalformedChunk, "a chunk's content is not followed by an empty line end")
	}
	if c.signer != nil {
		return c.signer.check()
	}
	return nil
}

// end reads what follows the last chunk, of size zero.
func (c *chunkReader) end() error {
	if c.signer != nil {
		if err := c.signer.check(); err != nil {
			return err
		}
	}
	if c.announced == nil {
		if line, err := c.trailerLine(); err != nil && err != io.EOF {
			return err
		} else if line != "" {
			return errorf(MalformedChunk, "the last chunk is followed by content")
		}
	} else if err := c.readTrailer(); err != nil {
		return err
	}
	if _, err := c.source.ReadByte(); err == nil {
		return errorf(MalformedChunk, "the body goes on after its end")
	} else if err != io.EOF {
		return c.cut(err)
	}
	return io.EOF
}

// readTrailer reads header lines up to an empty line or, where the trailer is
// signed, up to its signature: AWS's own example has an empty line before it.
func (c *chunkReader) readTrailer() error {
	var text strings.Builder
	signature := ""
	for lines := 0; ; lines++ {
		line, err := c.trailerLine()
		if err != nil && err != io.EOF {
			return err
		}
		if line == "" {
			if c.signer != nil && signature == "" && err == nil && lines <= maxTrailers {
				continue
			}
			break
		}
		name, value, ok := strings.Cut(line, ":")
		name = strings.ToLower(strings.TrimSpace(name))
		value = strings.TrimSpace(value)
		switch key := http.CanonicalHeaderKey(name); {
		case !ok:
			return errorf(MalformedTrailer, "the trailer holds a line that is not NAME:VALUE")
		case signature != "":
			return errorf(MalformedTrailer, "the trailer goes on after its signature")
		case name == "x-amz-trailer-signature" && c.signer != nil:
			signature = value
		case !c.announced[key]:
			return errorf(MalformedTrailer, "the trailer %q was not announced by x-amz-trailer", name)
		case c.trailer.Get(key) != "":
			return errorf(MalformedTrailer, "the trailer %q comes twice", name)
		default:
			c.trailer.Set(key, value)
			text.WriteString(name + ":" + value + "\n")
		}
	}
	for key := range c.announced {
		if c.trailer.Get(key) == "" {
			return errorf(MalformedTrailer, "the trailer %q was announced by x-amz-trailer and did not come", strings.ToLower(key))
		}
	}
	if c.signer != nil {
		return c.signer.checkTrailer(text.String(), signature)
	}
	return nil
}

// line reads a line that ends in CR LF, and returns it without them. It is
// valid until the next read.
func (c *chunkReader) line() ([]byte, error) {
	line, err := c.source.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		return nil, errorf(MalformedChunk, "a line of the chunks' framing is longer than %d bytes", maxLine)
	} else if err != nil {
		return nil, c.cut(err)
	}
	line, ok := bytes.CutSuffix(line, []byte("\r\n"))
	if !ok {
		return nil, errorf(MalformedChunk, "a line of the chunks' framing does not end in CR LF")
	}
	return line, nil
}

// trailerLine reads a line that ends in LF, CR LF or with the body; in the
// last case it also returns io.EOF.
func (c *chunkReader) trailerLine() (string, error) {
	line, err := c.source.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		return "", errorf(MalformedTrailer, "a line of the trailer is longer than %d bytes", maxLine)
	} else if err != nil && err != io.EOF {
		return "", c.cut(err)
	}
	return strings.TrimRight(string(line), "\r\n"), err
}

// cut says that the body ended in the middle, when that is what err means.
func (c *chunkReader) cut(err error) error {
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return errorf(IncompleteBody, "the body ended within its chunks, after %d of %d bytes of content", c.read, c.want)
	}
	return err
}

func parseSize(digits []byte) (int64, error) {
	// ParseInt alone would take a sign and underscores.
	for _, d := range digits {
		if !strings.ContainsRune("0123456789abcdefABCDEF", rune(d)) {
			return 0, errorf(MalformedChunk, "a chunk's size is %q, not a hexadecimal number", digits)
		}
	}
	size, err := strconv.ParseInt(string(digits), 16, 64)
	if err != nil {
		return 0, errorf(MalformedChunk, "a chunk's size is %q, not a hexadecimal number of 63 bits", digits)
	}
	return size, nil
}

// chunkSigner checks the chain of signatures: each covers its chunk and the
// signature before it, the first one that of the request.
type chunkSigner struct {
	id       *Identity
	previous string
	claimed  string
	hash     hash.Hash
}

func (s *chunkSigner) begin(claimed string) {
	s.claimed = claimed
	s.hash.Reset()
}

func (s *chunkSigner) check() error {
	want := s.id.sign("AWS4-HMAC-SHA256-PAYLOAD", s.previous, hexSHA256(nil), hex.EncodeToString(s.hash.Sum(nil)))
	if !hmac.Equal([]byte(want), []byte(s.claimed)) {
		return errorf(InvalidSignature, "the signature of a chunk is not the one that its content gives")
	}
	s.previous = want
	return nil
}

func (s *chunkSigner) checkTrailer(text, claimed string) error {
	want := s.id.sign("AWS4-HMAC-SHA256-TRAILER", s.previous, hexSHA256([]byte(text)))
	if !hmac.Equal([]byte(want), []byte(claimed)) {
		return errorf(InvalidSignature, "the signature of the trailer is missing or is not the one that its headers give")
	}
	return nil
}
