package deploy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/codedeploy-steps/codedeploy-steps/internal/agent"
)

// memoryLog is a log of JSON records, as the one on disk: what an event does
// not carry through JSON is lost to a service that reads the log.
type memoryLog struct {
	mu      sync.Mutex
	records [][]byte
	batches []int // number of records after each Append
	broken  bool
}

func (l *memoryLog) Append(records ...any) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken {
		return errors.New("no space left on device")
	}
	for _, r := range records {
		text, err := json.Marshal(r)
		if err != nil {
			return err
		}
		l.records = append(l.records, text)
	}
	l.batches = append(l.batches, len(l.records))
	return nil
}

func (l *memoryLog) Replay(f func([]byte) error) error {
	for _, r := range l.all() {
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}

func (l *memoryLog) all() [][]byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.records)
}

// plan says how an instance carries a command out.
type plan func(instance string, c agent.Command) (time.Duration, agent.Result)

// well carries every command out in a second.
func well(string, agent.Command) (time.Duration, agent.Result) { return time.Second, agent.Result{} }

// failing fails an event on some instances.
func failing(event string, instances ...string) plan {
	return func(instance string, c agent.Command) (time.Duration, agent.Result) {
		if c.Event == event && slices.Contains(instances, instance) {
			return time.Second, agent.Result{Code: agent.ScriptFailed, ScriptName: "hook.sh", Message: "exit 1", Log: "boom"}
		}
		return time.Second, agent.Result{}
	}
}

// fleet is a service with instances that poll it, in a bubble of fake time.
type fleet struct {
	*testing.T
	*Service
	log  *memoryLog
	stop context.CancelFunc
	ctx  context.Context
	wg   sync.WaitGroup

	mu    sync.Mutex
	plan  plan
	given []string // ids of commands, as they were given
}

// simulate runs a test with a service over a log, in fake time. The service
// gets an application "app" with a group "group" of all instances tagged
// Name=local, if the log is empty.
func simulate(t *testing.T, log *memoryLog, test func(t *testing.T, f *fleet)) {
	t.Helper()
	simulateHeld(t, log, func(t *testing.T, f *fleet) {
		f.run()
		synctest.Wait()
		test(t, f)
	})
}

// simulateHeld is simulate with a service that decides nothing before run.
func simulateHeld(t *testing.T, log *memoryLog, test func(t *testing.T, f *fleet)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := open(t, log)
		defer f.close()
		if len(log.all()) == 0 {
			must(f.CreateApplication(f.ctx, &codedeploy.CreateApplicationInput{ApplicationName: ptr("app")}))(t)
			must(f.CreateDeploymentGroup(f.ctx, group0("group")))(t)
		}
		test(t, f)
	})
}

// open reads the log; nothing is decided before run.
func open(t *testing.T, log *memoryLog) *fleet {
	t.Helper()
	s, err := New(log, Wall{}, "us-east-1", "000000000000")
	if err != nil {
		t.Fatal(err)
	}
	f := &fleet{T: t, Service: s, log: log, plan: well}
	f.ctx, f.stop = context.WithCancel(t.Context())
	return f
}

func (f *fleet) run() { f.wg.Go(func() { f.Service.Run(f.ctx) }) }

func (f *fleet) close() {
	f.stop()
	f.wg.Wait()
}

func group0(name string) *codedeploy.CreateDeploymentGroupInput {
	return &codedeploy.CreateDeploymentGroupInput{
		ApplicationName: ptr("app"), DeploymentGroupName: &name, ServiceRoleArn: ptr("arn:aws:iam::000000000000:role/r"),
		Ec2TagFilters: []types.EC2TagFilter{{Key: ptr("Name"), Value: ptr("local"), Type: types.EC2TagFilterTypeKeyAndValue}},
	}
}

// must fails the test for an error.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// name is the id of the nth instance; ids sort as numbers do.
func name(n int) string { return fmt.Sprintf("i-%03d", n) }

func names(ns ...int) []string {
	var out []string
	for _, n := range ns {
		out = append(out, name(n))
	}
	return out
}

func upTo(n int) []string {
	var out []string
	for i := 1; i <= n; i++ {
		out = append(out, name(i))
	}
	return out
}

// add adds n instances that poll.
func (f *fleet) add(n int) {
	f.Helper()
	for _, id := range upTo(n) {
		if err := f.AddInstance(InstanceAdded{ID: id, Hostname: id, Kind: "directory", Tags: map[string]string{"Name": "local"}}); err != nil {
			f.Fatal(err)
		}
		f.poll(id)
	}
}

// poll has an instance ask for commands until the fleet is closed.
func (f *fleet) poll(id string) {
	f.wg.Go(func() {
		for {
			c, err := f.Poll(f.ctx, id)
			if err != nil {
				return
			}
			f.mu.Lock()
			f.given = append(f.given, c.ID)
			p := f.plan
			f.mu.Unlock()
			if !f.Acknowledge(c.ID) {
				f.Complete(c.ID, agent.Result{Code: agent.UnknownError})
				continue
			}
			takes, result := p(id, c)
			select {
			case <-f.ctx.Done():
				return
			case <-time.After(takes):
			}
			if err := f.Complete(c.ID, result); err != nil {
				f.Errorf("complete %s: %v", c.ID, err)
			}
		}
	})
}

