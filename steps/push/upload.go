package push

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	archives "github.com/codedeploy-steps/codedeploy-steps/bundle"
	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
	"github.com/codedeploy-steps/codedeploy-steps/internal/revision"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps/bundle"
)

// pusher brings one bundle to one place.
type pusher struct {
	in          *Inputs
	env         *step.Env
	clients     *awsconf.Clients
	bundle      *bundle.Bundle
	bucket, key string

	s3 *s3.Client // in the bucket's region
}

// condition is what the object has to be for an upload to replace it, so that
// two jobs that push to one key don't overwrite each other unseen.
type condition struct{ match, noneMatch *string }

func (p *pusher) push(ctx context.Context) error { return p.begin(ctx, false) }

// begin looks for the object and uploads it; again is set if that was done once already.
func (p *pusher) begin(ctx context.Context, again bool) error {
	head, err := p.head(ctx)
	var when condition
	switch {
	case err == nil && p.holds(head):
		return p.unchanged(ctx, head)
	case err == nil:
		when.match = head.ETag
	case awsconf.IsCode(err, "NotFound", "NoSuchKey"):
		when.noneMatch = aws.String("*")
	case !awsconf.IsCode(err, "NoSuchBucket", "Forbidden", "AccessDenied"):
		// Who may write but not list is told "forbidden" of an object that is not there.
		return p.explain(err, "look for")
	}
	out, size, err := p.upload(ctx, when)
	if awsconf.IsCode(err, "NotImplemented") && (when != condition{}) {
		p.env.Debug("the server knows no conditional writes")
		out, size, err = p.upload(ctx, condition{})
	}
	if awsconf.IsCode(err, "NoSuchUpload") { // S3 made the object and its answer was lost, or somebody else ended the upload
		if head := p.same(ctx); head != nil {
			out.etag, out.version, err = head.ETag, head.VersionId, nil
		}
	}
	gone := awsconf.IsCode(err, "ConditionalRequestConflict") || when.match != nil && awsconf.IsCode(err, "NoSuchKey")
	if gone && !again { // somebody deleted what was there meanwhile
		return p.begin(ctx, true)
	}
	if awsconf.IsCode(err, "PreconditionFailed", "ConditionalRequestConflict") {
		switch head := p.same(ctx); {
		case head != nil && out.retried: // most likely the first request made it, and its answer was lost
			out.etag, out.version, err = head.ETag, head.VersionId, nil
		case head != nil:
			return p.unchanged(ctx, head) // another job was faster with the same content
		default:
			return step.Errorf(step.Refused, "another job wrote other content to s3://%s/%s while this one was at it", p.bucket, p.key).
				Do("Push again; with a key of its own for each content (the default, or {digest} in --s3-key) jobs are not in each other's way.")
		}
	}
	if err != nil {
		return p.explain(err, "upload to")
	}
	location := p.location(out.etag, out.version)
	if err := p.outputs(location, false); err != nil {
		return err
	}
	p.env.Done("s3://%s/%s, %s%s", p.bucket, p.key, report.Bytes(size), ratio(size, p.bundle.Size))
	return nil
}

func ratio(size, content int64) string {
	if content == 0 || size >= content {
		return ""
	}
	return fmt.Sprintf(" (%d %% of the content)", (size*100+content-1)/content)
}

// head asks for the object, in the bucket's own region.
func (p *pusher) head(ctx context.Context) (*s3.HeadObjectOutput, error) {
	in := &s3.HeadObjectInput{Bucket: &p.bucket, Key: &p.key}
	p.in.Object.head(in)
	p.use(p.clients.Region)
	head, err := p.s3.HeadObject(ctx, in)
	if region := regionOf(err); region != "" && region != p.clients.Region {
		p.env.Info("bucket %s is in %s", p.bucket, region)
		p.use(region)
		return p.s3.HeadObject(ctx, in)
	}
	return head, err
}

// same gives the object if it has this content, else nil.
func (p *pusher) same(ctx context.Context) *s3.HeadObjectOutput {
	if head, err := p.head(ctx); err == nil && p.holds(head) {
		return head
	}
	return nil
}

