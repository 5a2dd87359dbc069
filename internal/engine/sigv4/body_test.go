package sigv4

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
)

// The bodies of AWS's two published chunked uploads: 65 KiB of the letter a.
var (
	chunkedBody = "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n" + strings.Repeat("a", 65536) +
		"\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n" + strings.Repeat("a", 1024) +
		"\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n"
	trailerChunks = "10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n" + strings.Repeat("a", 65536) +
		"\r\n400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n" + strings.Repeat("a", 1024) +
		"\r\n0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n"
	trailerSignature = "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n"
	trailerBody      = trailerChunks + "x-amz-checksum-crc32c:sOO8/Q==\r\n" + trailerSignature
)

// readBody verifies the request with the given head, and reads body through
// the identity.
func readBody(t testing.TB, v *Verifier, head string, body io.Reader) (string, http.Header, error) {
	t.Helper()
	r := request(t, head+"\n\n")
	id, err := v.Verify(r)
	if err != nil {
		t.Fatal(err)
	}
	r.Body = io.NopCloser(body)
	b, err := id.Body(r)
	if err != nil {
		return "", nil, err
	}
	content, err := io.ReadAll(b)
	if err != nil {
		if _, again := b.Read(make([]byte, 1)); again != err {
			t.Errorf("after the error %v a second Read gives %v", err, again)
		}
	}
	return string(content), b.Trailer(), err
}

func TestPublishedChunks(t *testing.T) {
	v := verifierFor(t, s3Secret, "20130524T000000Z")
	want := strings.Repeat("a", 66560)
	tests := []struct{ name, head, body, trailer string }{
		{"chunked", chunkedHead, chunkedBody, ""},
		{"trailer, lines as SDKs write them", trailerHead, trailerBody, "sOO8/Q=="},
		{"trailer, lines as AWS prints them", trailerHead, trailerChunks + "x-amz-checksum-crc32c:sOO8/Q==\n\r\n" + trailerSignature, "sOO8/Q=="},
	}
	for _, test := range tests {
		for _, reader := range []func(io.Reader) io.Reader{
			func(r io.Reader) io.Reader { return r },
			iotest.OneByteReader, iotest.HalfReader, iotest.DataErrReader,
		} {
			content, trailer, err := readBody(t, v, test.head, reader(strings.NewReader(test.body)))
			if err != nil {
				t.Fatalf("%s: %v", test.name, err)
			}
			if content != want {
				t.Errorf("%s: got %d bytes of content, want %d letters a", test.name, len(content), len(want))
			}
			if got := trailer.Get("x-amz-checksum-crc32c"); got != test.trailer {
				t.Errorf("%s: trailer %q, want %q", test.name, got, test.trailer)
			}
		}
	}
}

