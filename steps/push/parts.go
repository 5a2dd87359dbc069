package push

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
)

// abortTime is how long a cancelled job may take to tell S3 that the upload is off.
const abortTime = 5 * time.Second

// upload sends what is written to it as one object: full parts while the next is filled, or all at once if it is less than a part.
// The parts' memory is used again and again; see docs/dependencies.md for why this is not the SDK's transfer manager.
type upload struct {
	s3     *s3.Client
	object *s3.PutObjectInput // all that is said of the object, without its content
	part   int                // bytes

	ctx  context.Context // of the parts; it ends with the first that fails
	stop context.CancelFunc
	free chan []byte // room for parts, nil where there never was one
	now  []byte      // the part that is being filled
	id   *string     // of the multipart upload, nil before its first part

	sending sync.WaitGroup
	mu      sync.Mutex
	parts   []types.CompletedPart // by number, from 1
	failed  error                 // why the first part failed that did

	left bool // S3 keeps parts of an upload that failed
}

// stored is what S3 made of an upload.
type stored struct {
	etag, version *string
	retried       bool // the request that makes the object was sent more than once
}

func newUpload(ctx context.Context, client *s3.Client, object *s3.PutObjectInput, part int64, atOnce int) *upload {
	u := &upload{s3: client, object: object, part: int(part), free: make(chan []byte, atOnce)}
	if client.Options().RequestChecksumCalculation != aws.RequestChecksumCalculationWhenRequired {
		object.ChecksumAlgorithm = types.ChecksumAlgorithmCrc32
	}
	u.ctx, u.stop = context.WithCancel(ctx)
	for range atOnce {
		u.free <- nil
	}
	u.now = make([]byte, 0, part)
	return u
}

// Write implements io.Writer. It waits while as many parts as may be are on their way. After a part failed it says that the context ended:
// why is end's to say.
func (u *upload) Write(p []byte) (int, error) {
	rest := p
	for {
		n := copy(u.now[len(u.now):u.part], rest)
		u.now, rest = u.now[:len(u.now)+n], rest[n:]
		if len(rest) == 0 {
			return len(p), nil
		}
		if err := u.send(); err != nil {
			return len(p) - len(rest), err
		}
	}
}

// send sends the part that was filled, and takes room for the next.
func (u *upload) send() error {
	if u.id == nil {
		if err := u.begin(); err != nil {
			u.fail(err)
			return u.ctx.Err()
		}
	}
	var next []byte
	select {
	case next = <-u.free:
	case <-u.ctx.Done():
	}
	if err := u.ctx.Err(); err != nil {
		return err
	}
	if next == nil {
		next = make([]byte, 0, u.part)
	}
	u.mu.Lock()
	number := int32(len(u.parts) + 1)
	u.parts = append(u.parts, types.CompletedPart{PartNumber: &number})
	u.mu.Unlock()
	full := u.now
	u.sending.Go(func() {
		o := u.object
		out, err := u.s3.UploadPart(u.ctx, &s3.UploadPartInput{Bucket: o.Bucket, Key: o.Key, UploadId: u.id, PartNumber: &number, Body: bytes.NewReader(full),
			ChecksumAlgorithm: o.ChecksumAlgorithm, ExpectedBucketOwner: o.ExpectedBucketOwner, RequestPayer: o.RequestPayer})
		if err != nil {
			u.fail(err)
			return
		}
		u.mu.Lock()
		part := &u.parts[number-1]
		part.ETag, part.ChecksumCRC32 = out.ETag, out.ChecksumCRC32
		u.mu.Unlock()
		u.free <- full[:0]
	})
	u.now = next
	return nil
}

// begin opens the multipart upload.
func (u *upload) begin() error {
	o := u.object
	out, err := u.s3.CreateMultipartUpload(u.ctx, &s3.CreateMultipartUploadInput{Bucket: o.Bucket, Key: o.Key, ACL: o.ACL, BucketKeyEnabled: o.BucketKeyEnabled,
		ChecksumAlgorithm: o.ChecksumAlgorithm, ExpectedBucketOwner: o.ExpectedBucketOwner, Metadata: o.Metadata, RequestPayer: o.RequestPayer,
		SSEKMSKeyId: o.SSEKMSKeyId, ServerSideEncryption: o.ServerSideEncryption, StorageClass: o.StorageClass, Tagging: o.Tagging})
	if err == nil {
		u.id = out.UploadId
	}
	return err
}

func (u *upload) fail(err error) {
	u.mu.Lock()
	if u.failed == nil {
		u.failed = err
	}
	u.mu.Unlock()
	u.stop()
}

// end sends what is left and makes the object of it. Nothing stays at S3 of an upload that failed, or whose content did: wrong is why.
func (u *upload) end(ctx context.Context, wrong error) (stored, error) {
	defer u.stop()
	tries := 0
	count := func(o *s3.Options) {
		client := o.HTTPClient
		o.HTTPClient = smithyhttp.ClientDoFunc(func(r *http.Request) (*http.Response, error) { tries++; return client.Do(r) })
	}
	if wrong == nil && u.id == nil && u.failed == nil {
		u.object.Body = bytes.NewReader(u.now)
		out, err := u.s3.PutObject(ctx, u.object, count)
		if err != nil {
			return stored{retried: tries > 1}, err
		}
		return stored{etag: out.ETag, version: out.VersionId}, nil
	}
	if wrong == nil && len(u.now) > 0 {
		wrong = u.send()
	}
	if wrong != nil {
		u.stop()
	}
	u.sending.Wait()
	if u.failed != nil && (wrong == nil || errors.Is(wrong, context.Canceled)) {
		wrong = u.failed
	}
	if wrong == nil {
		o := u.object
		out, err := u.s3.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{Bucket: o.Bucket, Key: o.Key, UploadId: u.id,
			MultipartUpload: &types.CompletedMultipartUpload{Parts: u.parts}, IfMatch: o.IfMatch, IfNoneMatch: o.IfNoneMatch,
			ExpectedBucketOwner: o.ExpectedBucketOwner, RequestPayer: o.RequestPayer}, count)
		if err == nil {
			return stored{etag: out.ETag, version: out.VersionId}, nil
		}
		wrong = err
	}
	if u.id != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTime)
		defer cancel()
		o := u.object
		// Why it failed matters more than that S3 may keep the parts, until a lifecycle rule of the bucket takes them away: that is a warning.
		_, err := u.s3.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: o.Bucket, Key: o.Key, UploadId: u.id,
			ExpectedBucketOwner: o.ExpectedBucketOwner, RequestPayer: o.RequestPayer})
		u.left = err != nil && !awsconf.IsCode(err, "NoSuchUpload")
	}
	return stored{retried: tries > 1}, wrong
}
