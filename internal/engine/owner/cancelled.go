package owner

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// lookTime is what looking at the instances may take after a cancel, of the few
// seconds that a runner grants.
const lookTime = 2 * time.Second

// cancelled says what is left where instances were being made. An instance that
// was half made is gone; one that was made runs.
func cancelled(ctx context.Context, t http.RoundTripper, keys Credentials, in awsconf.Engine) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTime)
	defer cancel()
	left := "what is left could not be seen in time"
	if out, err := Call[StatusOutput](ctx, t, keys, "Status", StatusInput{}); err == nil {
		there, running := 0, 0
		for _, i := range out.Instances {
			if i.Name != in.InstanceName {
				continue
			}
			there++
			if i.PID != 0 {
				running++
			}
		}
		left = "no instance runs"
		if running > 0 {
			left = fmt.Sprintf("%d of %d instances run", running, there)
		}
	}
	return step.Errorf(step.Cancelled, "cancelled while the instances were being made: nothing was deployed, and %s", left).
		Do("The next run goes on from there; `%s` takes the instances and all else in the folder away.", awsconf.AtState("engine stop --delete", in.State))
}
