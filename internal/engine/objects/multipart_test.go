package objects

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// begin starts an upload by hand.
func (x *site) begin(key string, header map[string]string) string {
	x.Helper()
	a := x.raw("POST", "/releases/"+key+"?uploads", "", nil, header)
	var document struct {
		UploadID string `xml:"UploadId"`
	}
	if err := xml.Unmarshal([]byte(a.body), &document); err != nil || document.UploadID == "" {
		x.Fatalf("%d %s", a.status, a.body)
	}
	return document.UploadID
}

func (x *site) part(key, id string, number int, content []byte) string {
	x.Helper()
	a := x.raw("PUT", fmt.Sprintf("/releases/%s?partNumber=%d&uploadId=%s", key, number, id), "", content, nil)
	if a.status != 200 {
		x.Fatalf("part %d: %d %s", number, a.status, a.body)
	}
	return a.header.Get("ETag")
}

// document lists parts as number, ETag, number, ETag, …
func document(parts ...any) []byte {
	text := "<CompleteMultipartUpload>"
	for i := 0; i < len(parts); i += 2 {
		text += fmt.Sprintf("<Part><PartNumber>%v</PartNumber><ETag>%v</ETag></Part>", parts[i], parts[i+1])
	}
	return []byte(text + "</CompleteMultipartUpload>")
}

func TestRefusedCompletions(t *testing.T) {
	x := newSite(t)
	x.put("there", "hello")
	id := x.begin("k", nil)
	one := x.part("k", id, 1, noise(1, minPart))
	small := x.part("k", id, 2, []byte("small"))
	last := x.part("k", id, 7, []byte("last"))
	address := "/releases/k?uploadId=" + id
	there := x.begin("there", nil)
	thereTag := x.part("there", there, 1, []byte("x"))
	tests := []struct {
		name, path string
		body       []byte
		header     map[string]string
		code       Code
	}{
		{"other ETag", address, document(1, `"abc"`), nil, errInvalidPart},
		{"missing part", address, document(1, one, 3, one), nil, errInvalidPart},
		{"part zero", address, document(0, one), nil, errInvalidPart},
		{"order", address, document(7, last, 1, one), nil, errInvalidPartOrder},
		{"twice", address, document(1, one, 1, one), nil, errInvalidPartOrder},
		{"small part before the last", address, document(1, one, 2, small, 7, last), nil, errEntityTooSmall},
		{"no parts", address, document(), nil, errMalformedXML},
		{"no document", address, nil, nil, errMalformedXML},
		{"other document", address, []byte("<Delete/>"), nil, errMalformedXML},
		{"cut document", address, document(1, one)[:40], nil, errMalformedXML},
		{"no number", address, document("one", one), nil, errMalformedXML},
		{"other upload", "/releases/k?uploadId=" + strings.Repeat("0", 32), document(1, one), nil, errNoSuchUpload},
		{"odd upload", "/releases/k?uploadId=..%2F..%2Fetc", document(1, one), nil, errNoSuchUpload},
		{"upload of another key", "/releases/j?uploadId=" + id, document(1, one), nil, errNoSuchUpload},
		{"other size", address, document(1, one), map[string]string{"X-Amz-Mp-Object-Size": "1"}, errInvalidRequest},
		{"other checksum", address, document(1, one), map[string]string{"X-Amz-Checksum-Crc64nvme": "AAAAAAAAAAA="}, errBadDigest},
		{"checksum of another kind", address, document(1, one), map[string]string{"X-Amz-Checksum-Sha1": "AAAA"}, errBadDigest},
		{"other type", address, document(1, one), map[string]string{"X-Amz-Checksum-Type": "COMPOSITE"}, errInvalidRequest},
		{"exists", "/releases/there?uploadId=" + there, document(1, thereTag), map[string]string{"If-None-Match": "*"}, errPrecondition},
	}
	before := len(x.blobs())
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if a := x.raw("POST", test.path, "", test.body, test.header); a.code != test.code {
				t.Errorf("got %d %s, want %s", a.status, a.body, test.code)
			}
			if n := len(x.blobs()); n != before {
				t.Errorf("%d files, there were %d", n, before)
			}
		})
	}
	// After all that, the upload still completes, with parts left out.
	if a := x.raw("POST", address, "", document(1, one, 7, last), nil); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if content, _ := x.get("k", ""); content != string(noise(1, minPart))+"last" {
		t.Error("wrong content")
	}
	if a := x.raw("POST", address, "", document(1, one, 7, last), nil); a.code != errNoSuchUpload {
		t.Errorf("completed twice: %d %s", a.status, a.body)
	}
}

