package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

type ready struct{ Endpoint, Region, AccessKeyID, SecretAccessKey string }

// serve starts engine serve and waits until it answers.
func (s *session) serve(args ...string) ready {
	s.Helper()
	file := filepath.Join(s.dir, "ready.json")
	p := s.start(append([]string{"engine", "serve", "--listen", "127.0.0.1:0", "--ready-file", file}, args...)...)
	s.Cleanup(func() {
		p.Process.Signal(syscall.SIGTERM)
		<-p.done
	})
	s.exists(file)
	text, err := os.ReadFile(file)
	if err != nil {
		s.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		s.Errorf("the ready file holds a secret and has mode %v", info.Mode())
	}
	var r ready
	if err := json.Unmarshal(text, &r); err != nil {
		s.Fatal(err)
	}
	return r
}

func (r ready) config() aws.Config {
	return aws.Config{Region: r.Region, BaseEndpoint: &r.Endpoint,
		Credentials: credentials.NewStaticCredentialsProvider(r.AccessKeyID, r.SecretAccessKey, "")}
}

// The SDK drives a whole release on a served engine, as any client would.
func TestSDK(t *testing.T) {
	s := newSession(t)
	r := s.serve("--instance-kind", "directory")
	ctx := t.Context()
	cd := codedeploy.NewFromConfig(r.config())
	store := s3.NewFromConfig(r.config(), func(o *s3.Options) { o.UsePathStyle = true })
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := cd.CreateApplication(ctx, &codedeploy.CreateApplicationInput{ApplicationName: aws.String("app")})
	must(err)
	_, err = cd.CreateDeploymentGroup(ctx, &codedeploy.CreateDeploymentGroupInput{
		ApplicationName: aws.String("app"), DeploymentGroupName: aws.String("prod"), ServiceRoleArn: aws.String("arn:aws:iam::123456789012:role/r"),
		Ec2TagFilters: []types.EC2TagFilter{{Key: aws.String("Name"), Value: aws.String("local"), Type: types.EC2TagFilterTypeKeyAndValue}},
	})
	must(err)
	_, err = store.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("releases")})
	must(err)
	s.revision("app", "1", nil)
	s.run(0, "bundle", "app", "--bundle-output", "app.zip")
	bundle, err := os.ReadFile(filepath.Join(s.dir, "app.zip"))
	must(err)
	put, err := store.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("releases"), Key: aws.String("app.zip"), Body: bytes.NewReader(bundle)})
	must(err)
	head, err := store.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String("releases"), Key: aws.String("app.zip")})
	must(err)
	if aws.ToString(head.ETag) != aws.ToString(put.ETag) || aws.ToInt64(head.ContentLength) != int64(len(bundle)) {
		t.Errorf("HEAD says %s, %d bytes", aws.ToString(head.ETag), aws.ToInt64(head.ContentLength))
	}
	location := &types.RevisionLocation{RevisionType: types.RevisionLocationTypeS3, S3Location: &types.S3Location{
		Bucket: aws.String("releases"), Key: aws.String("app.zip"), BundleType: types.BundleTypeZip, ETag: put.ETag,
	}}
	_, err = cd.RegisterApplicationRevision(ctx, &codedeploy.RegisterApplicationRevisionInput{ApplicationName: aws.String("app"), Revision: location})
	must(err)
	created, err := cd.CreateDeployment(ctx, &codedeploy.CreateDeploymentInput{ApplicationName: aws.String("app"), DeploymentGroupName: aws.String("prod"), Revision: location})
	must(err)
	must(codedeploy.NewDeploymentSuccessfulWaiter(cd, func(o *codedeploy.DeploymentSuccessfulWaiterOptions) {
		o.MinDelay, o.MaxDelay = 50*time.Millisecond, time.Second
	}).
		Wait(ctx, &codedeploy.GetDeploymentInput{DeploymentId: created.DeploymentId}, time.Minute))
	targets, err := cd.ListDeploymentTargets(ctx, &codedeploy.ListDeploymentTargetsInput{DeploymentId: created.DeploymentId})
	must(err)
	if len(targets.TargetIds) != 2 {
		t.Fatalf("targets: %v", targets.TargetIds)
	}
	one, err := cd.GetDeploymentTarget(ctx, &codedeploy.GetDeploymentTargetInput{DeploymentId: created.DeploymentId, TargetId: &targets.TargetIds[0]})
	must(err)
	if it := one.DeploymentTarget.InstanceTarget; it.Status != types.TargetStatusSucceeded || len(it.LifecycleEvents) != 7 || it.LifecycleEvents[3].EndTime == nil {
		t.Errorf("target: %+v", it)
	}
	_, err = cd.StopDeployment(ctx, &codedeploy.StopDeploymentInput{DeploymentId: created.DeploymentId})
	var done *types.DeploymentAlreadyCompletedException
	if !errors.As(err, &done) {
		t.Errorf("stop of an ended deployment: %v", err)
	}

	// A wrong secret is refused, by both halves.
	wrong := r
	wrong.SecretAccessKey = "wrong"
	var api smithy.APIError
	_, err = codedeploy.NewFromConfig(wrong.config()).ListApplications(ctx, &codedeploy.ListApplicationsInput{})
	if !errors.As(err, &api) || api.ErrorCode() != "InvalidSignatureException" {
		t.Errorf("CodeDeploy with a wrong secret: %v", err)
	}
	_, err = s3.NewFromConfig(wrong.config(), func(o *s3.Options) { o.UsePathStyle = true }).ListBuckets(ctx, &s3.ListBucketsInput{})
	if !errors.As(err, &api) || api.ErrorCode() != "SignatureDoesNotMatch" {
		t.Errorf("S3 with a wrong secret: %v", err)
	}
}