func TestTamperedChunks(t *testing.T) {
	v := verifierFor(t, s3Secret, "20130524T000000Z")
	replace := func(s, old, new string) string {
		t.Helper()
		if !strings.Contains(s, old) {
			t.Fatalf("the body does not hold %q", old)
		}
		return strings.Replace(s, old, new, 1)
	}
	second := strings.Index(chunkedBody, "400;")
	tests := []struct {
		name, head, body string
		code             Code
	}{
		{"content changed", chunkedHead, replace(chunkedBody, "aaaa", "aaab"), InvalidSignature},
		{"signature changed", chunkedHead, replace(chunkedBody, "=ad80", "=ad81"), InvalidSignature},
		{"last signature changed", chunkedHead, replace(chunkedBody, "=b6c6", "=b6c7"), InvalidSignature},
		{"no signature", chunkedHead, replace(chunkedBody, "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648", "10000"), MalformedChunk},
		{"chunk left out", chunkedHead, chunkedBody[second:], InvalidSignature},
		{"cut in content", chunkedHead, chunkedBody[:100], IncompleteBody},
		{"cut after a chunk", chunkedHead, chunkedBody[:second], IncompleteBody},
		{"cut before the last chunk", chunkedHead, chunkedBody[:strings.Index(chunkedBody, "\r\n0;")], IncompleteBody},
		{"last chunk early", chunkedHead, chunkedBody[:second] + chunkedBody[strings.Index(chunkedBody, "\r\n0;")+2:], IncompleteBody},
		{"empty", chunkedHead, "", IncompleteBody},
		{"more after the end", chunkedHead, chunkedBody + "x", MalformedChunk},
		{"trailer where none is", chunkedHead, strings.TrimSuffix(chunkedBody, "\r\n") + "a:b\r\n\r\n", MalformedChunk},
		{"size with sign", chunkedHead, "+" + chunkedBody, MalformedChunk},
		{"size too large", chunkedHead, "f" + chunkedBody, IncompleteBody},
		{"size overflows", chunkedHead, strings.Repeat("f", 17) + chunkedBody, MalformedChunk},
		{"size empty", chunkedHead, chunkedBody[len("10000"):], MalformedChunk},
		{"line too long", chunkedHead, strings.Repeat("0", maxLine) + chunkedBody, MalformedChunk},
		{"line end without CR", chunkedHead, replace(chunkedBody, "\r\n", "\n"), MalformedChunk},
		{"no line end after content", chunkedHead, replace(chunkedBody, "a\r\n", "ab\r\n"), MalformedChunk},
		{"trailer changed", trailerHead, replace(trailerBody, "sOO8", "sOO9"), InvalidSignature},
		{"trailer's signature changed", trailerHead, replace(trailerBody, ":d81f", ":d81e"), InvalidSignature},
		{"trailer without signature", trailerHead, trailerChunks + "x-amz-checksum-crc32c:sOO8/Q==\r\n\r\n", InvalidSignature},
		{"trailer missing", trailerHead, trailerChunks + trailerSignature, MalformedTrailer},
		{"trailer not announced", trailerHead, trailerChunks + "x-amz-checksum-crc32:sOO8/Q==\r\n" + trailerSignature, MalformedTrailer},
		{"trailer twice", trailerHead, trailerChunks + "x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-checksum-crc32c:sOO8/Q==\r\n" + trailerSignature, MalformedTrailer},
		{"trailer no header", trailerHead, trailerChunks + "hello\r\n" + trailerSignature, MalformedTrailer},
		{"trailer of empty lines", trailerHead, trailerChunks + strings.Repeat("\r\n", 1000), MalformedTrailer},
		{"trailer too long", trailerHead, trailerChunks + "x-amz-checksum-crc32c:" + strings.Repeat("x", maxLine), MalformedTrailer},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := readBody(t, v, test.head, strings.NewReader(test.body))
			wantCode(t, err, test.code)
		})
	}
}

func TestUnsignedTrailer(t *testing.T) {
	tests := []struct {
		name, size, announced, body string
		want                        string
		code                        Code
	}{
		{"as SDKs write it", "11", "x-amz-checksum-crc32", "b\r\nhello world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n", "hello world", ""},
		{"two chunks", "11", "x-amz-checksum-crc32", "5\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n", "hello world", ""},
		{"no last line end", "11", "x-amz-checksum-crc32", "B\r\nhello world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==", "hello world", ""},
		{"nothing announced", "0", "", "0\r\n\r\n", "", ""},
		{"chunk signature", "0", "", "0;chunk-signature=a\r\n\r\n", "", MalformedChunk},
		{"missing", "0", "x-amz-checksum-crc32", "0\r\n\r\n", "", MalformedTrailer},
		{"not announced", "0", "", "0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", "", MalformedTrailer},
		{"signature not expected", "0", "", "0\r\nx-amz-trailer-signature:AAAAAA==\r\n\r\n", "", MalformedTrailer},
		{"longer than said", "10", "", "b\r\nhello world\r\n0\r\n\r\n", "", IncompleteBody},
		{"shorter than said", "12", "", "b\r\nhello world\r\n0\r\n\r\n", "", IncompleteBody},
		{"no length", "", "", "0\r\n\r\n", "", MissingDecodedLength},
		{"negative length", "-1", "", "0\r\n\r\n", "", MissingDecodedLength},
		{"many announced", "0", "a, b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q", "0\r\n\r\n", "", MalformedTrailer},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			content, _, err := unsignedBody(test.size, test.announced, strings.NewReader(test.body))
			if test.code != "" {
				wantCode(t, err, test.code)
			} else if err != nil || content != test.want {
				t.Errorf("got %q, %v, want %q", content, err, test.want)
			}
		})
	}
}

