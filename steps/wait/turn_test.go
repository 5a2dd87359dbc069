package wait

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// answers is a service that gives one answer after the other, each for the
// operation that it is for. It stands in for what the engine has no way to do:
// rollbacks that come late, others' limits, cancels in the middle of a call.
type answers struct {
	t     *testing.T
	list  []answer
	calls []string
	notes []string
}

type answer struct {
	operation, body string
	meanwhile       func() // happens while the service is asked
}

func (a *answers) Do(r *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	body, _ := io.ReadAll(r.Body)
	var asked struct{ DeploymentID string }
	if err := json.Unmarshal(body, &asked); err != nil {
		a.t.Error(err)
	}
	a.calls = append(a.calls, strings.TrimSpace(operation+" "+asked.DeploymentID))
	if len(a.list) == 0 || a.list[0].operation != operation {
		a.t.Errorf("nobody expected %s: %q", operation, a.calls)
		return nil, context.Canceled
	}
	next := a.list[0]
	a.list = a.list[1:]
	if next.meanwhile != nil {
		next.meanwhile()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	status := http.StatusOK
	if strings.Contains(next.body, "__type") {
		status = http.StatusBadRequest
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}},
		Body: io.NopCloser(strings.NewReader(next.body)), Request: r}, nil
}

func (a *answers) Emit(e event.Event) {
	if n, ok := e.(event.Note); ok {
		a.notes = append(a.notes, n.Text)
	}
}

func (a *answers) create(ctx context.Context, ifBusy string) (string, bool, error) {
	client := codedeploy.New(codedeploy.Options{Region: "eu-west-1", HTTPClient: a,
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""), Retryer: aws.NopRetryer{}})
	return a.with(ctx, client, ifBusy)
}

func (a *answers) with(ctx context.Context, client *codedeploy.Client, ifBusy string) (string, bool, error) {
	c := &awsconf.Clients{CodeDeploy: client, Endpoint: "aws", Command: fmt.Sprintf}
	return Turn{IfBusy: ifBusy}.Create(ctx, &step.Env{Events: a}, c, func() (*codedeploy.CreateDeploymentInput, error) {
		return &codedeploy.CreateDeploymentInput{ApplicationName: aws.String("web"), DeploymentGroupName: aws.String("prod"),
			Revision: &types.RevisionLocation{RevisionType: types.RevisionLocationTypeS3,
				S3Location: &types.S3Location{Bucket: aws.String("b"), Key: aws.String("k.zip"), BundleType: types.BundleTypeZip, ETag: aws.String("two")}}}, nil
	})
}

var (
	refused = answer{operation: "CreateDeployment", body: `{"__type":"DeploymentLimitExceededException","message":"the group has a deployment"}`}
	created = answer{operation: "CreateDeployment", body: `{"deploymentId":"d-OURS00000"}`}
	stopped = answer{operation: "StopDeployment", body: `{"status":"Pending"}`}
)

func lists(ids ...string) answer {
	text, _ := json.Marshal(map[string]any{"deployments": ids})
	return answer{operation: "ListDeployments", body: string(text)}
}

// gets is a deployment of the revision "one" unless more says otherwise.
func gets(id, status, more string) answer {
	if !strings.Contains(more, `"creator"`) {
		more += `,"creator":"user"`
	}
	if !strings.Contains(more, `"revision"`) {
		more += `,"revision":{"revisionType":"S3","s3Location":{"bucket":"b","key":"k.zip","bundleType":"zip","eTag":"one"}}`
	}
	return answer{operation: "GetDeployment", body: fmt.Sprintf(`{"deploymentInfo":{"deploymentId":%q,"status":%q%s}}`, id, status, more)}
}

const (
	rollsBack = `,"autoRollbackConfiguration":{"enabled":true,"events":["DEPLOYMENT_FAILURE","DEPLOYMENT_STOP_ON_REQUEST"]}`
	byItself  = `,"creator":"codeDeployRollback"`
	ofOurs    = `,"revision":{"revisionType":"S3","s3Location":{"bucket":"b","key":"k.zip","bundleType":"zip","eTag":"two"}}`
)

