package objects

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// ways are the forms in which the SDK sends content: checksum in a header over
// HTTP, in an unsigned trailer over TLS, none if that is what it was told.
var ways = []struct {
	name    string
	serve   func(http.Handler) *httptest.Server
	options func(*s3.Options)
}{
	{"http", httptest.NewServer, func(*s3.Options) {}},
	{"tls", httptest.NewTLSServer, func(*s3.Options) {}},
	{"http, checksums when required", httptest.NewServer, whenRequired},
	{"tls, checksums when required", httptest.NewTLSServer, whenRequired},
}

func whenRequired(o *s3.Options) {
	o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
	o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
}

func TestSDKPutAndGet(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			x := newSiteOver(t, way.serve, way.options)
			for _, size := range []int{0, 1, 70_000, 3 << 20} {
				content := noise(1, size)
				put, err := x.client.PutObject(t.Context(), &s3.PutObjectInput{
					Bucket: aws.String("releases"), Key: aws.String("dir/app ü+&.zip"), Body: bytes.NewReader(content),
					ContentType: aws.String("application/zip"), CacheControl: aws.String("no-cache"),
					Metadata: map[string]string{"commit": "abc", "Built-By": "ci"},
				})
				if err != nil {
					t.Fatal(err)
				}
				if put.VersionId != nil {
					t.Errorf("version %q in a bucket without versions", *put.VersionId)
				}
				get, err := x.client.GetObject(t.Context(), &s3.GetObjectInput{
					Bucket: aws.String("releases"), Key: aws.String("dir/app ü+&.zip"), ChecksumMode: types.ChecksumModeEnabled,
				})
				if err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(get.Body)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, content) {
					t.Errorf("%d bytes came back as %d others", len(content), len(got))
				}
				if aws.ToString(get.ContentType) != "application/zip" || aws.ToString(get.CacheControl) != "no-cache" || aws.ToString(get.ContentEncoding) != "" {
					t.Errorf("type %v, cache %v, encoding %v", get.ContentType, get.CacheControl, get.ContentEncoding)
				}
				if get.Metadata["commit"] != "abc" || get.Metadata["built-by"] != "ci" {
					t.Errorf("metadata %v", get.Metadata)
				}
				if aws.ToString(get.ETag) != aws.ToString(put.ETag) {
					t.Errorf("ETag %v, then %v", put.ETag, get.ETag)
				}
				if get.ChecksumCRC32 == nil && get.ChecksumCRC64NVME == nil {
					t.Error("no checksum came back")
				}
			}
			if n := len(x.blobs()); n != 1 {
				t.Errorf("%d files after one key was put four times, want 1", n)
			}
		})
	}
}

func TestSDKChecksums(t *testing.T) {
	for _, way := range ways[:2] {
		for _, algorithm := range types.ChecksumAlgorithmCrc32.Values() {
			if _, err := parseAlgorithm(string(algorithm)); err != nil {
				continue // the SDK knows more than S3 had when this was written
			}
			t.Run(way.name+" "+string(algorithm), func(t *testing.T) {
				x := newSiteOver(t, way.serve, way.options)
				_, err := x.client.PutObject(t.Context(), &s3.PutObjectInput{
					Bucket: aws.String("releases"), Key: aws.String("k"), Body: strings.NewReader("hello world"), ChecksumAlgorithm: algorithm,
				})
				if err != nil {
					t.Fatal(err)
				}
				o, err := x.Head("releases", "k", "")
				if err != nil {
					t.Fatal(err)
				}
				want := map[Algorithm]string{ // known values, by other programs
					CRC32: "DUoRhQ==", CRC32C: "yZRlqg==", CRC64NVME: "jSnVw/bqjr4=", SHA1: "Kq5sNclPz7QV2+lfQIuc6R7oRu0=",
					SHA256: "uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=",
				}[o.Algorithm]
				if string(o.Algorithm) != string(algorithm) || o.Checksum != want {
					t.Errorf("stored %s %s, want %s %s", o.Algorithm, o.Checksum, algorithm, want)
				}
				head, err := x.client.HeadObject(t.Context(), &s3.HeadObjectInput{
					Bucket: aws.String("releases"), Key: aws.String("k"), ChecksumMode: types.ChecksumModeEnabled,
				})
				if err != nil {
					t.Fatal(err)
				}
				if head.ChecksumType != types.ChecksumTypeFullObject {
					t.Errorf("checksum type %q", head.ChecksumType)
				}
			})
		}
	}
}