func TestRefusedParts(t *testing.T) {
	x := newSite(t)
	id := x.begin("k", map[string]string{"X-Amz-Checksum-Algorithm": "CRC32"})
	tests := []struct {
		name, path string
		header     map[string]string
		code       Code
	}{
		{"number zero", "/releases/k?partNumber=0&uploadId=" + id, nil, errInvalidArgument},
		{"number too high", "/releases/k?partNumber=10001&uploadId=" + id, nil, errInvalidArgument},
		{"no number", "/releases/k?uploadId=" + id, nil, errInvalidArgument},
		{"other key", "/releases/j?partNumber=1&uploadId=" + id, nil, errNoSuchUpload},
		{"other bucket", "/nowhere/k?partNumber=1&uploadId=" + id, nil, ErrNoSuchBucket},
		{"other algorithm", "/releases/k?partNumber=1&uploadId=" + id, map[string]string{"X-Amz-Checksum-Sha1": "Kq5sNclPz7QV2+lfQIuc6R7oRu0="}, errInvalidRequest},
		{"wrong checksum", "/releases/k?partNumber=1&uploadId=" + id, map[string]string{"X-Amz-Checksum-Crc32": "DUoRhA=="}, errBadDigest},
	}
	for _, test := range tests {
		if a := x.raw("PUT", test.path, "", []byte("hello world"), test.header); a.code != test.code {
			t.Errorf("%s: got %d %s, want %s", test.name, a.status, a.body, test.code)
		}
	}
	for _, header := range []map[string]string{
		{"X-Amz-Checksum-Algorithm": "MD5"},
		{"X-Amz-Checksum-Algorithm": "SHA1", "X-Amz-Checksum-Type": "FULL_OBJECT"},
		{"X-Amz-Checksum-Algorithm": "CRC64NVME", "X-Amz-Checksum-Type": "COMPOSITE"},
		{"X-Amz-Checksum-Type": "FULL_OBJECT"},
	} {
		if a := x.raw("POST", "/releases/k?uploads", "", nil, header); a.code != errInvalidRequest {
			t.Errorf("%v: got %d %s", header, a.status, a.body)
		}
	}
	if n := len(x.blobs()); n != 0 {
		t.Errorf("%d files left", n)
	}
}

func TestUploadsListedAndAborted(t *testing.T) {
	x := newSite(t)
	ctx := t.Context()
	a, b := x.begin("a", nil), x.begin("b/x", map[string]string{"X-Amz-Checksum-Algorithm": "SHA256"})
	for n := range 3 {
		x.part("a", a, n+1, []byte{byte(n)})
	}
	x.part("a", a, 2, []byte("again"))
	if n := len(x.blobs()); n != 3 {
		t.Errorf("%d files for 3 parts", n)
	}
	parts, err := x.client.ListParts(ctx, &s3.ListPartsInput{Bucket: aws.String("releases"), Key: aws.String("a"), UploadId: &a, MaxParts: aws.Int32(2)})
	if err != nil || len(parts.Parts) != 2 || !*parts.IsTruncated || *parts.NextPartNumberMarker != "2" || *parts.Parts[1].Size != 5 {
		t.Errorf("parts %+v, %v", parts, err)
	}
	parts, err = x.client.ListParts(ctx, &s3.ListPartsInput{Bucket: aws.String("releases"), Key: aws.String("a"), UploadId: &a, PartNumberMarker: parts.NextPartNumberMarker})
	if err != nil || len(parts.Parts) != 1 || *parts.IsTruncated || *parts.Parts[0].PartNumber != 3 {
		t.Errorf("parts %+v, %v", parts, err)
	}
	list, err := x.client.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: aws.String("releases"), MaxUploads: aws.Int32(1)})
	if err != nil || len(list.Uploads) != 1 || *list.Uploads[0].UploadId != a || !*list.IsTruncated {
		t.Errorf("uploads %+v, %v", list, err)
	}
	list, err = x.client.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{
		Bucket: aws.String("releases"), KeyMarker: list.NextKeyMarker, UploadIdMarker: list.NextUploadIdMarker,
	})
	if err != nil || len(list.Uploads) != 1 || *list.Uploads[0].UploadId != b || *list.IsTruncated || list.Uploads[0].ChecksumAlgorithm != "SHA256" {
		t.Errorf("uploads %+v, %v", list, err)
	}
	if objects, err := x.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String("releases")}); err != nil || *objects.KeyCount != 0 {
		t.Errorf("unfinished uploads are objects: %+v, %v", objects, err)
	}
	if _, err := x.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: aws.String("releases"), Key: aws.String("a"), UploadId: &a}); err != nil {
		t.Fatal(err)
	}
	if n := len(x.blobs()); n != 0 {
		t.Errorf("%d files after abort", n)
	}
	_, err = x.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: aws.String("releases"), Key: aws.String("a"), UploadId: &a})
	wantAPIError(t, err, errNoSuchUpload)
	x.part("b/x", b, 1, []byte("x"))
	if _, err := x.client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: aws.String("releases")}); err != nil {
		t.Error(err)
	}
	if n := len(x.blobs()); n != 0 {
		t.Errorf("%d files after the bucket went", n)
	}
}

