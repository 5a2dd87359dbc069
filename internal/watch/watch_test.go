package watch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

// follow follows a deployment in time that runs as fast as it can.
func follow(t *testing.T, s *service, check func(l *log, info *types.DeploymentInfo, err error)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s.t, s.began = t, time.Now()
		l := &log{}
		w := &Watcher{API: s, Sink: l}
		info, err := w.Follow(t.Context(), "d-1")
		check(l, info, err)
	})
}

func succeeds(t *testing.T, s *service) *log {
	t.Helper()
	var got *log
	follow(t, s, func(l *log, info *types.DeploymentInfo, err error) {
		got = l
		if err != nil || info.Status != types.DeploymentStatusSucceeded {
			t.Errorf("%v %v", info, err)
		}
	})
	return got
}

func TestEventsAreToldInOrderAndOnce(t *testing.T) {
	follow(t, &service{machines: []machine{{starts: time.Second, each: 10 * time.Second}, {starts: time.Second, each: 20 * time.Second, failed: "Install"}}},
		func(l *log, info *types.DeploymentInfo, err error) {
			if err != nil || info.Status != types.DeploymentStatusFailed {
				t.Errorf("%v %v", info, err)
			}
			var first, second, whole []string
			seen := map[string]bool{}
			for _, line := range l.lines {
				if seen[line] {
					t.Errorf("told twice: %s", line)
				}
				seen[line] = true
				switch strings.Fields(line)[0] {
				case "i-0000":
					first = append(first, line)
				case "i-0001":
					second = append(second, line)
				default:
					whole = append(whole, line)
				}
			}
			for _, test := range []struct{ got, want []string }{
				{first, []string{"i-0000 BeforeInstall InProgress", "i-0000 BeforeInstall Succeeded", "i-0000 Install InProgress", "i-0000 Install Succeeded",
					"i-0000 ValidateService InProgress", "i-0000 ValidateService Succeeded", "i-0000 Succeeded"}},
				{second, []string{"i-0001 BeforeInstall InProgress", "i-0001 BeforeInstall Succeeded", "i-0001 Install InProgress", "i-0001 Install Failed", "i-0001 ValidateService Skipped", "i-0001 Failed"}},
				{whole, []string{"d-1 InProgress", "d-1 Failed HEALTH_CONSTRAINTS"}},
			} {
				if !slices.Equal(test.got, test.want) {
					t.Errorf("told\n%s\nnot\n%s", strings.Join(test.got, "\n"), strings.Join(test.want, "\n"))
				}
			}
			if l.lines[0] != "d-1 InProgress" || l.lines[len(l.lines)-1] != "d-1 Failed HEALTH_CONSTRAINTS" {
				t.Errorf("the deployment's own lines are not first and last: %q", l.lines)
			}
			for _, e := range l.events {
				if e, ok := e.(event.Lifecycle); ok {
					if e.Status == "Failed" && (e.Failure == nil || e.Failure.LogTail != "last words" || e.Failure.Script != "check.sh" || e.Failure.Meaning == "") {
						t.Errorf("%+v", e.Failure)
					}
					if e.Status == "Succeeded" && e.Target == "i-0000" && e.Took != event.Duration(10*time.Second) {
						t.Errorf("%s took %v", e.Name, time.Duration(e.Took))
					}
				}
			}
		})
}

func TestARollbackIsToldAsOne(t *testing.T) {
	l := succeeds(t, &service{machines: same(1, machine{each: time.Second}), rollback: true})
	if d := l.events[0].(event.Deployment); !d.Rollback || d.Application != "shop" || d.Group != "web" || d.Config != "AllAtOnce" || d.Overview == nil {
		t.Errorf("%+v", d)
	}
}