// upload does a multipart upload of the given parts.
func (x *site) upload(key string, in *s3.CreateMultipartUploadInput, parts ...[]byte) (*s3.CompleteMultipartUploadOutput, error) {
	x.Helper()
	in.Bucket, in.Key = aws.String("releases"), aws.String(key)
	created, err := x.client.CreateMultipartUpload(x.Context(), in)
	if err != nil {
		x.Fatal(err)
	}
	var done []types.CompletedPart
	for i, content := range parts {
		p, err := x.client.UploadPart(x.Context(), &s3.UploadPartInput{
			Bucket: in.Bucket, Key: in.Key, UploadId: created.UploadId, PartNumber: aws.Int32(int32(i + 1)),
			Body: bytes.NewReader(content), ChecksumAlgorithm: in.ChecksumAlgorithm,
		})
		if err != nil {
			x.Fatal(err)
		}
		done = append(done, types.CompletedPart{
			PartNumber: aws.Int32(int32(i + 1)), ETag: p.ETag, ChecksumCRC32: p.ChecksumCRC32, ChecksumCRC32C: p.ChecksumCRC32C,
			ChecksumCRC64NVME: p.ChecksumCRC64NVME, ChecksumSHA1: p.ChecksumSHA1, ChecksumSHA256: p.ChecksumSHA256,
		})
	}
	return x.client.CompleteMultipartUpload(x.Context(), &s3.CompleteMultipartUploadInput{
		Bucket: in.Bucket, Key: in.Key, UploadId: created.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: done},
	})
}

func TestSDKMultipart(t *testing.T) {
	for i, way := range ways {
		for _, kind := range []struct {
			algorithm types.ChecksumAlgorithm
			kind      types.ChecksumType
			composite bool
		}{
			{"", "", false},
			{types.ChecksumAlgorithmCrc32, "", true},
			{types.ChecksumAlgorithmCrc32, types.ChecksumTypeFullObject, false},
			{types.ChecksumAlgorithmCrc64nvme, "", false},
			{types.ChecksumAlgorithmSha256, types.ChecksumTypeComposite, true},
		} {
			if i >= 2 && kind.algorithm != "" {
				continue // naming an algorithm leaves nothing to "when required"
			}
			t.Run(fmt.Sprintf("%s %s %s", way.name, kind.algorithm, kind.kind), func(t *testing.T) {
				x := newSiteOver(t, way.serve, way.options)
				parts := [][]byte{noise(1, minPart), noise(2, minPart+1), noise(3, 10)}
				out, err := x.upload("big", &s3.CreateMultipartUploadInput{
					ChecksumAlgorithm: kind.algorithm, ChecksumType: kind.kind, Metadata: map[string]string{"a": "b"}, ContentType: aws.String("x/y"),
				}, parts...)
				if err != nil {
					t.Fatal(err)
				}
				content, get := x.get("big", "")
				if content != string(bytes.Join(parts, nil)) {
					t.Error("the parts did not come back in a row")
				}
				if aws.ToString(out.ETag) != aws.ToString(get.ETag) || !strings.HasSuffix(aws.ToString(get.ETag), `-3"`) {
					t.Errorf("ETag %s, then %s", aws.ToString(out.ETag), aws.ToString(get.ETag))
				}
				if get.Metadata["a"] != "b" || aws.ToString(get.ContentType) != "x/y" {
					t.Errorf("metadata %v, type %v", get.Metadata, get.ContentType)
				}
				o, err := x.Head("releases", "big", "")
				if err != nil {
					t.Fatal(err)
				}
				if strings.HasSuffix(o.Checksum, "-3") != kind.composite || (o.ChecksumType == Composite) != kind.composite {
					t.Errorf("checksum %s of type %s", o.Checksum, o.ChecksumType)
				}
				if !kind.composite {
					sum := o.Algorithm.hash()
					sum.Write([]byte(content))
					if o.Checksum != encodeSum(sum) {
						t.Errorf("checksum %s, want %s", o.Checksum, encodeSum(sum))
					}
				}
				if n := len(x.blobs()); n != 1 {
					t.Errorf("%d files after completion, want 1", n)
				}
				second, err := x.client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("releases"), Key: aws.String("big"), PartNumber: aws.Int32(2)})
				if err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(second.Body)
				if err != nil || !bytes.Equal(got, parts[1]) || aws.ToInt32(second.PartsCount) != 3 {
					t.Errorf("part 2 has %d bytes of %d parts, %v", len(got), aws.ToInt32(second.PartsCount), err)
				}
			})
		}
	}
}

