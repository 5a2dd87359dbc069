package wait

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/internal/watch"
)

// Turn is the input of every step that creates a deployment: a group takes one
// at a time. What is done about a busy one is bounded by --timeout, and begins
// when the service has refused; a group that is free costs no call.
type Turn struct {
	_ struct{} `group:"Waiting"`
	// Same is asked too before another's deployment of the same revision is taken
	// for ours; nil is yes.
	Same   func(*types.DeploymentInfo) bool
	IfBusy string `flag:"if-busy" enum:"fail,wait,stop" default:"fail" help:"What to do if the group has a deployment running already: fail; wait until it has ended; or stop it and wait until it has ended."`
}

// TurnCalls are what taking turns may call.
func TurnCalls() []step.Call {
	return []step.Call{
		{Operation: "CodeDeploy CreateDeployment"},
		{Operation: "CodeDeploy ListDeployments", If: []string{"if-busy=wait"}},
		{Operation: "CodeDeploy ListDeployments", If: []string{"if-busy=stop"}},
		{Operation: "CodeDeploy GetDeployment", If: []string{"if-busy=wait"}},
		{Operation: "CodeDeploy GetDeployment", If: []string{"if-busy=stop"}},
		{Operation: "CodeDeploy StopDeployment", If: []string{"if-busy=stop"}},
	}
}

// Active are the statuses of a deployment that keeps its group busy.
func Active() []types.DeploymentStatus {
	return []types.DeploymentStatus{types.DeploymentStatusCreated, types.DeploymentStatusQueued,
		types.DeploymentStatusInProgress, types.DeploymentStatusBaking, types.DeploymentStatusReady}
}

// Create creates the deployment that plan asks for, when it is its turn. It is
// planned anew each time, as the group may have changed; a plan that is nil
// leaves nothing to do, and then the id is empty. It is somebody else's
// deployment, and ours is false, if that brought the same revision meanwhile.
func (t Turn) Create(ctx context.Context, env *step.Env, c *awsconf.Clients, plan func() (*codedeploy.CreateDeploymentInput, error)) (id string, ours bool, err error) {
	q := &queue{env: env, c: c, stop: t.IfBusy == "stop", same: t.Same}
	for {
		wanted, err := plan()
		if err != nil || wanted == nil {
			return "", false, q.ended(ctx, err)
		}
		id, err := create(ctx, env, c, wanted)
		if err == nil {
			return id, true, nil
		}
		var unanswered *step.Error
		if errors.As(err, &unanswered) {
			return "", false, err
		}
		refusal := c.Explain(err, "create a deployment of %s to %s", *wanted.ApplicationName, *wanted.DeploymentGroupName)
		var lost *lostError
		var said *step.Error
		if errors.As(err, &lost) && errors.As(refusal, &said) {
			said.Do("An answer was lost, so %s/%s may have a deployment of this step now. Stop it with: %s", *wanted.ApplicationName, *wanted.DeploymentGroupName,
				c.Command("stop --application %s --deployment-group %s", *wanted.ApplicationName, *wanted.DeploymentGroupName))
		}
		if t.IfBusy != "wait" && t.IfBusy != "stop" || !awsconf.IsCode(err, "DeploymentLimitExceededException") {
			return "", false, q.ended(ctx, refusal)
		}
		q.group = fmt.Sprintf("%s/%s", *wanted.ApplicationName, *wanted.DeploymentGroupName)
		taken, err := q.next(ctx, wanted, refusal)
		if err == nil && taken == "" {
			err = ctx.Err() // over while a rollback was looked for
		}
		if err != nil || taken != "" {
			return taken, false, q.ended(ctx, err)
		}
	}
}

// grace is what creating a deployment may take after a cancel. It is not broken
// off: the service may have taken it, and nobody would know of a deployment.
const grace = 2 * time.Second

func create(ctx context.Context, env *step.Env, c *awsconf.Clients, wanted *codedeploy.CreateDeploymentInput) (string, error) {
	if ctx.Err() != nil && context.Cause(ctx) != errTimeout {
		return "", ctx.Err()
	}
	whole, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })()
	a := &attempts{began: time.Now()}
	out, err := c.CodeDeploy.CreateDeployment(whole, wanted, a.watch)
	busy := awsconf.IsCode(err, "DeploymentLimitExceededException")
	unseen := err != nil && a.lost && !busy
	if a.lost && busy {
		id, lookErr := a.created(whole, c, wanted, err)
		if id != "" {
			env.Info("the answer to the creation of %s was lost; it is this step's own", id)
			return id, nil
		}
		unseen = lookErr != nil
	}
	if err != nil && whole.Err() != nil {
		code, group := step.Cancelled, *wanted.ApplicationName+"/"+*wanted.DeploymentGroupName
		if context.Cause(ctx) == errTimeout {
			code = step.TimedOut
		}
		return "", step.Errorf(code, "a deployment was being created; %s has not answered, so %s may have one now", c.Endpoint, group).
			Do("Stop it with: %s", c.Command("stop --application %s --deployment-group %s", *wanted.ApplicationName, *wanted.DeploymentGroupName))
	}
	if err != nil && unseen {
		return "", &lostError{err}
	}
	if err != nil {
		return "", err
	}
	return aws.ToString(out.DeploymentId), nil
}

// queue is a step that waits for its turn.
type queue struct {
	env   *step.Env
	c     *awsconf.Clients
	stop  bool
	same  func(*types.DeploymentInfo) bool
	group string
	other *types.DeploymentInfo // the deployment that was waited for last
	lost  int                   // refusals in a row for which no deployment was found
}

