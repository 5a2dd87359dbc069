package watch

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/smithy-go"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

// service is a deployment as a function of time, behind the operations that
// watching needs. It counts the calls.
type service struct {
	t        *testing.T
	began    time.Time
	machines []machine
	end      types.DeploymentStatus // how it ends; "" is as the machines say
	length   time.Duration          // when it ends, if not when the last machine has
	rollback bool
	// fails gives the error of a call, by operation and time since the start.
	fails func(operation string, at time.Duration) error

	calls map[string]int
	when  []time.Duration // of GetDeployment
}

// machine is a target: its events follow one another, each of the same length.
type machine struct {
	starts time.Duration
	each   time.Duration
	failed string // event that fails; those after it are skipped
}

var names = []string{"BeforeInstall", "Install", "ValidateService"}

func (m machine) ends() time.Duration {
	n := len(names)
	if i := slices.Index(names, m.failed); i >= 0 {
		n = i + 1
	}
	return m.starts + time.Duration(n)*m.each
}

func (m machine) at(began time.Time, now time.Duration) (status types.TargetStatus, events []types.LifecycleEvent) {
	broken := false
	for i, name := range names {
		from, to := m.starts+time.Duration(i)*m.each, m.starts+time.Duration(i+1)*m.each
		e := types.LifecycleEvent{LifecycleEventName: aws.String(name), Status: types.LifecycleEventStatusPending}
		switch {
		case broken:
			e.Status = types.LifecycleEventStatusSkipped
		case now >= to:
			e.Status, e.StartTime, e.EndTime = types.LifecycleEventStatusSucceeded, aws.Time(began.Add(from)), aws.Time(began.Add(to))
			if name == m.failed {
				e.Status, broken = types.LifecycleEventStatusFailed, true
				e.Diagnostics = &types.Diagnostics{ErrorCode: types.LifecycleErrorCodeScriptFailed, ScriptName: aws.String("check.sh"), Message: aws.String("exit code 7"), LogTail: aws.String("last words")}
			}
		case now >= from:
			e.Status = types.LifecycleEventStatusInProgress
		}
		events = append(events, e)
	}
	switch {
	case broken:
		status = types.TargetStatusFailed
	case now >= m.ends():
		status = types.TargetStatusSucceeded
	case now >= m.starts:
		status = types.TargetStatusInProgress
	default:
		status = types.TargetStatusPending
	}
	return status, events
}

func (s *service) call(operation string) error {
	if s.calls == nil {
		s.calls = map[string]int{}
	}
	s.calls[operation]++
	if s.fails != nil {
		return s.fails(operation, time.Since(s.began))
	}
	return nil
}

func (s *service) total() int {
	n := 0
	for _, c := range s.calls {
		n += c
	}
	return n
}

func (s *service) lasts() time.Duration {
	last := s.length
	for _, m := range s.machines {
		last = max(last, m.ends())
	}
	return last
}

func (s *service) overview(now time.Duration) *types.DeploymentOverview {
	o := &types.DeploymentOverview{}
	for _, m := range s.machines {
		switch status, _ := m.at(s.began, now); status {
		case types.TargetStatusPending:
			o.Pending++
		case types.TargetStatusInProgress:
			o.InProgress++
		case types.TargetStatusSucceeded:
			o.Succeeded++
		case types.TargetStatusFailed:
			o.Failed++
		}
	}
	return o
}