// The aws client, unmodified, drives the served engine by its deploy commands.
func TestAWSClient(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and the other tests go the same ways")
	}
	path, err := exec.LookPath("aws")
	if err != nil {
		if strings.Contains(os.Getenv("CODEDEPLOY_STEPS_TEST_REQUIRE"), "aws") {
			t.Fatal(err)
		}
		t.Skip("aws is not installed")
	}
	s := newSession(t)
	s.revision("app", "1", nil)
	r := s.serve("--instance-kind", "directory")
	s.write(filepath.Join(s.dir, "no-config"), "", 0o600)
	run := func(secret string, args ...string) (string, error) {
		cmd := exec.Command(path, args...)
		cmd.Dir = s.dir
		cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+r.Endpoint, "AWS_ACCESS_KEY_ID="+r.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+secret,
			"AWS_DEFAULT_REGION="+r.Region, "AWS_CONFIG_FILE="+filepath.Join(s.dir, "no-config"), "AWS_PAGER=", "AWS_EC2_METADATA_DISABLED=true")
		out, err := cmd.CombinedOutput()
		return strings.TrimSpace(string(out)), err
	}
	do := func(args ...string) string {
		t.Helper()
		out, err := run(r.SecretAccessKey, args...)
		if err != nil {
			t.Fatalf("aws %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return out
	}
	// get runs a command and picks one value.
	get := func(query string, args ...string) string {
		t.Helper()
		return do(append(args, "--query", query, "--output", "text")...)
	}
	want := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	do("s3api", "create-bucket", "--bucket", "releases")
	do("deploy", "create-application", "--application-name", "web")
	do("deploy", "create-deployment-group", "--application-name", "web", "--deployment-group-name", "prod",
		"--service-role-arn", "arn:aws:iam::123456789012:role/codedeploy", "--ec2-tag-filters", "Key=Name,Value=local,Type=KEY_AND_VALUE")
	pushed := do("deploy", "push", "--application-name", "web", "--s3-location", "s3://releases/web.zip", "--source", "app")
	if !strings.Contains(pushed, "aws deploy create-deployment") {
		t.Errorf("push says: %s", pushed)
	}
	etag := strings.Trim(get("ETag", "s3api", "head-object", "--bucket", "releases", "--key", "web.zip"), `"`)
	want(get("revisions[0].s3Location.eTag", "deploy", "list-application-revisions", "--application-name", "web"), etag)
	do("deploy", "register-application-revision", "--application-name", "web", "--s3-location", "bucket=releases,key=web.zip,bundleType=zip,eTag="+etag)
	want(get("length(revisions)", "deploy", "list-application-revisions", "--application-name", "web"), "1")
	id := get("deploymentId", "deploy", "create-deployment", "--application-name", "web", "--deployment-group-name", "prod",
		"--s3-location", "bucket=releases,key=web.zip,bundleType=zip,eTag="+etag)
	do("deploy", "wait", "deployment-successful", "--deployment-id", id)
	want(get("deploymentInfo.status", "deploy", "get-deployment", "--deployment-id", id), "Succeeded")
	want(get("deploymentInfo.deploymentOverview.Succeeded", "deploy", "get-deployment", "--deployment-id", id), "2")
	targets := strings.Fields(get("targetIds", "deploy", "list-deployment-targets", "--deployment-id", id))
	if len(targets) != 2 {
		t.Fatalf("targets: %q", targets)
	}
	want(get("deploymentTarget.instanceTarget.lifecycleEvents[3].lifecycleEventName", "deploy", "get-deployment-target", "--deployment-id", id, "--target-id", targets[0]), "Install")
	if out, err := run(r.SecretAccessKey, "deploy", "stop-deployment", "--deployment-id", id); err == nil || !strings.Contains(out, "DeploymentAlreadyCompletedException") {
		t.Errorf("stop of an ended deployment: %s", out)
	}
	if out, err := run("wrong", "deploy", "list-applications"); err == nil || !strings.Contains(out, "InvalidSignatureException") {
		t.Errorf("a wrong secret is not refused: %s", out)
	}
}

// stop-deployment by the client stops what runs.
func TestStopByClient(t *testing.T) {
	needSandbox(t)
	s := newSession(t)
	s.revision("app", "1", map[string]string{"ApplicationStart": "sleep 2"})
	r := s.serve("--instances", "1")
	cd := codedeploy.NewFromConfig(r.config())
	p := s.start("release", "--endpoint", "local", "--outputs", "out.txt", "app")
	s.until(p, `AfterInstall +Succeeded`)
	out, err := cd.StopDeployment(context.Background(), &codedeploy.StopDeploymentInput{DeploymentId: aws.String(s.outputs("out.txt")["deployment-id"])})
	if err != nil || out.Status != types.StopStatusPending {
		t.Errorf("stop: %v, %+v", err, out)
	}
	if text := s.wait(p, 1); !contains(text, "was stopped") {
		t.Errorf("release says:\n%s", text)
	}
}
