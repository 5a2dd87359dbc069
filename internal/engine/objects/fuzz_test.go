package objects

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func FuzzClaimedParts(f *testing.F) {
	f.Add(document(1, `"abc"`, 2, "&quot;abc&quot;"))
	f.Add([]byte(`<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Part><ChecksumCRC32>AAAA</ChecksumCRC32></Part></CompleteMultipartUpload>`))
	f.Fuzz(func(t *testing.T, text []byte) {
		parts, err := claimedParts(text)
		if err == nil && (len(parts) == 0 || len(parts) > maxParts) {
			t.Errorf("%d parts", len(parts))
		}
	})
}

func FuzzRange(f *testing.F) {
	f.Add("bytes=0-4", int64(10))
	f.Add("bytes=-4", int64(10))
	f.Add("bytes=9223372036854775807-", int64(9223372036854775807))
	f.Fuzz(func(t *testing.T, header string, size int64) {
		if size < 0 {
			return
		}
		s, err := parseRange(header, size)
		if err != nil {
			return
		}
		if s.start < 0 || s.length < 0 || s.length > size-s.start || s.partial && s.length == 0 || !s.partial && s.length != size {
			t.Errorf("%q of %d: %+v", header, size, s)
		}
	})
}

func FuzzCopySource(f *testing.F) {
	f.Add("/bucket/a%20b?versionId=null")
	f.Add("bucket/a/b")
	f.Fuzz(func(t *testing.T, value string) {
		bucket, key, _, err := copySource(value)
		if err == nil && (bucket == "" || key == "" || strings.Contains(bucket, "/")) {
			t.Errorf("%q: bucket %q, key %q", value, bucket, key)
		}
	})
}

// Rows must come back as the key they were made of, and sort as keys do.
func FuzzRows(f *testing.F) {
	f.Add("a", "a\x00", uint64(1), uint64(2))
	f.Add("a\x00\xff", "a\x00\x00", uint64(1), uint64(1<<63))
	f.Fuzz(func(t *testing.T, a, b string, m, n uint64) {
		rowA, rowB := versionRow(a, m), versionRow(b, n)
		if got := rowKey(rowA, len(keyRows(""))+8); got != a {
			t.Errorf("%q came back as %q", a, got)
		}
		if a != b && (bytes.Compare(rowA, rowB) < 0) != (a < b) {
			t.Errorf("%q and %q sort otherwise as rows", a, b)
		}
		if a == b && m != n && (bytes.Compare(rowA, rowB) < 0) != (m > n) {
			t.Errorf("versions %d and %d sort otherwise as rows", m, n)
		}
		if bytes.Compare(rowA, afterKey(a)) >= 0 || a < b && bytes.Compare(afterKey(a), rowB) >= 0 {
			t.Errorf("%q and %q: afterKey is not between them", a, b)
		}
		if bytes.HasPrefix(rowB, keyRows(a)) != (a == b) {
			t.Errorf("%q and %q: the rows of one look like the other's", a, b)
		}
		if next := afterPrefix(a); next != nil && strings.HasPrefix(b, a) && bytes.Compare(rowB, next) >= 0 {
			t.Errorf("%q begins with %q, but sorts after that prefix", b, a)
		}
	})
}

func FuzzHeaders(f *testing.F) {
	f.Add("DUoRhQ==", "x-amz-checksum-crc32", "aws-chunked, gzip", `W/"abc", *`)
	f.Fuzz(func(t *testing.T, checksum, trailer, encoding, list string) {
		h := map[string][]string{"X-Amz-Checksum-Crc32": {checksum}, "X-Amz-Trailer": {trailer}, "Content-Encoding": {encoding}}
		if e, err := expectedOf(h); err == nil && e.value != "" && !isBase64Of(e.value, e.algorithm.hash().Size()) {
			t.Errorf("accepted %+v", e)
		}
		if a, err := attributesOf(h); err == nil && slices.Contains(strings.Split(strings.ToLower(a.Headers["Content-Encoding"]), ", "), "aws-chunked") {
			t.Errorf("kept %q", a.Headers["Content-Encoding"])
		}
		matches(list, "abc")
	})
}
