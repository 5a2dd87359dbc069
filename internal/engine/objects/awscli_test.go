package objects

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestAWSClient runs the real aws client against the handler.
func TestAWSClient(t *testing.T) {
	program, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("no aws on PATH: the aws client is not tried")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if out, err := exec.CommandContext(ctx, program, "--version").CombinedOutput(); err != nil {
		t.Skipf("the aws on PATH does not work, so it is not tried: %v: %s", err, out)
	}
	x := newSite(t)
	dir := t.TempDir()
	none := filepath.Join(dir, "none")
	run := func(secret string, args ...string) (string, error) {
		command := exec.CommandContext(t.Context(), program, args...)
		command.Dir = dir
		command.Env = append(withoutAWS(os.Environ()),
			"AWS_ENDPOINT_URL="+x.server.URL, "AWS_ACCESS_KEY_ID="+testKey, "AWS_SECRET_ACCESS_KEY="+secret,
			"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1",
			"AWS_CONFIG_FILE="+none, "AWS_SHARED_CREDENTIALS_FILE="+none, "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=",
			"NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1",
		)
		begin := time.Now()
		out, err := command.CombinedOutput()
		t.Logf("%s aws %s", time.Since(begin).Round(time.Millisecond), strings.Join(args, " "))
		return string(out), err
	}
	aws := func(args ...string) string {
		t.Helper()
		out, err := run(testSecret, args...)
		if err != nil {
			t.Fatalf("aws %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return out
	}
	refused := func(want, secret string, args ...string) {
		t.Helper()
		if out, err := run(secret, args...); err == nil || !strings.Contains(out, want) {
			t.Errorf("aws %s: %v\n%s\nwant %s", strings.Join(args, " "), err, out, want)
		}
	}
	big, small := noise(1, 20<<20), noise(2, 1000)
	for name, content := range map[string][]byte{"big.zip": big, "small ü.txt": small} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}

	aws("s3", "mb", "s3://made")
	aws("s3api", "put-bucket-versioning", "--bucket", "made", "--versioning-configuration", "Status=Enabled")
	aws("s3", "cp", "big.zip", "s3://made/dir/big.zip", "--no-progress")
	aws("s3", "cp", "s3://made/dir/big.zip", "back.zip", "--no-progress")
	if back, err := os.ReadFile(filepath.Join(dir, "back.zip")); err != nil || !bytes.Equal(back, big) {
		t.Errorf("the big file came back as another: %v", err)
	}
	o, err := x.Head("made", "dir/big.zip", "")
	if err != nil || len(o.PartSizes) < 2 || !strings.Contains(o.ETag, "-") || o.VersionID == "" {
		t.Errorf("20 MiB did not become a multipart object: %+v, %v", o, err)
	}
	head := aws("s3api", "head-object", "--bucket", "made", "--key", "dir/big.zip", "--checksum-mode", "ENABLED")
	for _, want := range []string{`\"` + o.ETag + `\"`, o.VersionID, `"ContentLength": 20971520`, o.Checksum} {
		if !strings.Contains(head, want) {
			t.Errorf("head-object does not say %s:\n%s", want, head)
		}
	}
	aws("s3", "cp", "small ü.txt", "s3://made/small ü+&.txt", "--no-progress")
	aws("s3", "cp", "s3://made/small ü+&.txt", "s3://made/copy.txt", "--no-progress")
	aws("s3", "cp", "s3://made/dir/big.zip", "s3://made/dir/copy.zip", "--no-progress")
	aws("s3api", "put-object", "--bucket", "made", "--key", "sha", "--body", "small ü.txt", "--checksum-algorithm", "SHA256")
	aws("s3api", "get-object", "--bucket", "made", "--key", "sha", "sha.out", "--checksum-mode", "ENABLED")
	if back, err := os.ReadFile(filepath.Join(dir, "sha.out")); err != nil || !bytes.Equal(back, small) {
		t.Errorf("the small file came back as another: %v", err)
	}
	ls := aws("s3", "ls", "s3://made", "--recursive")
	for _, want := range []string{"dir/big.zip", "dir/copy.zip", "copy.txt", "sha", "small ü+&.txt"} {
		if !strings.Contains(ls, want) {
			t.Errorf("ls does not list %s:\n%s", want, ls)
		}
	}
	if ls := aws("s3", "ls", "s3://made"); !strings.Contains(ls, "PRE dir/") {
		t.Errorf("ls shows no folder:\n%s", ls)
	}
	refused("SignatureDoesNotMatch", "wrong", "s3api", "list-buckets")
	refused("NoSuchKey", testSecret, "s3api", "get-object", "--bucket", "made", "--key", "none", "x.out")
	refused("404", testSecret, "s3api", "head-object", "--bucket", "made", "--key", "none")
	refused("NotImplemented", testSecret, "s3api", "get-object-tagging", "--bucket", "made", "--key", "sha")
	refused("BucketNotEmpty", testSecret, "s3", "rb", "s3://made")
	aws("s3", "rm", "s3://made", "--recursive")
	if ls := aws("s3", "ls", "s3://made", "--recursive"); strings.TrimSpace(ls) != "" {
		t.Errorf("after rm:\n%s", ls)
	}
	if versions := aws("s3api", "list-object-versions", "--bucket", "made"); !strings.Contains(versions, "DeleteMarkers") || !strings.Contains(versions, o.VersionID) {
		t.Errorf("versions:\n%s", versions)
	}
}

func withoutAWS(environment []string) []string {
	return slices.DeleteFunc(environment, func(variable string) bool { return strings.HasPrefix(variable, "AWS_") })
}