func TestSDKErrors(t *testing.T) {
	x := newSite(t)
	ctx := t.Context()
	bucket, key := aws.String("releases"), aws.String("k")
	x.put("k", "hello")

	_, err := x.newClient("wrong").ListBuckets(ctx, nil)
	wantAPIError(t, err, errSignature)
	_, err = x.newClient("wrong").PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("x")})
	wantAPIError(t, err, errSignature)
	if content, _ := x.get("k", ""); content != "hello" {
		t.Errorf("a refused request changed the content to %q", content)
	}
	_, err = x.client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: aws.String("none")})
	var noKey *types.NoSuchKey
	if !errors.As(err, &noKey) {
		t.Errorf("got %v, want NoSuchKey", err)
	}
	_, err = x.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: aws.String("none")})
	var notFound *types.NotFound
	if !errors.As(err, &notFound) {
		t.Errorf("got %v, want NotFound", err)
	}
	_, err = x.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String("no-bucket")})
	if !errors.As(err, &notFound) {
		t.Errorf("got %v, want NotFound", err)
	}
	_, err = x.client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("no-bucket"), Key: key})
	wantAPIError(t, err, ErrNoSuchBucket)
	_, err = x.client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: key, VersionId: aws.String("none")})
	wantAPIError(t, err, ErrNoSuchVersion)
	_, err = x.client.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("x"), IfNoneMatch: aws.String("*")})
	wantAPIError(t, err, errPrecondition)
	_, err = x.client.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: aws.String(strings.Repeat("k", 1025)), Body: strings.NewReader("x")})
	wantAPIError(t, err, errKeyTooLong)
	_, err = x.client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: bucket, Key: key})
	wantAPIError(t, err, errNotImplemented)
	if !strings.Contains(err.Error(), "GetObjectTagging") {
		t.Errorf("the refusal does not name the operation: %v", err)
	}
	_, err = x.client.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: bucket, Policy: aws.String("{}")})
	wantAPIError(t, err, errNotImplemented)
	_, err = x.client.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("x"), Tagging: aws.String("a=b")})
	wantAPIError(t, err, errNotImplemented)
	_, err = x.client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: bucket})
	wantAPIError(t, err, errBucketNotEmpty)
	_, err = x.client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("Bad_Name")})
	wantAPIError(t, err, ErrInvalidBucketName)
}

func TestSDKBuckets(t *testing.T) {
	x := newSite(t)
	ctx := t.Context()
	_, err := x.client.CreateBucket(ctx, &s3.CreateBucketInput{
		Bucket:                    aws.String("frankfurt"),
		CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraintEuCentral1},
	})
	if err != nil {
		t.Fatal(err)
	}
	location, err := x.client.GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: aws.String("frankfurt")})
	if err != nil || location.LocationConstraint != types.BucketLocationConstraintEuCentral1 {
		t.Errorf("location %v, %v", location, err)
	}
	location, err = x.client.GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: aws.String("releases")})
	if err != nil || location.LocationConstraint != "" {
		t.Errorf("location %v, %v", location, err)
	}
	list, err := x.client.ListBuckets(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Buckets) != 2 || *list.Buckets[0].Name != "frankfurt" || list.Buckets[0].CreationDate.IsZero() {
		t.Errorf("buckets %+v", list.Buckets)
	}
	head, err := x.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String("frankfurt")})
	if err != nil || aws.ToString(head.BucketRegion) != "eu-central-1" {
		t.Errorf("head %v, %v", head, err)
	}
	if _, err := x.client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: aws.String("frankfurt")}); err != nil {
		t.Fatal(err)
	}
	if x.BucketExists("frankfurt") || !x.BucketExists("releases") {
		t.Error("the wrong bucket was deleted")
	}
	if err := x.CreateBucket("releases"); err != nil {
		t.Errorf("creating a bucket that is there: %v", err)
	}
	frankfurt := x.newClient(testSecret, func(o *s3.Options) { o.Region = "eu-central-1" })
	_, err = frankfurt.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("releases")})
	wantAPIError(t, err, errBucketOwned)
}

