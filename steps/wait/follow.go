package wait

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/internal/watch"
)

// Follow carries a deployment, which begin makes or names, to its end under the
// given stage, and the rollback that may follow under a stage of its own. The
// context that begin gets ends with the step's time.
func (o Options) Follow(ctx context.Context, env *step.Env, c *awsconf.Clients, stage string, begin func(context.Context) (id string, err error)) error {
	ctx, cancel := o.Bound(ctx)
	defer cancel()
	var info *types.DeploymentInfo
	err := env.Stage(stage, func() error {
		id, err := begin(ctx)
		if err != nil || id == "" {
			return err
		}
		// A deployment that was begun is followed, also where nobody takes its id.
		untold := env.Output("deployment-id", id)
		if info, err = o.watch(ctx, env, c, id); err != nil {
			return errors.Join(err, untold)
		}
		if err := env.Output("status", string(info.Status)); untold == nil {
			untold = err
		}
		return errors.Join(o.judge(env, info), untold)
	})
	if info == nil || !watch.Ended(info.Status) || info.Status == types.DeploymentStatusSucceeded {
		return err
	}
	if settled, rerr := o.rollback(ctx, env, c, info); rerr != nil {
		return errors.Join(err, rerr)
	} else if settled != "" && err != nil {
		return step.ShownError(step.ExitCode(err), "%v; %s", err, settled)
	}
	return err
}

// Bound gives the context of a step that may take as long as --timeout says.
func (o Options) Bound(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, o.Timeout, errTimeout)
}

// watch follows one deployment. When ctx ends early it is stopped or left, as
// the options say.
func (o Options) watch(ctx context.Context, env *step.Env, c *awsconf.Clients, id string) (*types.DeploymentInfo, error) {
	w := &watch.Watcher{API: c.CodeDeploy, Sink: env.Events, Place: awsconf.LocationText}
	info, err := w.Follow(ctx, id)
	if err == nil {
		return info, nil
	}
	if ctx.Err() == nil {
		err = c.Explain(err, "follow deployment %s", id)
		var said *step.Error
		if errors.As(err, &said) && info != nil && !watch.Ended(info.Status) {
			said.Do("%s", strings.TrimLeft(said.Remedy+"\n", "\n")+"Deployment "+id+" goes on. Follow it with: "+c.Command("wait --deployment-id %s", id))
		}
		return nil, err
	}
	what, action, code := "cancelled", o.OnCancel, step.Cancelled
	if context.Cause(ctx) == errTimeout {
		what, action, code = fmt.Sprintf("deployment %s took longer than %s", id, o.Timeout), o.OnTimeout, step.TimedOut
	}
	return nil, o.leave(ctx, env, c, w, id, info, what, action, code)
}

// leave ends the following of a deployment that goes on.
func (o Options) leave(ctx context.Context, env *step.Env, c *awsconf.Clients, w *watch.Watcher, id string, info *types.DeploymentInfo, what, action string, code step.Code) error {
	follow := "Follow it with: " + c.Command("wait --deployment-id %s", id)
	if o.back || info != nil && info.Creator == types.DeploymentCreatorCodeDeployRollback {
		return step.Errorf(code, "%s: rollback %s goes on, a rollback is not stopped", what, id).Do("%s", follow)
	}
	if o.AnyEnd {
		return step.Errorf(code, "%s: the stop of deployment %s was asked for; scripts that run already are finished first", what, id).Do("%s", follow)
	}
	if action == "leave" {
		return step.Errorf(code, "%s: deployment %s is left running", what, id).Do("%s", follow)
	}
	status, err := stop(ctx, c, w, id)
	if err != nil {
		return step.Errorf(code, "%s; %v", what, err).Do("Stop it with: %s", c.Command("stop --deployment-id %s", id))
	}
	if err := env.Output("status", string(status)); err != nil {
		return err
	}
	if watch.Ended(status) {
		return step.Errorf(code, "%s: deployment %s is %s", what, id, status)
	}
	return step.Errorf(code, "%s: deployment %s is being stopped; scripts that run already are finished first", what, id).
		Do("Follow it with: wait --deployment-id %s", id)
}

// stopTime is what stopping may take: GitHub grants 7.5 s from SIGINT to
// SIGTERM, and the engine wants some of it to close.
const stopTime = 3 * time.Second

// stop asks a deployment to stop in the few seconds that a runner grants after
// a cancel, and answers how far that got.
func stop(ctx context.Context, c *awsconf.Clients, w *watch.Watcher, id string) (types.DeploymentStatus, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	_, err := c.CodeDeploy.StopDeployment(ctx, &codedeploy.StopDeploymentInput{DeploymentId: &id})
	var done *types.DeploymentAlreadyCompletedException
	if err != nil && !errors.As(err, &done) {
		return "", c.Explain(err, "stop deployment %s", id)
	}
	c.Abandon(ctx)
	info, err := w.Follow(ctx, id)
	if info == nil {
		return "", c.Explain(err, "see deployment %s stopped", id)
	}
	return info.Status, nil
}