func rolledBackBy(id string) string { return `,"rollbackInfo":{"rollbackDeploymentId":"` + id + `"}` }

func TestTurns(t *testing.T) {
	for _, test := range []struct {
		name, ifBusy string
		list         []answer
		id           string
		taken        bool
		err          string
		notes        []string // what they begin with
	}{
		{name: "a free group costs one call", ifBusy: "wait", list: []answer{created}, id: "d-OURS00000"},
		{name: "fail asks for nothing more", ifBusy: "fail", list: []answer{refused}, err: "could not create a deployment of web to prod\nDeploymentLimitExceededException: the group has a deployment"},
		{name: "another refusal is not waited for", ifBusy: "stop", list: []answer{{operation: "CreateDeployment", body: `{"__type":"RevisionDoesNotExistException","message":"no"}`}},
			err: "could not create a deployment of web to prod\nRevisionDoesNotExistException: no"},
		{name: "another pipeline wins, and another one", ifBusy: "wait", id: "d-OURS00000",
			list: []answer{refused, lists("d-A"), gets("d-A", "InProgress", ""), gets("d-A", "Succeeded", ""), refused, lists("d-B"), gets("d-B", "Queued", ""), gets("d-B", "Succeeded", ""),
				refused, lists("d-C"), gets("d-C", "Succeeded", ""), created},
			notes: []string{"web/prod is busy with d-A (InProgress), of s3://b/k.zip?etag=one: waiting", "d-A Succeeded: web/prod is free",
				"web/prod is busy again, with d-B (Queued)", "d-B Succeeded", "d-C Succeeded"}},
		{name: "the rollback of what failed is waited for, though it comes late", ifBusy: "wait", id: "d-OURS00000",
			list: []answer{refused, lists("d-A"), gets("d-A", "InProgress", ""), gets("d-A", "Failed", rollsBack), gets("d-A", "Failed", rollsBack), gets("d-A", "Failed", rollsBack+rolledBackBy("d-R")),
				gets("d-R", "InProgress", byItself), gets("d-R", "Succeeded", byItself), created},
			notes: []string{"web/prod is busy with d-A", "d-A Failed: it is rolled back", "web/prod is busy again, with d-R", "d-R Succeeded: web/prod is free"}},
		{name: "stop stops what a user made, and leaves its rollback alone", ifBusy: "stop", id: "d-OURS00000",
			list: []answer{refused, lists("d-A"), gets("d-A", "InProgress", rollsBack), stopped, gets("d-A", "InProgress", rollsBack), gets("d-A", "Stopped", rollsBack+rolledBackBy("d-R")),
				gets("d-R", "InProgress", byItself), gets("d-R", "Succeeded", byItself), created},
			notes: []string{"web/prod is busy with d-A (InProgress), of s3://b/k.zip?etag=one: stopping it; scripts", "d-A Stopped: it is rolled back",
				"web/prod is busy again, with d-R (InProgress), of s3://b/k.zip?etag=one, created by codeDeployRollback: it is not stopped; waiting", "d-R Succeeded"}},
		{name: "what has ended before it could be stopped is as good", ifBusy: "stop", id: "d-OURS00000",
			list: []answer{refused, lists("d-A"), gets("d-A", "InProgress", ""), {operation: "StopDeployment", body: `{"__type":"DeploymentAlreadyCompletedException","message":"over"}`},
				gets("d-A", "Succeeded", ""), created},
			notes: []string{"web/prod is busy with d-A", "d-A Succeeded"}},
		{name: "who may not stop is told", ifBusy: "stop", err: "could not stop deployment d-A\nAccessDeniedException: codedeploy:StopDeployment",
			list: []answer{refused, lists("d-A"), gets("d-A", "InProgress", ""), {operation: "StopDeployment", body: `{"__type":"AccessDeniedException","message":"codedeploy:StopDeployment"}`}}},
		{name: "the very same revision is taken", ifBusy: "wait", id: "d-A", taken: true,
			list:  []answer{refused, lists("d-A"), gets("d-A", "InProgress", ofOurs), gets("d-A", "Succeeded", ofOurs)},
			notes: []string{"web/prod is busy with d-A", "d-A brought the very same revision"}},
		{name: "unless it failed", ifBusy: "wait", id: "d-OURS00000",
			list:  []answer{refused, lists("d-A"), gets("d-A", "InProgress", ofOurs), gets("d-A", "Stopped", ofOurs), created},
			notes: []string{"web/prod is busy with d-A", "d-A Stopped: web/prod is free"}},
		{name: "or came to a new instance only", ifBusy: "wait", id: "d-OURS00000",
			list:  []answer{refused, lists("d-A"), gets("d-A", "Succeeded", ofOurs+`,"creator":"autoscaling"`), created},
			notes: []string{"d-A Succeeded: web/prod is free"}},
		{name: "an end between two calls is tried again", ifBusy: "wait", list: []answer{refused, lists(), created}, id: "d-OURS00000"},
		{name: "a limit that is not the group's stays a refusal", ifBusy: "wait", list: []answer{refused, lists(), refused, lists(), refused, lists(), refused, lists()},
			err: "could not create a deployment of web to prod\nDeploymentLimitExceededException: the group has a deployment"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &answers{t: t, list: test.list}
				id, ours, err := a.create(t.Context(), test.ifBusy)
				if id != test.id || test.id != "" && ours == test.taken || len(a.list) > 0 {
					t.Errorf("%q, ours %v; not asked for: %v", id, ours, a.list)
				}
				if (err == nil) != (test.err == "") || err != nil && (err.Error() != test.err || step.ExitCode(err) != step.Refused) {
					t.Errorf("error %v", err)
				}
				if test.err == "" && !slices.EqualFunc(a.notes, test.notes, strings.HasPrefix) {
					t.Errorf("told\n%s", strings.Join(a.notes, "\n"))
				}
			})
		})
	}
}

