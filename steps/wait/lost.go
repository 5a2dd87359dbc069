package wait

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
)

// attempts are those of one CreateDeployment. The SDK makes it again when an
// answer is lost, which the service knows nothing of: it refuses then because of
// the deployment that the first attempt created.
type attempts struct {
	began time.Time
	lost  bool // one may have been carried out, and was not answered
}

// lostError is the last error of attempts of which one may have created a
// deployment that is not known.
type lostError struct{ error }

func (l *lostError) Unwrap() error { return l.error }

// watch takes note of what the SDK does by itself.
func (a *attempts) watch(o *codedeploy.Options) {
	client := o.HTTPClient
	o.HTTPClient = smithyhttp.ClientDoFunc(func(r *http.Request) (*http.Response, error) {
		var sent atomic.Bool // it is told by another goroutine, which a call that was cut off does not wait for
		trace := &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }}
		answer, err := client.Do(r.WithContext(httptrace.WithClientTrace(r.Context(), trace)))
		if sent.Load() && (err != nil || answer.StatusCode >= 500) {
			a.lost = true
		}
		return answer, err
	})
}

// created gives the deployment that an attempt created whose answer was lost, if
// the service has refused a later one because of it. It is "" if that is another
// deployment, and an error if that can't be seen.
func (a *attempts) created(ctx context.Context, c *awsconf.Clients, wanted *codedeploy.CreateDeploymentInput, refusal error) (string, error) {
	id := awsconf.DeploymentID.FindString(refusal.Error())
	if id == "" {
		var err error
		if id, err = Running(ctx, c, *wanted.ApplicationName, *wanted.DeploymentGroupName); err != nil || id == "" {
			return "", err
		}
	}
	out, err := c.CodeDeploy.GetDeployment(ctx, &codedeploy.GetDeploymentInput{DeploymentId: &id})
	if err != nil {
		return "", err
	}
	// By the service's clock, of which its answer tells whole seconds.
	now := time.Now()
	var answer *smithyhttp.ResponseError
	if errors.As(refusal, &answer) && answer.Response != nil {
		if date, err := http.ParseTime(answer.Response.Header.Get("Date")); err == nil {
			now = date
		}
	}
	info := out.DeploymentInfo
	if info.Creator != types.DeploymentCreatorUser || aws.ToTime(info.CreateTime).Before(now.Add(-time.Since(a.began)-2*time.Second)) ||
		aws.ToString(info.Description) != aws.ToString(wanted.Description) || !asWanted(info.Revision, wanted.Revision) {
		return "", nil
	}
	return id, nil
}

// asWanted says if a revision is the wanted one. Version and ETag of an object
// count if they were asked for.
func asWanted(got, wanted *types.RevisionLocation) bool {
	if got != nil && got.S3Location != nil && wanted.S3Location != nil {
		object := *got.S3Location
		if aws.ToString(wanted.S3Location.Version) == "" {
			object.Version = nil
		}
		if aws.ToString(wanted.S3Location.ETag) == "" {
			object.ETag = nil
		}
		got = &types.RevisionLocation{S3Location: &object}
	}
	return awsconf.LocationText(got) == awsconf.LocationText(wanted)
}