func unsignedBody(size, announced string, body io.Reader) (string, http.Header, error) {
	r := &http.Request{Header: http.Header{}, Body: io.NopCloser(body)}
	r.Header.Set("X-Amz-Decoded-Content-Length", size)
	r.Header.Set("X-Amz-Trailer", announced)
	b, err := (&Identity{Payload: StreamingUnsignedTrailer}).Body(r)
	if err != nil {
		return "", nil, err
	}
	content, err := io.ReadAll(b)
	return string(content), b.Trailer(), err
}

func TestHashedBody(t *testing.T) {
	const welcome = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"
	read := func(payload string, body io.Reader) (string, error) {
		b, err := (&Identity{Payload: payload}).Body(&http.Request{Body: io.NopCloser(body)})
		if err != nil {
			return "", err
		}
		content, err := io.ReadAll(b)
		return string(content), err
	}
	if content, err := read(welcome, iotest.DataErrReader(strings.NewReader("Welcome to Amazon S3."))); err != nil || content != "Welcome to Amazon S3." {
		t.Errorf("got %q, %v", content, err)
	}
	_, err := read(welcome, strings.NewReader("Welcome to Amazon S4."))
	wantCode(t, err, ContentSHA256Mismatch)
	_, err = read(welcome, strings.NewReader(""))
	wantCode(t, err, ContentSHA256Mismatch)
	_, err = read(welcome, iotest.ErrReader(io.ErrUnexpectedEOF))
	wantCode(t, err, IncompleteBody)
	_, err = read("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", strings.NewReader(""))
	wantCode(t, err, UnsupportedPayload)
	broken := errors.New("broken")
	if _, err = read(welcome, iotest.ErrReader(broken)); err != broken {
		t.Errorf("got %v, want the reader's own error", err)
	}
	if content, err := read(UnsignedPayload, strings.NewReader("x")); err != nil || content != "x" {
		t.Errorf("got %q, %v", content, err)
	}
}

func TestFormBodyStaysReadable(t *testing.T) {
	for _, test := range published {
		if test.name != "suite post-x-www-form-urlencoded" {
			continue
		}
		r := request(t, test.request)
		id, err := verifierFor(t, test.secret, test.now).Verify(r)
		if err != nil {
			t.Fatal(err)
		}
		b, err := id.Body(r)
		if err != nil {
			t.Fatal(err)
		}
		if content, err := io.ReadAll(b); err != nil || string(content) != "Param1=value1" {
			t.Errorf("got %q, %v", content, err)
		}
		r = request(t, strings.Replace(test.request, "=value1", "=value2", 1))
		_, err = verifierFor(t, test.secret, test.now).Verify(r)
		wantCode(t, err, InvalidSignature)
	}
}

func FuzzUnsignedChunks(f *testing.F) {
	f.Add("11", "x-amz-checksum-crc32", []byte("b\r\nhello world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n"))
	f.Add("0", "", []byte("0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, size, announced string, body []byte) {
		whole, trailer, err := unsignedBody(size, announced, bytes.NewReader(body))
		bytewise, _, err2 := unsignedBody(size, announced, iotest.OneByteReader(bytes.NewReader(body)))
		if whole != bytewise || (err == nil) != (err2 == nil) {
			t.Errorf("read at once: %q, %v; byte by byte: %q, %v", whole, err, bytewise, err2)
		}
		if err == nil && len(trailer) > maxTrailers {
			t.Errorf("%d trailers", len(trailer))
		}
		if len(whole) > len(body) {
			t.Errorf("%d bytes of content in a body of %d", len(whole), len(body))
		}
	})
}

func FuzzSignedChunks(f *testing.F) {
	f.Add([]byte(chunkedBody), false)
	f.Add([]byte(trailerBody), true)
	v := &Verifier{Lookup: Keys(Key{"AKIAIOSFODNN7EXAMPLE", s3Secret})}
	f.Fuzz(func(t *testing.T, body []byte, trailer bool) {
		head := chunkedHead
		if trailer {
			head = trailerHead
		}
		v := *v
		v.Now = at(t, "20130524T000000Z")
		content, _, err := readBody(t, &v, head, bytes.NewReader(body))
		if err == nil && content != strings.Repeat("a", 66560) {
			t.Errorf("accepted content that was not signed")
		}
	})
}