func (f *fleet) use(p plan) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.plan = p
}

func (f *fleet) commands() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.given)
}

func revisionOf(key string) *types.RevisionLocation {
	return &types.RevisionLocation{RevisionType: types.RevisionLocationTypeS3, S3Location: &types.S3Location{
		Bucket: ptr("releases"), Key: &key, BundleType: types.BundleTypeZip, ETag: ptr(`"0123"`),
	}}
}

// begin creates a deployment of the group.
func (f *fleet) begin(revision string, change ...func(*codedeploy.CreateDeploymentInput)) string {
	f.Helper()
	in := &codedeploy.CreateDeploymentInput{ApplicationName: ptr("app"), DeploymentGroupName: ptr("group"), Revision: revisionOf(revision)}
	for _, c := range change {
		c(in)
	}
	return *must(f.CreateDeployment(f.ctx, in))(f).DeploymentId
}

func with(config string) func(*codedeploy.CreateDeploymentInput) {
	return func(in *codedeploy.CreateDeploymentInput) { in.DeploymentConfigName = &config }
}

// deploy carries a deployment, and what follows from it, to the end.
func (f *fleet) deploy(revision string, change ...func(*codedeploy.CreateDeploymentInput)) *types.DeploymentInfo {
	f.Helper()
	id := f.begin(revision, change...)
	f.settle()
	return f.info(id)
}

// settle waits until no deployment runs.
func (f *fleet) settle() {
	f.Helper()
	for began := time.Now(); len(f.Active()) > 0; time.Sleep(time.Second) {
		if time.Since(began) > 48*time.Hour {
			f.Fatalf("deployments %v do not end", f.Active())
		}
	}
	synctest.Wait()
}

// during waits until an event runs on an instance.
func (f *fleet) during(deployment, instance, event string) {
	f.Helper()
	for range 100_000 {
		for _, e := range f.target(deployment, instance).LifecycleEvents {
			if *e.LifecycleEventName == event && e.Status == types.LifecycleEventStatusInProgress {
				return
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	f.Fatalf("%s never runs on %s", event, instance)
}

func (f *fleet) info(id string) *types.DeploymentInfo {
	f.Helper()
	return must(f.GetDeployment(f.ctx, &codedeploy.GetDeploymentInput{DeploymentId: &id}))(f).DeploymentInfo
}

func (f *fleet) target(deployment, instance string) *types.InstanceTarget {
	f.Helper()
	return must(f.GetDeploymentTarget(f.ctx, &codedeploy.GetDeploymentTargetInput{DeploymentId: &deployment, TargetId: &instance}))(f).DeploymentTarget.InstanceTarget
}

// config makes a custom configuration and gives its name.
func (f *fleet) config(kind types.MinimumHealthyHostsType, value int) string {
	f.Helper()
	name := fmt.Sprintf("%s.%d", kind, value)
	must(f.CreateDeploymentConfig(f.ctx, &codedeploy.CreateDeploymentConfigInput{
		DeploymentConfigName: &name, MinimumHealthyHosts: &types.MinimumHealthyHosts{Type: kind, Value: int32(value)},
	}))(f)
	return name
}

// rollbackOn configures the group's automatic rollback.
func (f *fleet) rollbackOn(events ...types.AutoRollbackEvent) {
	f.Helper()
	must(f.UpdateDeploymentGroup(f.ctx, &codedeploy.UpdateDeploymentGroupInput{
		ApplicationName: ptr("app"), CurrentDeploymentGroupName: ptr("group"),
		AutoRollbackConfiguration: &types.AutoRollbackConfiguration{Enabled: len(events) > 0, Events: events},
	}))(f)
}

func code(info *types.DeploymentInfo) types.ErrorCode {
	if info.ErrorInformation == nil {
		return ""
	}
	return info.ErrorInformation.Code
}

// wantError asserts an API exception of type E, with these words if given.
func wantError[E error](t testing.TB, err error, words string) {
	t.Helper()
	var e E
	if !errors.As(err, &e) {
		t.Errorf("error is %T (%v), want %T", err, err, e)
		return
	}
	if api, ok := any(e).(interface{ ErrorMessage() string }); words != "" && ok && api.ErrorMessage() != words {
		t.Errorf("message is %q, want %q", api.ErrorMessage(), words)
	}
}

func overview(info *types.DeploymentInfo) string {
	o := aws.ToString(info.DeploymentId)
	if v := info.DeploymentOverview; v != nil {
		o = fmt.Sprintf("%d succeeded, %d failed, %d skipped, %d pending, %d in progress", v.Succeeded, v.Failed, v.Skipped, v.Pending, v.InProgress)
	}
	return fmt.Sprintf("%s %s (%s)", info.Status, code(info), o)
}

// slow carries every command out well, but takes its time.
func slow(d time.Duration) plan {
	return func(string, agent.Command) (time.Duration, agent.Result) { return d, agent.Result{} }
}
