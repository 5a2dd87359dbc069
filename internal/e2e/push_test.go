package e2e

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// A push to an independent S3 server: in one request or in parts, checked by
// the server, with its digest beside it.
func TestPushToS3(t *testing.T) {
	for name, size := range map[string]int{"at once": 1 << 20, "in parts": 23 << 20} {
		t.Run(name, func(t *testing.T) {
			s, g := newSession(t), startGateway(t, false)
			s.large("app", size)
			s.run(0, pushes(g.url, "app")...)
			out := s.outputs("out.txt")
			key := strings.TrimPrefix(strings.Split(out["revision"], "?")[0], "s3://"+bucket+"/")
			s.run(0, "bundle", "app", "--bundle-output", "app.zip")
			want, err := os.ReadFile(filepath.Join(s.dir, "app.zip"))
			if err != nil {
				t.Fatal(err)
			}
			if got := g.content(t, key); !bytes.Equal(got, want) {
				t.Errorf("S3 has %d bytes that are not the %d of the bundle", len(got), len(want))
			}
			head, err := g.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: &key, ChecksumMode: types.ChecksumModeEnabled})
			if err != nil {
				t.Fatal(err)
			}
			if aws.ToString(head.ChecksumCRC32) == "" && aws.ToString(head.ChecksumCRC64NVME) == "" {
				t.Error("the server was given no checksum to verify")
			}
			if head.Metadata["codedeploy-steps-digest"] != out["bundle-digest"] || strings.Trim(*head.ETag, `"`) != out["etag"] {
				t.Errorf("metadata %v, ETag %s; outputs %v", head.Metadata, *head.ETag, out)
			}
			if text := s.run(0, pushes(g.url, "app")...); !strings.Contains(text, "push      same") {
				t.Errorf("the second push:\n%s", text)
			}
		})
	}
}

// In a versioned bucket the version is a part of the revision: content that
// was replaced can still be had.
func TestPushVersions(t *testing.T) {
	s, g := newSession(t), startGateway(t, true)
	s.revision("app", "1", nil)
	s.run(0, pushes(g.url, "app", "--s3-key", "app.zip")...)
	first := s.outputs("out.txt")
	s.revision("app", "2", nil)
	s.run(0, pushes(g.url, "app", "--s3-key", "app.zip")...)
	second := s.outputs("out.txt")
	if first["version-id"] == "" || first["version-id"] == second["version-id"] {
		t.Fatalf("versions %q and %q", first["version-id"], second["version-id"])
	}
	for want, out := range map[string]map[string]string{"1\n": first, "2\n": second} {
		dir := "got" + strings.TrimSpace(want)
		s.run(0, "revisions", "download", "--endpoint", g.url, "--region", "us-east-1", out["revision"], "--bundle-output", dir+".zip", "--extract", dir)
		if text, err := os.ReadFile(filepath.Join(s.dir, dir, "version")); err != nil || string(text) != want {
			t.Errorf("%s holds %q, %v", out["revision"], text, err)
		}
	}
}

// Two jobs push to one key at the same time: other content is not overwritten
// unseen, the same content is no conflict.
func TestPushConflict(t *testing.T) {
	s, g := newSession(t), startGateway(t, false)
	s.revision("app", "1", nil)
	s.run(0, pushes(g.url, "app", "--s3-key", "same.zip")...)
	digest := s.outputs("out.txt")["bundle-digest"]
	for name, c := range map[string]struct {
		digest, says string
		code         int
	}{
		"other content": {"sha256:0", "another job wrote other content to s3://releases/", 3},
		"same content":  {digest, "push      same", 0},
	} {
		t.Run(name, func(t *testing.T) {
			key := strings.ReplaceAll(name, " ", "-") + ".zip"
			var once sync.Once
			url := g.between(t, func(_ http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodPut {
					once.Do(func() { // the other job is faster
						if _, err := g.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: &key, Body: strings.NewReader("other"),
							Metadata: map[string]string{"codedeploy-steps-digest": c.digest}}); err != nil {
							t.Error(err)
						}
					})
				}
				return false
			})
			if text := s.run(c.code, pushes(url, "app", "--s3-key", key)...); !strings.Contains(text, c.says) {
				t.Errorf("it does not say %q:\n%s", c.says, text)
			}
			if got := string(g.content(t, key)); got != "other" {
				t.Errorf("the key holds %d bytes", len(got))
			}
		})
	}
}