// next waits until the group's deployment has ended, and its rollback. It gives
// the deployment's id if that has done what is wanted.
func (q *queue) next(ctx context.Context, wanted *codedeploy.CreateDeploymentInput, refusal error) (taken string, err error) {
	id, err := Running(ctx, q.c, *wanted.ApplicationName, *wanted.DeploymentGroupName)
	if err != nil {
		return "", err
	}
	if id == "" {
		// It has ended just now; or the account's limit was meant, and not the group's.
		if q.lost++; q.lost > 3 {
			return "", refusal
		}
		return "", pause(ctx, time.Second)
	}
	q.lost = 0
	w := &watch.Watcher{API: q.c.CodeDeploy, Sink: q.env.Events}
	for {
		info, err := w.Await(ctx, id, func(info *types.DeploymentInfo) error { return q.meet(ctx, info) })
		if info != nil {
			q.other = info
		}
		if err != nil {
			return "", q.c.Explain(err, "wait for deployment %s", id)
		}
		if info.Status == types.DeploymentStatusSucceeded && brings(info, wanted) && (q.same == nil || q.same(info)) {
			q.env.Info("%s brought the very same revision: it is taken, and none is created", id)
			return id, nil
		}
		back := ""
		if info.Status != types.DeploymentStatusSucceeded {
			back, _ = rollbackOf(ctx, q.c, info, expected(info))
		}
		if back == "" {
			q.env.Info("%s %s: %s is free", id, info.Status, q.group)
			return "", nil
		}
		q.env.Info("%s %s: it is rolled back", id, info.Status)
		id = back
	}
}

// Running gives the newest deployment that keeps a group busy; "" is none. The
// service names it in its refusal, but in words that have changed before.
func Running(ctx context.Context, c *awsconf.Clients, application, group string) (string, error) {
	list := &codedeploy.ListDeploymentsInput{ApplicationName: &application, DeploymentGroupName: &group, IncludeOnlyStatuses: Active()}
	for {
		out, err := c.CodeDeploy.ListDeployments(ctx, list)
		if err != nil {
			return "", c.Explain(err, "list the deployments of %s/%s", application, group)
		}
		if len(out.Deployments) > 0 {
			return out.Deployments[0], nil
		}
		// A page may hold nothing, and not be the last.
		if list.NextToken = out.NextToken; aws.ToString(list.NextToken) == "" {
			return "", nil
		}
	}
}

// meet tells of a deployment that keeps the group busy, and stops it if that is
// asked for. What the service began by itself is waited for: a rollback, or what
// a new instance is given.
func (q *queue) meet(ctx context.Context, info *types.DeploymentInfo) error {
	if watch.Ended(info.Status) {
		return nil
	}
	id, busy := aws.ToString(info.DeploymentId), "busy with"
	if q.other != nil {
		busy = "busy again, with"
	}
	said := fmt.Sprintf("%s is %s %s (%s), of %s", q.group, busy, id, watch.State(info), awsconf.LocationText(info.Revision))
	if !q.stop {
		q.env.Info("%s: waiting until it has ended", said)
		return nil
	}
	if info.Creator != types.DeploymentCreatorUser {
		q.env.Info("%s, created by %s: it is not stopped; waiting until it has ended", said, info.Creator)
		return nil
	}
	_, err := q.c.CodeDeploy.StopDeployment(ctx, &codedeploy.StopDeploymentInput{DeploymentId: &id})
	var done *types.DeploymentAlreadyCompletedException
	if err != nil && !errors.As(err, &done) {
		return q.c.Explain(err, "stop deployment %s", id)
	}
	q.env.Info("%s: stopping it; scripts that run already are finished first", said)
	return nil
}

// ended makes of an error what is to be said when the step was cancelled, or its
// time was over, before there was a deployment of its own.
func (q *queue) ended(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	timeout := context.Cause(ctx) == errTimeout
	switch {
	case timeout && q.other == nil:
		return step.Errorf(step.TimedOut, "the time was over before a deployment was created").Do("Raise --timeout.")
	case timeout:
		return step.Errorf(step.TimedOut, "the time was over while %s of %s was waited for, which is %s; no deployment was created",
			aws.ToString(q.other.DeploymentId), q.group, q.other.Status).
			Do("Raise --timeout, or follow that one with: %s", q.c.Command("wait --deployment-id %s", aws.ToString(q.other.DeploymentId)))
	case q.other == nil:
		return err
	}
	goes := "goes on"
	if watch.Ended(q.other.Status) {
		goes = "has ended"
	} else if q.stop && q.other.Creator == types.DeploymentCreatorUser {
		goes = "was asked to stop"
	}
	return step.Errorf(step.Cancelled, "cancelled: deployment %s of %s %s; no deployment was created", aws.ToString(q.other.DeploymentId), q.group, goes)
}

// brings says if a deployment has left the group on the revision that is wanted:
// its content, not only its place, has to be known as the same.
func brings(info *types.DeploymentInfo, wanted *codedeploy.CreateDeploymentInput) bool {
	r := wanted.Revision
	exact := r.GitHubLocation != nil || r.S3Location != nil && (aws.ToString(r.S3Location.ETag) != "" || aws.ToString(r.S3Location.Version) != "")
	return exact && info.Creator == types.DeploymentCreatorUser && !info.UpdateOutdatedInstancesOnly &&
		awsconf.LocationText(info.Revision) == awsconf.LocationText(r)
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
