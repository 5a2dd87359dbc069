package report

import (
	"fmt"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

// progressEvery is how often a log tells of progress.
const progressEvery = 15 * time.Second

// progress writes a line now and then: a log keeps every one of them.
func (t *Text) progress(p event.Progress) {
	now := time.Now()
	if t.moving != p.Step {
		t.moving, t.movingSince, t.told = p.Step, now, now
	}
	if now.Sub(t.told) < progressEvery {
		return
	}
	t.told = now
	t.print(indent + progressWords(p, now.Sub(t.movingSince)))
}

// progressWords gives "12.0 MiB of 75.0 MiB, 1203 of 15037 files, 4.1 MiB/s".
func progressWords(p event.Progress, took time.Duration) string {
	text := Bytes(p.Done)
	if p.Total > 0 {
		text += " of " + Bytes(p.Total)
	}
	if p.FilesOf > 1 {
		text += fmt.Sprintf(", %d of %d files", p.Files, p.FilesOf)
	}
	if took >= time.Second && p.FilesOf > 0 {
		text += fmt.Sprintf(", %s/s", Bytes(int64(float64(p.Done)/took.Seconds())))
	}
	return text
}