// A cancel, or the end of the time, leaves nothing of ours that nobody knows of,
// and does nothing to the other's deployment.
func TestTurnsGivenUp(t *testing.T) {
	signal := step.Signal{Signal: syscall.SIGINT}
	for _, test := range []struct {
		name, ifBusy string
		cause        error
		at           int // the call in the middle of which it happens
		list         []answer
		answers      time.Duration // how long that call takes then
		id, err      string
		code         step.Code
	}{
		{"while it waits", "wait", signal, 4, []answer{refused, lists("d-A"), gets("d-A", "InProgress", ""), gets("d-A", "InProgress", "")},
			grace / 2, "", "cancelled: deployment d-A of web/prod goes on; no deployment was created", step.Cancelled},
		{"while what it stopped ends", "stop", signal, 5, []answer{refused, lists("d-A"), gets("d-A", "InProgress", ""), stopped, gets("d-A", "InProgress", "")},
			grace / 2, "", "cancelled: deployment d-A of web/prod was asked to stop; no deployment was created", step.Cancelled},
		{"when the time is over", "wait", errTimeout, 4, []answer{refused, lists("d-A"), gets("d-A", "InProgress", ""), gets("d-A", "InProgress", "")},
			grace / 2, "", "the time was over while d-A of web/prod was waited for, which is InProgress; no deployment was created", step.TimedOut},
		{"while ours is created", "wait", signal, 1, []answer{created}, grace / 2, "d-OURS00000", "", step.OK},
		{"while ours is created after all", "wait", signal, 4, []answer{refused, lists("d-A"), gets("d-A", "Succeeded", ""), created}, grace / 2, "d-OURS00000", "", step.OK},
		{"while nobody answers", "wait", signal, 1, []answer{created}, 2 * grace,
			"", "a deployment was being created; aws has not answered, so web/prod may have one now", step.Cancelled},
		{"while ours is refused", "wait", signal, 4, []answer{refused, lists("d-A"), gets("d-A", "Succeeded", ""), refused},
			grace / 2, "", "cancelled: deployment d-A of web/prod has ended; no deployment was created", step.Cancelled},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				list := slices.Clone(test.list)
				list[test.at-1].meanwhile = func() { cancel(test.cause); time.Sleep(test.answers) }
				a := &answers{t: t, list: list}
				id, _, err := a.create(ctx, test.ifBusy)
				if id != test.id || len(a.list) > 0 {
					t.Errorf("%q; not asked for: %v", id, a.list)
				}
				if (err == nil) != (test.err == "") || err != nil && (err.Error() != test.err || step.ExitCode(err) != test.code) {
					t.Errorf("error %v", err)
				}
			})
		})
	}
}