// A server without conditional writes gets a plain one.
func TestPushWithoutConditions(t *testing.T) {
	s, g := newSession(t), startGateway(t, false)
	s.revision("app", "1", nil)
	url := g.between(t, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("If-None-Match") == "" {
			return false
		}
		return answer(w, http.StatusNotImplemented, "NotImplemented", "If-None-Match is not known here")
	})
	s.run(0, pushes(url, "app")...)
}

// A push that is cancelled or fails for good leaves no object and no
// unfinished upload.
func TestPushLeavesNothing(t *testing.T) {
	t.Run("cancelled", func(t *testing.T) {
		s, g := newSession(t), startGateway(t, false)
		s.large("app", 40<<20)
		begun, hold := make(chan bool), make(chan bool)
		var parts atomic.Int32
		url := g.between(t, func(_ http.ResponseWriter, r *http.Request) bool {
			if r.URL.Query().Has("partNumber") && parts.Add(1) == 2 {
				close(begun)
				<-hold
			}
			return false
		})
		p := s.start(pushes(url, "app")...)
		<-begun
		p.Process.Signal(syscall.SIGINT)
		close(hold)
		s.wait(p, 130)
		g.nothingLeft(t)
		s.run(0, pushes(g.url, "app")...)
	})
	t.Run("refused", func(t *testing.T) {
		s, g := newSession(t), startGateway(t, false)
		s.large("app", 40<<20)
		url := g.between(t, func(w http.ResponseWriter, r *http.Request) bool {
			return r.URL.Query().Get("partNumber") == "3" && answer(w, http.StatusForbidden, "AccessDenied", "not this part")
		})
		text := s.run(3, pushes(url, "app")...)
		if !contains(text, "could not upload to s3://releases/", "AccessDenied: not this part") {
			t.Error(text)
		}
		g.nothingLeft(t)
	})
	t.Run("archive is written anew", func(t *testing.T) {
		s, g := newSession(t), startGateway(t, false)
		s.large("app", 20<<20)
		s.run(0, "bundle", "app", "--bundle-output", "app.tar")
		var once sync.Once
		url := g.between(t, func(http.ResponseWriter, *http.Request) bool {
			once.Do(func() { // after it was read
				if err := os.Truncate(filepath.Join(s.dir, "app.tar"), 10<<20); err != nil {
					t.Error(err)
				}
			})
			return false
		})
		if text := s.run(2, pushes(url, "app.tar")...); !strings.Contains(text, "app.tar: changed since it was scanned") {
			t.Error(text)
		}
		g.nothingLeft(t)
	})
	t.Run("what can't be taken back is told", func(t *testing.T) {
		s, g := newSession(t), startGateway(t, false)
		s.large("app", 40<<20)
		url := g.between(t, func(w http.ResponseWriter, r *http.Request) bool {
			refused := r.URL.Query().Get("partNumber") == "3" || r.Method == http.MethodDelete
			return refused && answer(w, http.StatusForbidden, "AccessDenied", "not this part")
		})
		text := s.run(3, pushes(url, "app")...)
		if !contains(text, "AccessDenied: not this part", "warning: an unfinished upload is left at s3://releases/", "lifecycle rule") {
			t.Error(text)
		}
	})
	t.Run("file grows", func(t *testing.T) {
		s, g := newSession(t), startGateway(t, false)
		s.large("app", 40<<20)
		var once sync.Once
		url := g.between(t, func(http.ResponseWriter, *http.Request) bool {
			once.Do(func() { // after the files were hashed
				f, err := os.OpenFile(filepath.Join(s.dir, "app", "version"), os.O_APPEND|os.O_WRONLY, 0)
				if err == nil {
					_, err = f.WriteString("more\n")
				}
				if err != nil {
					t.Error(err)
				}
			})
			return false
		})
		if text := s.run(2, pushes(url, "app")...); !strings.Contains(text, "version: ") {
			t.Errorf("it does not name the file:\n%s", text)
		}
		g.nothingLeft(t)
	})
}