func TestAnEndedDeploymentCostsThreeCalls(t *testing.T) {
	s := &service{machines: same(2, machine{})}
	l := succeeds(t, s)
	if s.calls["Get"] != 1 || s.calls["List"] != 1 || s.calls["Batch"] != 1 || s.total() != 3 {
		t.Errorf("%v", s.calls)
	}
	if want := 2*(len(names)+1) + 1; len(l.lines) != want {
		t.Errorf("%d lines: %q", len(l.lines), l.lines)
	}
}

// The numbers are those of performance: one call a poll and, of many targets,
// their ids once and all details once.
func TestNoCallBeyondNeed(t *testing.T) {
	for _, test := range []struct {
		targets             int
		lists, finalBatches int
		perPoll             int // BatchGetDeploymentTargets
	}{
		{2, 1, 1, 1}, {25, 1, 1, 1}, {26, 1, 2, 0}, {1000, 10, 40, 0},
	} {
		t.Run(fmt.Sprint(test.targets), func(t *testing.T) {
			// They begin one after the other, so that the overview changes at nearly every poll.
			var machines []machine
			for i := range test.targets {
				machines = append(machines, machine{starts: time.Duration(i) * 25 * time.Minute / time.Duration(test.targets), each: time.Minute})
			}
			s := &service{machines: machines}
			l := succeeds(t, s)
			polls := s.calls["Get"]
			if polls < 80 || polls > 160 {
				t.Errorf("%d polls in half an hour", polls)
			}
			if s.calls["List"] != test.lists || s.calls["ListFailed"] != 0 {
				t.Errorf("%v", s.calls)
			}
			if test.perPoll == 0 {
				if s.calls["Batch"] != test.finalBatches || s.total() != polls+test.lists+test.finalBatches {
					t.Errorf("%v", s.calls)
				}
			} else if s.calls["Batch"] > polls {
				t.Errorf("%v", s.calls)
			}
			succeeded := 0
			for _, line := range l.lines {
				if strings.HasSuffix(line, "ValidateService Succeeded") {
					succeeded++
				}
			}
			if succeeded != test.targets {
				t.Errorf("%d of %d targets were told of", succeeded, test.targets)
			}
		})
	}
}

func TestOfFewTargetsTheDoneAreNotAskedForAgain(t *testing.T) {
	s := &service{machines: same(3, machine{each: time.Second}), length: 10 * time.Minute}
	succeeds(t, s)
	inTheBeginning := 0
	for _, at := range s.when {
		if at < 6*time.Second {
			inTheBeginning++
		}
	}
	if s.calls["Batch"] > inTheBeginning {
		t.Errorf("%v, of which %d polls while they ran", s.calls, inTheBeginning)
	}
}

func TestFailuresOfManyTargetsCostTwoCallsEach(t *testing.T) {
	machines := same(1000, machine{each: 10 * time.Minute})
	for i := range 30 { // together
		machines[i] = machine{each: time.Minute, failed: "BeforeInstall"}
	}
	machines[500] = machine{each: 2 * time.Minute, failed: "Install"} // later
	s := &service{machines: machines}
	follow(t, s, func(l *log, info *types.DeploymentInfo, err error) {
		if err != nil || info.Status != types.DeploymentStatusFailed {
			t.Errorf("%v %v", info, err)
		}
		// 30 in two batches, 1 in one; the end asks for the other 969 in 39.
		if s.calls["List"] != 10 || s.calls["ListFailed"] != 2 || s.calls["Batch"] != 2+1+39 {
			t.Errorf("%v", s.calls)
		}
		early := slices.Index(l.lines, "i-0007 BeforeInstall Failed")
		late := slices.Index(l.lines, "i-0900 BeforeInstall Succeeded")
		if early < 0 || late < early {
			t.Errorf("the failure is line %d, the end line %d", early, late)
		}
	})
}

