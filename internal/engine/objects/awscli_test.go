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
	if testing.Short() {
		t.Skip("starts the aws client a dozen times")
	}
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
		out, err := command.CombinedOutput()
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
	aws("s3", "cp", "s3://made/dir/big.zip", "s3://made/dir/copy.zip", "--no-progress")
	aws("s3api", "put-object", "--bucket", "made", "--key", "small ü+&.txt", "--body", "small ü.txt", "--checksum-algorithm", "SHA256")
	aws("s3", "cp", "s3://made/small ü+&.txt", "back.txt", "--no-progress")
	if back, err := os.ReadFile(filepath.Join(dir, "back.txt")); err != nil || !bytes.Equal(back, small) {
		t.Errorf("the small file came back as another: %v", err)
	}
	ls := aws("s3", "ls", "s3://made", "--recursive")
	for _, want := range []string{"dir/big.zip", "dir/copy.zip", "small ü+&.txt"} {
		if !strings.Contains(ls, want) {
			t.Errorf("ls does not list %s:\n%s", want, ls)
		}
	}
	refused("SignatureDoesNotMatch", "wrong", "s3api", "list-buckets")
	refused("404", testSecret, "s3api", "head-object", "--bucket", "made", "--key", "none")
	aws("s3", "rm", "s3://made", "--recursive")
	if p, _, err := x.list("made", listing{limit: maxList}); err != nil || len(p.entries) != 0 {
		t.Errorf("after rm there are %+v, %v", p.entries, err)
	}
	if _, err := x.Head("made", "dir/big.zip", o.VersionID); err != nil {
		t.Errorf("rm took the version below the delete marker: %v", err)
	}
}

func withoutAWS(environment []string) []string {
	return slices.DeleteFunc(environment, func(variable string) bool { return strings.HasPrefix(variable, "AWS_") })
}