// judge turns the end of a deployment into the step's.
func (opts Options) judge(env *step.Env, info *types.DeploymentInfo) error {
	id := aws.ToString(info.DeploymentId)
	o := info.DeploymentOverview
	switch info.Status {
	case types.DeploymentStatusSucceeded:
		env.Done("%s Succeeded: %s", id, strings.Join(append(append([]string{counts(o)}, info.DeploymentStatusMessages...), opts.then()...), "; "))
		if o != nil && o.Failed > 0 {
			env.Warn("deployment %s succeeded with %d failed of %d: the deployment configuration %s allows that", id, o.Failed, total(o), aws.ToString(info.DeploymentConfigName))
		}
		return nil
	case types.DeploymentStatusStopped:
		env.Done("%s Stopped: %s", id, counts(o))
		if opts.AnyEnd {
			return nil
		}
		return step.ShownError(step.Failed, "deployment %s was stopped", id)
	}
	env.Done("%s Failed: %s", id, counts(o))
	if opts.AnyEnd {
		return nil
	}
	reason := ""
	if e := info.ErrorInformation; e != nil {
		reason = fmt.Sprintf(" (%s)", e.Code)
	}
	return step.ShownError(step.Failed, "deployment %s failed%s", id, reason)
}

func (o Options) then() []string {
	if o.Then == nil {
		return nil
	}
	return []string{o.Then()}
}

func total(o *types.DeploymentOverview) int64 {
	return o.Pending + o.InProgress + o.Succeeded + o.Failed + o.Skipped + o.Ready
}

func counts(o *types.DeploymentOverview) string {
	if o == nil || total(o) == 0 {
		return "no target"
	}
	s := ""
	for _, c := range []struct {
		n    int64
		name string
	}{{o.Succeeded, "succeeded"}, {o.Failed, "failed"}, {o.Skipped, "skipped"}, {o.InProgress + o.Pending + o.Ready, "unfinished"}} {
		if c.n > 0 {
			s += fmt.Sprintf(", %d %s", c.n, c.name)
		}
	}
	return s[2:]
}

// rollback follows the rollback of a deployment, if the service makes one, and
// says in words what came of it.
func (o Options) rollback(ctx context.Context, env *step.Env, c *awsconf.Clients, info *types.DeploymentInfo) (string, error) {
	wanted := expected(info)
	if o.GoesBack != nil && info.Status == types.DeploymentStatusStopped {
		wanted = *o.GoesBack && info.Creator != types.DeploymentCreatorCodeDeployRollback
	}
	id, message := rollbackOf(ctx, c, info, wanted)
	if id == "" {
		if message != "" {
			env.Info("%s", message)
		}
		return "", nil
	}
	untold := env.Output("rollback-deployment-id", id)
	settled := ""
	o.back = true
	err := env.Stage("rollback", func() error {
		back, err := o.watch(ctx, env, c, id)
		if err != nil {
			return err
		}
		location := awsconf.LocationText(back.Revision)
		if back.Status == types.DeploymentStatusSucceeded {
			env.Done("%s Succeeded: the group is back on %s", id, location)
			settled = "rolled back by " + id
			return nil
		}
		env.Done("%s %s: the group is not on its last good revision, %s", id, back.Status, location)
		return step.ShownError(step.Failed, "the rollback %s did not succeed either (%s)", id, back.Status)
	})
	return settled, errors.Join(err, untold)
}

// rollbackOf gives the id of the rollback. The service makes it a moment after
// the deployment has ended, so one that is wanted is waited for a little.
func rollbackOf(ctx context.Context, c *awsconf.Clients, info *types.DeploymentInfo, wanted bool) (id, message string) {
	for try := 0; ; try++ {
		if r := info.RollbackInfo; r != nil && aws.ToString(r.RollbackDeploymentId) != "" {
			return aws.ToString(r.RollbackDeploymentId), ""
		} else if r != nil && aws.ToString(r.RollbackMessage) != "" {
			return "", aws.ToString(r.RollbackMessage)
		}
		if !wanted || try == 5 {
			return "", ""
		}
		select {
		case <-ctx.Done():
			return "", ""
		case <-time.After(2 * time.Second):
		}
		out, err := c.CodeDeploy.GetDeployment(ctx, &codedeploy.GetDeploymentInput{DeploymentId: info.DeploymentId})
		if err == nil {
			info = out.DeploymentInfo
		}
	}
}

// expected says if the settings of a deployment ask for a rollback of it.
func expected(info *types.DeploymentInfo) bool {
	a := info.AutoRollbackConfiguration
	if a == nil || !a.Enabled || info.Creator == types.DeploymentCreatorCodeDeployRollback {
		return false
	}
	if info.Status == types.DeploymentStatusStopped {
		return slices.Contains(a.Events, types.AutoRollbackEventDeploymentStopOnRequest) ||
			slices.Contains(a.Events, types.AutoRollbackEventDeploymentStopOnAlarm)
	}
	return slices.Contains(a.Events, types.AutoRollbackEventDeploymentFailure)
}
