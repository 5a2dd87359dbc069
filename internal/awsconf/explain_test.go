package awsconf

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// explained gives what the user reads of an error: text and remedy.
func explained(t *testing.T, err error) string {
	t.Helper()
	var e *step.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v has no exit code", err)
	}
	return e.Error() + "\n" + e.Remedy
}

func has(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q is missing in:\n%s", w, text)
		}
	}
}

func TestExplainTheServicesErrors(t *testing.T) {
	for code, remedy := range map[string]string{
		"ApplicationDoesNotExistException":      "Create the application",
		"DeploymentGroupDoesNotExistException":  "Create the deployment group",
		"DeploymentLimitExceededException":      "one deployment at a time",
		"DeploymentConfigDoesNotExistException": "CodeDeployDefault.OneAtATime",
		"DeploymentDoesNotExistException":       "--deployment-id",
		"RevisionDoesNotExistException":         "Register the revision first",
		"NoSuchBucket":                          "--s3-bucket",
		"PermanentRedirect":                     "another region",
		"AccessDeniedException":                 "lack a permission",
		"Forbidden":                             "Without s3:ListBucket",
		"InvalidSignatureException":             "not those of this endpoint",
		"ExpiredTokenException":                 "have expired",
		"ThrottlingException":                   "try again later",
		"SomethingNewException":                 "",
	} {
		cause := &smithy.GenericAPIError{Code: code, Message: "The words of the service"}
		err := (&Clients{Endpoint: "aws", Region: "eu-west-1"}).Explain(fmt.Errorf("operation error CodeDeploy: X, https response error StatusCode: 400, %w", cause), "create %s", "it")
		text := explained(t, err)
		has(t, text, "could not create it\n"+code+": The words of the service", remedy)
		if strings.Contains(text, "operation error") {
			t.Errorf("the SDK's preamble is shown: %s", text)
		}
		var api smithy.APIError
		if step.ExitCode(err) != step.Refused || !errors.As(err, &api) {
			t.Errorf("code %d, chain %v", step.ExitCode(err), err)
		}
	}
}

// TestExplainAnAnswerWithoutWords: S3 answers HEAD without a body.
func TestExplainAnAnswerWithoutWords(t *testing.T) {
	err := (&Clients{Endpoint: "aws"}).Explain(&smithy.GenericAPIError{Code: "NotFound"}, "find it")
	if text := explained(t, err); text != "could not find it\nNotFound\n" {
		t.Errorf("it says %q", text)
	}
}

func TestExplainLeavesWhatIsExplained(t *testing.T) {
	c := &Clients{}
	mine := step.Errorf(step.Misused, "x")
	for _, err := range []error{nil, mine, fmt.Errorf("y: %w", mine), context.Canceled, fmt.Errorf("z: %w", context.Canceled)} {
		if got := c.Explain(err, "do it"); got != err {
			t.Errorf("%v became %v", err, got)
		}
	}
}

// What was cancelled says nothing of how.
func TestExplainWhatWasCancelled(t *testing.T) {
	c := &Clients{}
	sdk := &smithy.OperationError{ServiceID: "S3", OperationName: "UploadPart", Err: &aws.RequestCanceledError{Err: context.Canceled}}
	if got := c.Explain(sdk, "upload it"); got != context.Canceled {
		t.Errorf("it says %q", got)
	}
}