func (s *service) GetDeployment(ctx context.Context, in *codedeploy.GetDeploymentInput, _ ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentOutput, error) {
	now := time.Since(s.began)
	s.when = append(s.when, now)
	if err := cmpError(ctx.Err(), s.call("Get")); err != nil {
		return nil, err
	}
	info := &types.DeploymentInfo{DeploymentId: in.DeploymentId, ApplicationName: aws.String("shop"), DeploymentGroupName: aws.String("web"),
		DeploymentConfigName: aws.String("AllAtOnce"), Status: types.DeploymentStatusInProgress, DeploymentOverview: s.overview(now)}
	if s.rollback {
		info.Creator = types.DeploymentCreatorCodeDeployRollback
	}
	if now >= s.lasts() {
		if info.Status = types.DeploymentStatusSucceeded; info.DeploymentOverview.Failed > 0 {
			info.Status = types.DeploymentStatusFailed
			info.ErrorInformation = &types.ErrorInformation{Code: types.ErrorCodeHealthConstraints, Message: aws.String("too many failed")}
		}
		if s.end != "" {
			info.Status = s.end
		}
	}
	return &codedeploy.GetDeploymentOutput{DeploymentInfo: info}, nil
}

func (s *service) ListDeploymentTargets(ctx context.Context, in *codedeploy.ListDeploymentTargetsInput, _ ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentTargetsOutput, error) {
	filter := ""
	for name, values := range in.TargetFilters {
		if name != string(types.TargetFilterNameTargetStatus) || len(values) != 1 {
			s.t.Errorf("filter %s=%v", name, values)
		}
		filter = values[0]
	}
	if err := cmpError(ctx.Err(), s.call("List"+filter)); err != nil {
		return nil, err
	}
	var ids []string
	for i, m := range s.machines {
		if status, _ := m.at(s.began, time.Since(s.began)); filter == "" || string(status) == filter {
			ids = append(ids, fmt.Sprintf("i-%04d", i))
		}
	}
	const page = 100
	from, _ := strconv.Atoi(aws.ToString(in.NextToken))
	out := &codedeploy.ListDeploymentTargetsOutput{TargetIds: ids[from:min(from+page, len(ids))]}
	if from+page < len(ids) {
		out.NextToken = aws.String(strconv.Itoa(from + page))
	}
	return out, nil
}

func (s *service) BatchGetDeploymentTargets(ctx context.Context, in *codedeploy.BatchGetDeploymentTargetsInput, _ ...func(*codedeploy.Options)) (*codedeploy.BatchGetDeploymentTargetsOutput, error) {
	if err := cmpError(ctx.Err(), s.call("Batch")); err != nil {
		return nil, err
	}
	if n := len(in.TargetIds); n == 0 || n > 25 {
		s.t.Errorf("a batch of %d", n)
	}
	out := &codedeploy.BatchGetDeploymentTargetsOutput{}
	for _, id := range in.TargetIds {
		i, err := strconv.Atoi(strings.TrimPrefix(id, "i-"))
		if err != nil {
			s.t.Error(err)
		}
		status, events := s.machines[i].at(s.began, time.Since(s.began))
		out.DeploymentTargets = append(out.DeploymentTargets, types.DeploymentTarget{DeploymentTargetType: types.DeploymentTargetTypeInstanceTarget,
			InstanceTarget: &types.InstanceTarget{TargetId: aws.String(id), Status: status, LifecycleEvents: events}})
	}
	return out, nil
}

func cmpError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// same gives n machines.
func same(n int, m machine) []machine { return slices.Repeat([]machine{m}, n) }

// log keeps events as short lines.
type log struct {
	lines  []string
	events []event.Event
}

func (l *log) Emit(e event.Event) {
	l.events = append(l.events, e)
	switch e := e.(type) {
	case event.Deployment:
		l.lines = append(l.lines, strings.TrimSpace(fmt.Sprintf("%s %s %s", e.ID, e.Status, e.ErrorCode)))
	case event.Lifecycle:
		l.lines = append(l.lines, fmt.Sprintf("%s %s %s", e.Target, e.Name, e.Status))
	case event.Target:
		l.lines = append(l.lines, fmt.Sprintf("%s %s", e.ID, e.Status))
	case event.Note:
		l.lines = append(l.lines, "note: "+e.Text)
	}
}

func apiError(code string) error {
	return &smithy.GenericAPIError{Code: code, Message: "Rate exceeded"}
}