// The time that is over while a rollback is looked for leaves nothing to create.
func TestTheTimeIsOverBeforeTheRollback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeoutCause(t.Context(), 3*time.Second, errTimeout)
		defer cancel()
		a := &answers{t: t, list: []answer{refused, lists("d-A"), gets("d-A", "Failed", rollsBack), gets("d-A", "Failed", rollsBack)}}
		id, _, err := a.create(ctx, "wait")
		if id != "" || step.ExitCode(err) != step.TimedOut || !strings.HasSuffix(err.Error(), "which is Failed; no deployment was created") {
			t.Errorf("%q %v", id, err)
		}
	})
}

// The service has created a deployment, and its answer is lost: the SDK asks
// again, and is told that the group is busy. It is with ours.
func TestALostAnswer(t *testing.T) {
	const named = `{"__type":"DeploymentLimitExceededException","message":"The Deployment Group 'prod' already has an active Deployment 'd-OURS00000'"}`
	got := func(more string) string { return gets("d-OURS00000", "InProgress", ofOurs+more).body }
	now := func(ago time.Duration) string { return fmt.Sprintf(`,"createTime":%d`, time.Now().Add(-ago).Unix()) }
	for _, test := range []struct {
		name            string
		lost            int // answers that are lost
		get             string
		id, err, remedy string
	}{
		{"it is ours", 1, got(now(0)), "d-OURS00000", "", ""},
		{"it was there before", 1, got(now(time.Hour)), "", "already has an active Deployment", "--if-busy wait"},
		{"it brings something else", 1, gets("d-OURS00000", "InProgress", now(0)).body, "", "already has an active Deployment", "--if-busy wait"},
		{"nothing was lost", 0, got(now(0)), "", "already has an active Deployment", "--if-busy wait"},
		{"who may not look", 1, `{"__type":"AccessDeniedException","message":"codedeploy:GetDeployment"}`, "", "already has an active Deployment", "may have a deployment of this step now"},
		{"all answers are lost", 9, got(now(0)), "", "could not create a deployment of web to prod", "may have a deployment of this step now"},
	} {
		t.Run(test.name, func(t *testing.T) {
			creates := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body := test.get
				if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".CreateDeployment") {
					body = named
					if creates++; creates <= test.lost {
						if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
							conn.Close()
						}
						return
					}
				}
				if strings.Contains(body, "__type") {
					w.WriteHeader(http.StatusBadRequest)
				}
				io.WriteString(w, body)
			}))
			defer server.Close()
			client := codedeploy.New(codedeploy.Options{Region: "eu-west-1", BaseEndpoint: &server.URL, RetryMaxAttempts: 3,
				Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")})
			a := &answers{t: t}
			id, ours, err := a.with(t.Context(), client, "fail")
			if id != test.id || ours != (test.id != "") {
				t.Errorf("%q, ours %v, %v", id, ours, err)
			}
			var said *step.Error
			if test.err != "" && (!errors.As(err, &said) || !strings.Contains(err.Error(), test.err) || !strings.Contains(said.Remedy, test.remedy) || said.Code != step.Refused) {
				t.Errorf("error %+v", said)
			}
		})
	}
}
