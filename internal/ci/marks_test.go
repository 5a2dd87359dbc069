package ci

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
)

// unwritten is a report that can't be written.
type unwritten struct{ report.Reporter }

func (unwritten) Close() error { return errors.New("no space left on device") }

func TestTheSummaryIsWrittenWhateverBecomesOfAReport(t *testing.T) {
	var out bytes.Buffer
	file := filepath.Join(t.TempDir(), "summary.md")
	r := Detect(getenv("GITHUB_ACTIONS=true", "GITHUB_STEP_SUMMARY="+file)).Wrap(unwritten{report.NewText(&out, &out, report.Plain, false)}, Streams{Stdout: &out})
	r.Emit(end("deploy", event.StageDone, "d-1 succeeded"))
	err := r.Close()
	text, _ := os.ReadFile(file)
	if err == nil || !strings.Contains(err.Error(), "no space") || !strings.Contains(string(text), "succeeded") {
		t.Errorf("%v: %q", err, text)
	}
}
