//go:build unix

package bundle_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	lib "github.com/codedeploy-steps/codedeploy-steps/bundle"
	"github.com/codedeploy-steps/codedeploy-steps/internal/known"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps/bundle"
)

// A cache that has another digest for a file ends the step, which says what to do; having done that, it is as good as new.
func TestCacheIsMended(t *testing.T) {
	dir := t.TempDir()
	app, cache := filepath.Join(dir, "app"), filepath.Join(dir, "cache")
	if err := os.Mkdir(app, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(app, "appspec.yml"), []byte("version: 0.0\nos: linux\nfiles:\n  - {source: /, destination: /srv/app}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	tree, err := lib.Scan(t.Context(), app, lib.Options{Known: func(string, lib.Stamp) (d [32]byte, ok bool) { return d, false }})
	if err != nil {
		t.Fatal(err)
	}
	tree.Entries[0].Digest[0]++
	if err := <-known.Open(cache, app).Save(tree, time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2100 * time.Millisecond) // what is younger is not kept
	p := step.Program{Name: "test", Steps: []step.Step{bundle.Step()}}
	for _, c := range []struct {
		more, says string
		code       step.Code
	}{
		{"", "appspec.yml: its content is another one than its time and size tell\n  Something writes to it", step.Misused},
		{"--verify", "the cache had another digest for it", step.OK},
		{"", "bundle    ok", step.OK},
	} {
		var out bytes.Buffer
		args := []string{"app", "--cache", cache}
		if c.more != "" {
			args = append(args, c.more)
		}
		code := p.Run(t.Context(), step.Process{Args: args, Stdout: &out, Stderr: &out, Dir: dir, Getenv: func(string) string { return "" }})
		if code != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: code %d\n%s", args, code, out.String())
		}
	}
}