func TestPollsGrowRarer(t *testing.T) {
	s := &service{machines: same(1, machine{each: 20 * time.Minute})}
	succeeds(t, s)
	for i := 1; i < len(s.when); i++ {
		gap := s.when[i] - s.when[i-1]
		if gap < shortest || gap > longest+longest/5 {
			t.Errorf("poll %d comes %v after the one before", i, gap)
		}
		if s.when[i-1] > 5*time.Minute && gap < longest {
			t.Errorf("poll %d comes %v after the one before, at %v", i, gap, s.when[i-1])
		}
	}
	short := &service{machines: same(1, machine{each: 500 * time.Millisecond})}
	succeeds(t, short)
	if last := short.when[len(short.when)-1]; last > 2500*time.Millisecond {
		t.Errorf("the end at 1.5 s was seen at %v", last)
	}
}

// codes are what the service and the SDK call too many calls.
var throttles = []error{
	apiError("ThrottlingException"), apiError("Throttling"), apiError("TooManyRequestsException"), apiError("RequestLimitExceeded"), apiError("SlowDown"),
	fmt.Errorf("operation error CodeDeploy: GetDeployment, %w", apiError("ThrottlingException")),
	errors.Join(apiError("ThrottlingException"), errors.New("failed to get rate limit token, retry quota exceeded")),
}

func TestThrottlingIsNoFailure(t *testing.T) {
	for _, operation := range []string{"Get", "List", "Batch", "all"} {
		for i, err := range throttles {
			s := &service{machines: same(3, machine{each: time.Minute}), fails: func(op string, at time.Duration) error {
				if (op == operation || operation == "all") && at < 40*time.Minute {
					return err
				}
				return nil
			}}
			l := succeeds(t, s)
			if slices.Index(l.lines, "i-0002 ValidateService Succeeded") < 0 || slices.Index(l.lines, "d-1 Succeeded") < 0 {
				t.Errorf("%s, error %d: %q", operation, i, l.lines)
			}
			if s.calls["Get"] > 250 {
				t.Errorf("%s: %d polls in 40 minutes", operation, s.calls["Get"])
			}
			if strings.Contains(strings.Join(l.lines, "\n"), "note:") {
				t.Errorf("a throttled call is no news: %q", l.lines)
			}
		}
	}
}

var outages = []error{
	&smithyhttp.RequestSendError{Err: errors.New("dial tcp 127.0.0.1:1: connect: connection refused")},
	io.ErrUnexpectedEOF,
	&smithy.GenericAPIError{Code: "ServiceUnavailable", Fault: smithy.FaultServer},
	&smithy.GenericAPIError{Code: "InternalFailure"},
	&smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{StatusCode: 503}}, Err: &smithy.GenericAPIError{Code: "Unheard"}},
	context.DeadlineExceeded, // of one call, not of the whole
}

func TestShortOutagesAreSurvived(t *testing.T) {
	for _, operation := range []string{"Get", "List", "Batch"} {
		for _, outage := range outages {
			s := &service{machines: same(2, machine{each: time.Minute}), fails: func(op string, at time.Duration) error {
				if op == operation && (at < 100*time.Second || at > 150*time.Second && at < 240*time.Second) {
					return outage
				}
				return nil
			}}
			l := succeeds(t, s)
			notes := 0
			for _, line := range l.lines {
				if strings.HasPrefix(line, "note: the service does not answer") {
					notes++
				}
			}
			if want := 2; operation == "Get" && notes != want {
				t.Errorf("%v: %d notes of two outages: %q", outage, notes, l.lines)
			}
		}
	}
}

// A service that throttles answers: what comes after it is an outage of its own.
func TestAnOutageAfterThrottlingIsShort(t *testing.T) {
	s := &service{machines: same(2, machine{each: time.Minute}), fails: func(op string, at time.Duration) error {
		switch {
		case op == "Get" && at < 5*time.Minute:
			return apiError("ThrottlingException")
		case op == "Get" && at < 6*time.Minute:
			return io.ErrUnexpectedEOF
		}
		return nil
	}}
	succeeds(t, s)
}

