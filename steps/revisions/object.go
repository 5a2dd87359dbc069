package revisions

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// object is a revision's bundle in S3, read by ranges.
type object struct {
	ctx  context.Context
	c    *awsconf.Clients
	at   *types.S3Location
	etag *string // of the object that was found; other content fails
	size int64

	mu    sync.Mutex
	start int64 // of the piece that was read last
	piece []byte
}

// pieceSize is what one request brings at least: a directory of some thousand entries.
const pieceSize = 512 << 10

// open finds the bundle. It is an error if other content lies at its place now.
func open(ctx context.Context, c *awsconf.Clients, at *types.S3Location) (*object, error) {
	o := &object{ctx: ctx, c: c, at: at}
	head, err := c.S3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: at.Bucket, Key: at.Key, VersionId: at.Version})
	switch {
	case awsconf.IsCode(err, "NotFound", "NoSuchKey", "NoSuchBucket", "NoSuchVersion", "MethodNotAllowed"):
		// The answer has no body: a bucket that is not there looks the same.
		return nil, step.Errorf(step.Refused, "%w", &goneError{"not in S3 any more", "there is no object " + o.String()}).
			Do("It may have been pruned, or its bucket or key is another one. See what is registered: %s.", c.Command("revisions list --application NAME"))
	case err != nil:
		return nil, c.Explain(err, "find %s", o)
	}
	o.etag, o.size = head.ETag, aws.ToInt64(head.ContentLength)
	if want := aws.ToString(at.ETag); want != "" && want != strings.Trim(aws.ToString(o.etag), `"`) {
		return nil, &goneError{"replaced: other content lies there now", "other content lies at " + o.String() + " now: its ETag differs"}
	}
	return o, nil
}

// goneError: a revision's content can't be had any more.
type goneError struct {
	state string // what has become of it, in a list
	words string
}

func (e *goneError) Error() string { return e.words }

func (o *object) String() string {
	s := "s3://" + aws.ToString(o.at.Bucket) + "/" + aws.ToString(o.at.Key)
	if o.at.Version != nil {
		s += "?versionId=" + *o.at.Version
	}
	return s
}

func (o *object) get(r string) (io.ReadCloser, error) {
	in := &s3.GetObjectInput{Bucket: o.at.Bucket, Key: o.at.Key, VersionId: o.at.Version, IfMatch: o.etag}
	if r != "" {
		in.Range = &r
	}
	out, err := o.c.S3.GetObject(o.ctx, in)
	if err != nil {
		return nil, o.c.Explain(err, "read %s", o)
	}
	return out.Body, nil
}

// ReadAt reads from the piece at hand, and fetches another one if it must.
func (o *object) ReadAt(p []byte, off int64) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for n < len(p) {
		at := off + int64(n)
		if at >= o.size {
			return n, io.EOF
		}
		if at < o.start || at >= o.start+int64(len(o.piece)) {
			if err := o.fetch(at, int64(len(p)-n)); err != nil {
				return n, err
			}
		}
		n += copy(p[n:], o.piece[at-o.start:])
	}
	return n, nil
}

// fetch brings a piece that begins at a place, or at the end of the object
// what lies before it as well: a directory is read from its end.
func (o *object) fetch(at, want int64) error {
	end := min(at+max(want, pieceSize), o.size)
	if end == o.size {
		at = min(at, max(0, o.size-pieceSize))
	}
	body, err := o.get(fmt.Sprintf("bytes=%d-%d", at, end-1))
	if err != nil {
		return err
	}
	defer body.Close()
	piece := make([]byte, end-at)
	if _, err := io.ReadFull(body, piece); err != nil {
		return o.c.Explain(err, "read %s", o)
	}
	o.start, o.piece = at, piece
	return nil
}