func TestExplainTheNetworksErrors(t *testing.T) {
	dns := &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "codedeploy.eu-wset-1.amazonaws.com", IsNotFound: true}}
	for _, test := range []struct {
		err   error
		words []string
	}{
		{dns, []string{"could not do it: the host codedeploy.eu-wset-1.amazonaws.com is not known", "--region"}},
		{fmt.Errorf("exceeded: %w", &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}), []string{"AWS in eu-west-1 does not answer", "connection refused", "proxy settings"}},
		{fmt.Errorf("call: %w", context.DeadlineExceeded), []string{"could not do it: AWS in eu-west-1 did not answer in time"}},
		{errors.New("operation error CodeDeploy: X, exceeded maximum number of attempts, 3, https response error StatusCode: 0, odd"), []string{"could not do it\nStatusCode: 0, odd"}},
		{errors.New("https response error StatusCode: 0, RequestID: , HostID: , request send failed, Head \"https://s\": EOF"), []string{"could not do it\nHead \"https://s\": EOF"}},
		{errors.New("request send failed, Head \"https://s\": http: server gave HTTP response to HTTPS client"), []string{"could not do it: AWS in eu-west-1 answers without TLS", "http://"}},
		{errors.New("odd"), []string{"could not do it\nodd"}},
	} {
		err := (&Clients{Endpoint: "aws", Region: "eu-west-1"}).Explain(fmt.Errorf("operation error CodeDeploy: X, %w", test.err), "do it")
		if step.ExitCode(err) != step.Refused {
			t.Errorf("%v has code %d", test.err, step.ExitCode(err))
		}
		if !strings.HasPrefix(test.words[0], "could not do it\nodd") { // what nobody knows is shown whole
			has(t, explained(t, err), test.words...)
		}
	}
}

// TestReadyFindsTheCredentials: with one look, which the calls share, and the
// words of the call that would have missed them.
func TestReadyFindsTheCredentials(t *testing.T) {
	ready := func(ctx context.Context, env *step.Env, in *Inputs) error {
		c, err := noEngine(t).Open(ctx, env, in)
		if err != nil {
			return err
		}
		return c.Ready(ctx, "push")
	}
	before := len(network.seen())
	code, out := run(t, nil, ready, "--region", "eu-west-1")
	if code != step.Refused {
		t.Errorf("code %d", code)
	}
	has(t, out, "could not push: no AWS credentials were found", "AWS_ACCESS_KEY_ID")
	anyCredentials(t)
	if code, out := run(t, nil, ready, "--region", "eu-west-1"); code != step.OK {
		t.Errorf("code %d: %s", code, out)
	}
	if asked := network.seen()[before:]; len(asked) > 0 {
		t.Errorf("it asked %v", asked)
	}
}

func TestExplainWhatReallyHappens(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	denied := &server{status: 400, body: `{"__type":"com.amazonaws.codedeploy#AccessDeniedException","message":"User x may not y"}`}
	html := &server{status: 404, body: "<html>not a service</html>"}
	for _, test := range []struct {
		name  string
		creds bool
		args  []string
		words []string
	}{
		{"no credentials", false, []string{"--region", "eu-west-1"}, []string{"no AWS credentials were found", "AWS_ACCESS_KEY_ID", "--endpoint local"}},
		{"nobody listens", true, []string{"--region", "eu-west-1", "--endpoint", gone.URL}, []string{"could not list the applications: " + gone.URL + " does not answer", "refused", "Check that it runs"}},
		{"nobody listens where the environment says", true, []string{"--region", "eu-west-1"}, []string{"could not list the applications: " + gone.URL + " does not answer"}},
		{"no permission", true, []string{"--region", "eu-west-1", "--endpoint", denied.start(t)}, []string{"AccessDeniedException: User x may not y", "lack a permission"}},
		{"another service", true, []string{"--region", "eu-west-1", "--endpoint", html.start(t)}, []string{"could not list the applications", "404"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.creds {
				anyCredentials(t)
			}
			if strings.Contains(test.name, "environment") {
				t.Setenv("AWS_ENDPOINT_URL", gone.URL)
			}
			code, out := run(t, nil, list(noEngine(t)), test.args...)
			if code != step.Refused {
				t.Errorf("code %d: %s", code, out)
			}
			has(t, out, test.words...)
			if strings.Contains(out, "wJalrSECRET") {
				t.Errorf("a secret is shown: %s", out)
			}
		})
	}
}