func TestLongOutagesAreNot(t *testing.T) {
	for _, operation := range []string{"Get", "Batch"} {
		for _, outage := range outages {
			s := &service{machines: same(2, machine{each: 30 * time.Second}), fails: func(op string, at time.Duration) error {
				if op == operation && at > time.Minute {
					return outage
				}
				return nil
			}}
			follow(t, s, func(l *log, info *types.DeploymentInfo, err error) {
				if !errors.Is(err, outage) || info == nil {
					t.Errorf("%s, %v: %v %v", operation, outage, info, err)
				}
				var good time.Duration // the last poll before the outage
				for _, at := range s.when {
					if at <= time.Minute {
						good = at
					}
				}
				if last := s.when[len(s.when)-1]; last-good <= patience || last-good > patience+20*time.Second {
					t.Errorf("%s, %v: given up %v after the last answer", operation, outage, last-good)
				}
				if operation == "Batch" && l.lines[len(l.lines)-1] != "d-1 Succeeded" {
					t.Errorf("what is known of the end was not told: %q", l.lines)
				}
			})
		}
	}
}

// Whoever may not ask for the deployment learns so at once; whoever may not ask
// for its targets follows it without them.
func TestARefusalEndsAtOnce(t *testing.T) {
	for _, code := range []string{"AccessDeniedException", "DeploymentDoesNotExistException", "ExpiredTokenException", "InvalidSignatureException"} {
		s := &service{machines: same(2, machine{each: time.Minute}), fails: func(string, time.Duration) error { return apiError(code) }}
		follow(t, s, func(l *log, info *types.DeploymentInfo, err error) {
			var api smithy.APIError
			if !errors.As(err, &api) || api.ErrorCode() != code || info != nil || s.total() != 1 || len(l.lines) != 0 {
				t.Errorf("%v %v %v %q", info, err, s.calls, l.lines)
			}
		})
	}
	for _, operation := range []string{"List", "Batch"} {
		s := &service{machines: same(2, machine{}), fails: func(op string, _ time.Duration) error {
			if op == operation {
				return apiError("AccessDeniedException")
			}
			return nil
		}}
		follow(t, s, func(l *log, info *types.DeploymentInfo, err error) {
			if err != nil || info == nil || s.calls["Get"] != 1 {
				t.Errorf("%v %v %v", info, err, s.calls)
			}
			if len(l.lines) != 2 || l.lines[0] != "d-1 Succeeded" || !strings.Contains(l.lines[1], "AccessDeniedException") {
				t.Errorf("the end is known without the details, and that they are refused: %q", l.lines)
			}
		})
	}
}

func TestCancelAnswersWhatIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{t: t, began: time.Now(), machines: same(2, machine{each: time.Hour})}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, cancel)
		info, err := (&Watcher{API: s, Sink: &log{}}).Follow(ctx, "d-1")
		if err != context.Canceled || info == nil || info.Status != types.DeploymentStatusInProgress {
			t.Errorf("%v %v", info, err)
		}
		if took := time.Since(s.began); took != time.Minute {
			t.Errorf("after %v", took)
		}
		// So does the end of its time, in the middle of a call too.
		ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for _, operation := range []string{"Get", "Batch"} {
			s = &service{t: t, began: time.Now(), machines: same(2, machine{each: time.Hour}), fails: func(op string, _ time.Duration) error {
				if op == operation {
					<-ctx.Done()
					return fmt.Errorf("operation error: %w", ctx.Err())
				}
				return nil
			}}
			info, err = (&Watcher{API: s, Sink: &log{}}).Follow(ctx, "d-1")
			if err != context.DeadlineExceeded || (info == nil) != (operation == "Get" || ctx.Err() != nil && s.calls["Batch"] == 0) {
				t.Errorf("%s: %v %v", operation, info, err)
			}
		}
	})
}