func TestSDKPresigned(t *testing.T) {
	x := newSite(t)
	presign := s3.NewPresignClient(x.client)
	put, err := presign.PresignPutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("releases"), Key: aws.String("a b/ü"), Metadata: map[string]string{"m": "n"}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(put.Method, put.URL, strings.NewReader("presigned"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = put.SignedHeader
	if a := x.send(r); a.status != 200 {
		t.Fatalf("put: %d %s", a.status, a.body)
	}
	get, err := presign.PresignGetObject(t.Context(), &s3.GetObjectInput{
		Bucket: aws.String("releases"), Key: aws.String("a b/ü"), ResponseContentType: aws.String("text/x-test"),
	}, s3.WithPresignExpires(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	r, err = http.NewRequest(get.Method, get.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	a := x.send(r)
	if a.status != 200 || a.body != "presigned" || a.header.Get("x-amz-meta-m") != "n" || a.header.Get("Content-Type") != "text/x-test" {
		t.Errorf("get: %d %q %v", a.status, a.body, a.header)
	}
	r.URL.Path += "x"
	r.URL.RawPath = ""
	if a := x.send(r); a.status != 403 || a.code != errSignature {
		t.Errorf("another key by the same signature: %d %s", a.status, a.body)
	}
}

func TestSDKCopy(t *testing.T) {
	x := newSite(t)
	ctx := t.Context()
	x.setVersioningStatus(versioningEnabled)
	first := x.put("a/ü b", "one")
	x.put("a/ü b", "two")
	out, err := x.client.CopyObject(ctx, &s3.CopyObjectInput{
		Bucket: aws.String("releases"), Key: aws.String("copy"),
		CopySource: aws.String("releases/a/%C3%BC%20b?versionId=" + *first.VersionId),
	})
	if err != nil {
		t.Fatal(err)
	}
	if content, _ := x.get("copy", ""); content != "one" {
		t.Errorf("copied %q", content)
	}
	if aws.ToString(out.CopySourceVersionId) != *first.VersionId || out.VersionId == nil || aws.ToString(out.CopyObjectResult.ETag) != *first.ETag {
		t.Errorf("result %+v %+v", out, out.CopyObjectResult)
	}
	_, err = x.client.CopyObject(ctx, &s3.CopyObjectInput{
		Bucket: aws.String("releases"), Key: aws.String("copy"), CopySource: aws.String("releases/copy"),
		MetadataDirective: types.MetadataDirectiveReplace, Metadata: map[string]string{"new": "yes"}, ChecksumAlgorithm: types.ChecksumAlgorithmSha1,
	})
	if err != nil {
		t.Fatal(err)
	}
	if content, get := x.get("copy", ""); content != "one" || get.Metadata["new"] != "yes" || get.ChecksumSHA1 == nil {
		t.Errorf("copied %q with %v", content, get.Metadata)
	}
	_, err = x.client.CopyObject(ctx, &s3.CopyObjectInput{Bucket: aws.String("releases"), Key: aws.String("copy"), CopySource: aws.String("releases/copy")})
	wantAPIError(t, err, errInvalidRequest)
	_, err = x.client.CopyObject(ctx, &s3.CopyObjectInput{Bucket: aws.String("releases"), Key: aws.String("c"), CopySource: aws.String("releases/copy"), CopySourceIfMatch: aws.String("other")})
	wantAPIError(t, err, errPrecondition)
	_, err = x.client.CopyObject(ctx, &s3.CopyObjectInput{Bucket: aws.String("releases"), Key: aws.String("c"), CopySource: aws.String("releases/none")})
	wantAPIError(t, err, ErrNoSuchKey)
}