// holds says that an object has this content, in an archive of this type, and is encrypted as is asked. One that
// names no type has that of its key.
func (p *pusher) holds(head *s3.HeadObjectOutput) bool {
	archive := archives.Type(head.Metadata[typeKey])
	if archive == "" {
		archive, _ = archives.TypeOf(p.key)
	}
	return head.Metadata[digestKey] == p.bundle.Digest && archive == p.bundle.Type && p.in.encrypted(head)
}

func (p *pusher) use(region string) {
	p.s3 = s3.New(p.clients.S3.Options(), func(o *s3.Options) {
		o.Region = region
		o.UseAccelerate = p.in.Accelerate
	})
}

// regionOf reads from an answer that sends the caller elsewhere where that is.
func regionOf(err error) string {
	var answer *smithyhttp.ResponseError
	if !errors.As(err, &answer) || answer.Response == nil {
		return ""
	}
	if code := answer.HTTPStatusCode(); code != http.StatusMovedPermanently && code != http.StatusBadRequest && code != http.StatusTemporaryRedirect {
		return ""
	}
	return answer.Response.Header.Get("X-Amz-Bucket-Region")
}

const (
	leastPart = 5 << 20 // S3's own minimum
	mostParts = 10_000
)

// partSize is how large parts are, so that a bundle of at most so many bytes needs no more than S3 takes.
func partSize(most int64) int64 {
	return max(leastPart, (most/mostParts+1<<20)>>20<<20)
}

// upload packs and sends at once: parts go out while the rest is packed.
func (p *pusher) upload(ctx context.Context, when condition) (stored, int64, error) {
	metadata, err := p.in.metadata(p.bundle.Digest, p.bundle.Type, p.env.Build)
	if err != nil {
		return stored{}, 0, err
	}
	// What lives here is a few large buffers and hardly a pointer: collecting
	// often costs little, and keeps the process as small as they are.
	defer debug.SetGCPercent(debug.SetGCPercent(50))
	object := &s3.PutObjectInput{Bucket: &p.bucket, Key: &p.key, Metadata: metadata, IfMatch: when.match, IfNoneMatch: when.noneMatch}
	p.in.Object.upload(object)
	u := newUpload(ctx, p.s3, object, partSize(p.bundle.Most), p.in.PartsAtOnce)
	size, err := p.bundle.Stream(ctx, p.env, u)
	out, err := u.end(ctx, err)
	if u.left {
		p.env.Warn("an unfinished upload is left at s3://%s/%s; a lifecycle rule of the bucket can end it (AbortIncompleteMultipartUpload)", p.bucket, p.key)
	}
	return out, size, err
}

// unchanged ends a push of what S3 has already.
func (p *pusher) unchanged(ctx context.Context, head *s3.HeadObjectOutput) error {
	if err := p.outputs(p.location(head.ETag, head.VersionId), true); err != nil {
		return err
	}
	if p.in.BundleOutput != "" {
		if _, err := p.bundle.Stream(ctx, p.env, io.Discard); err != nil {
			return err
		}
	}
	p.env.Skipped("s3://%s/%s has this content already", p.bucket, p.key)
	return nil
}

func (p *pusher) location(etag, version *string) revision.Location {
	return revision.Location{Bucket: p.bucket, Key: p.key, Type: p.bundle.Type, ETag: strings.Trim(aws.ToString(etag), `"`), Version: aws.ToString(version)}
}

func (p *pusher) outputs(l revision.Location, unchanged bool) error {
	for _, o := range [][2]string{
		{"etag", l.ETag}, {"version-id", l.Version}, {"unchanged", fmt.Sprint(unchanged)}, {"revision", l.String()},
	} {
		if o[1] == "" {
			continue
		}
		if err := p.env.Output(o[0], o[1]); err != nil {
			return err
		}
	}
	return nil
}

func (p *pusher) explain(err error, what string) error {
	return p.clients.Explain(err, "%s s3://%s/%s", what, p.bucket, p.key)
}