func TestUploadPartCopy(t *testing.T) {
	x := newSite(t)
	source := noise(1, minPart+100)
	x.put("source", string(source))
	id := x.begin("k", nil)
	var tags []any
	for n, span := range []string{"bytes=100-5242979", "bytes=0-99"} {
		a := x.raw("PUT", fmt.Sprintf("/releases/k?partNumber=%d&uploadId=%s", n+1, id), "", nil, map[string]string{
			"X-Amz-Copy-Source": "/releases/source", "X-Amz-Copy-Source-Range": span,
		})
		var document struct{ ETag string }
		if err := xml.Unmarshal([]byte(a.body), &document); err != nil || a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		tags = append(tags, n+1, document.ETag)
	}
	if a := x.raw("POST", "/releases/k?uploadId="+id, "", document(tags...), nil); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if content, _ := x.get("k", ""); content != string(source[100:])+string(source[:100]) {
		t.Error("wrong content")
	}
	a := x.raw("PUT", "/releases/k?partNumber=1&uploadId="+x.begin("k", nil), "", nil, map[string]string{
		"X-Amz-Copy-Source": "/releases/source", "X-Amz-Copy-Source-Range": "bytes=0-1,3-4",
	})
	if a.code != errInvalidArgument {
		t.Errorf("two ranges: %d %s", a.status, a.body)
	}
}

// What is going on with one upload at once: any order is right as long as the
// object is one of those that were completed, and no file is lost or left.
func TestConcurrentCompletion(t *testing.T) {
	x := newSite(t)
	for range 5 {
		id := x.begin("k", nil)
		tags := []any{1, x.part("k", id, 1, bytes.Repeat([]byte("a"), minPart)), 2, x.part("k", id, 2, []byte("b"))}
		var done [6]answer
		var group sync.WaitGroup
		for i := range done {
			group.Go(func() {
				switch i {
				case 4:
					done[i] = x.raw("PUT", "/releases/k?partNumber=2&uploadId="+id, "", []byte("b"), nil)
				case 5:
					x.raw("GET", "/releases/k", "", nil, nil)
				default:
					done[i] = x.raw("POST", "/releases/k?uploadId="+id, "", document(tags...), nil)
				}
			})
		}
		group.Wait()
		good := 0
		for _, a := range done[:4] {
			if a.status == 200 {
				good++
			} else if a.code != errNoSuchUpload && a.code != errOperationAborted {
				t.Errorf("%d %s", a.status, a.body)
			}
		}
		if good != 1 {
			t.Errorf("completed %d times", good)
		}
		if content, _ := x.get("k", ""); content != strings.Repeat("a", minPart)+"b" {
			t.Error("wrong content")
		}
		if n := len(x.blobs()); n != 1 {
			t.Errorf("%d files", n)
		}
	}
}

func TestConcurrentPuts(t *testing.T) {
	x := newSite(t)
	x.put("k", strings.Repeat("0", 100_000))
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for range 10 {
				if i%2 == 0 {
					x.put("k", strings.Repeat(fmt.Sprint(i), 100_000))
				} else if content, _ := x.get("k", ""); strings.Count(content, content[:1]) != 100_000 {
					t.Error("a mixture of two objects")
				}
			}
		})
	}
	group.Wait()
	if n := len(x.blobs()); n != 1 {
		t.Errorf("%d files", n)
	}
}