func TestTheClockIsInjected(t *testing.T) {
	now := time.Unix(0, 0)
	var slept []time.Duration
	stop := errors.New("enough")
	s := &service{t: t, began: time.Now(), machines: same(1, machine{each: time.Hour})}
	w := &Watcher{API: s, Sink: &log{}, Now: func() time.Time { return now }, Sleep: func(_ context.Context, d time.Duration) error {
		slept = append(slept, d)
		now = now.Add(d)
		if len(slept) == 20 {
			return stop
		}
		return nil
	}}
	if _, err := w.Follow(context.Background(), "d-1"); err != stop {
		t.Error(err)
	}
	if slept[0] < shortest || slept[19] <= slept[0] {
		t.Errorf("%v", slept)
	}
}

// early is a service whose targets can't be listed yet.
type early struct {
	*service
	until time.Duration
}

func (e early) ListDeploymentTargets(ctx context.Context, in *codedeploy.ListDeploymentTargetsInput, o ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentTargetsOutput, error) {
	if time.Since(e.began) < e.until {
		return nil, &types.DeploymentNotStartedException{}
	}
	return e.service.ListDeploymentTargets(ctx, in, o...)
}

func TestADeploymentThatHasNotStartedIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{t: t, began: time.Now(), machines: same(2, machine{starts: 10 * time.Second, each: time.Minute})}
		l := &log{}
		info, err := (&Watcher{API: early{s, 20 * time.Second}, Sink: l}).Follow(t.Context(), "d-1")
		if err != nil || info.Status != types.DeploymentStatusSucceeded {
			t.Fatalf("%v %v", info, err)
		}
		if i := slices.Index(l.lines, "i-0000 BeforeInstall InProgress"); i != 1 {
			t.Errorf("%q", l.lines)
		}
	})
}

func TestNoTargetAtAll(t *testing.T) {
	for _, end := range []types.DeploymentStatus{types.DeploymentStatusFailed, types.DeploymentStatusStopped} {
		s := &service{end: end, length: time.Minute}
		follow(t, s, func(l *log, info *types.DeploymentInfo, err error) {
			if err != nil || info.Status != end || !slices.Equal(l.lines, []string{"d-1 InProgress", "d-1 " + string(end)}) {
				t.Errorf("%v %v %q", info, err, l.lines)
			}
			if s.calls["List"] != 1 || s.calls["Batch"] != 0 {
				t.Errorf("%v", s.calls)
			}
		})
	}
}

func TestKindsOfTargets(t *testing.T) {
	events := []types.LifecycleEvent{{}}
	for _, test := range []types.DeploymentTarget{
		{InstanceTarget: &types.InstanceTarget{TargetId: aws.String("x"), Status: types.TargetStatusReady, LifecycleEvents: events}},
		{LambdaTarget: &types.LambdaTarget{TargetId: aws.String("x"), Status: types.TargetStatusReady, LifecycleEvents: events}},
		{EcsTarget: &types.ECSTarget{TargetId: aws.String("x"), Status: types.TargetStatusReady, LifecycleEvents: events}},
		{CloudFormationTarget: &types.CloudFormationTarget{TargetId: aws.String("x"), Status: types.TargetStatusReady, LifecycleEvents: events}},
	} {
		if id, status, got := parts(&test); id != "x" || status != types.TargetStatusReady || len(got) != 1 {
			t.Errorf("%+v: %s %s %v", test, id, status, got)
		}
	}
	if id, _, _ := parts(&types.DeploymentTarget{}); id != "" {
		t.Error(id)
	}
}

// One that had ended before it was looked at is told of first, and once.
func TestEndedBefore(t *testing.T) {
	s := &service{machines: same(1, machine{each: time.Second}), fails: func(op string, at time.Duration) error {
		if op == "Get" && at < time.Minute {
			return apiError("ThrottlingException")
		}
		return nil
	}}
	l := succeeds(t, s)
	if len(l.lines) == 0 || l.lines[0] != "d-1 Succeeded" || slices.Index(l.lines[1:], "d-1 Succeeded") >= 0 {
		t.Errorf("told %q", l.lines)
	}
}
