package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

// junit writes a deployment as tests: a suite for the deployment as a whole,
// and one for each target with a test for each lifecycle event. Classes hold
// no id of the deployment, so that CI systems know a test again in the next run.
func (d *deployment) junit() []*junitSuite {
	class := Clean(d.Application) + "." + Clean(d.Group)
	if d.Rollback {
		class += ".rollback"
	}
	whole := &junitSuite{Name: Clean(d.title() + " " + d.ID)}
	from, to := d.Created, d.Ended
	if from.IsZero() || to.IsZero() {
		from, to = d.span()
	}
	whole.Began, whole.Time = timestamp(from), inSeconds(to.Sub(from))
	whole.add(d.junitWhole(class, whole.Time))
	suites := []*junitSuite{whole}
	for _, t := range d.targets {
		suite := &junitSuite{Name: Clean(t.id + " (" + d.ID + ")")}
		var took time.Duration
		for _, e := range t.events {
			if suite.Began == "" {
				suite.Began = timestamp(e.Began)
			}
			took += time.Duration(e.Took)
			suite.add(junitEvent(class+"."+Clean(t.id), e))
		}
		if len(t.events) == 0 {
			suite.add(&junitCase{Name: "lifecycle events", Class: class + "." + Clean(t.id), Skipped: &junitProblem{Message: Clean(t.became() + ": none was begun")}})
		}
		suite.Time = inSeconds(took)
		suites = append(suites, suite)
	}
	return suites
}

// junitWhole is the test of the deployment as a whole.
func (d *deployment) junitWhole(class, took string) *junitCase {
	c := &junitCase{Name: "deployment", Class: class, Time: took}
	text := strings.TrimPrefix(Clean(d.ErrorCode+": "+d.Message), ": ")
	switch d.Status {
	case "Succeeded":
	case "Failed", "Stopped":
		c.Failure = &junitProblem{Message: strings.TrimSuffix(Clean(d.Status)+": "+text, ": "), Type: Clean(d.ErrorCode), Text: text}
	default:
		c.Skipped = &junitProblem{Message: "it was not followed to its end; last it was " + or(Clean(d.Status), "not told of")}
	}
	return c
}

// junitEvent is the test of a lifecycle event on a target.
func junitEvent(class string, e event.Lifecycle) *junitCase {
	c := &junitCase{Name: Clean(e.Name), Class: class, Time: inSeconds(time.Duration(e.Took)), Out: strings.Join(CleanLines(e.Log), "\n")}
	switch {
	case e.Status == "Succeeded":
	case e.Status == "Failed":
		lines := (&Text{}).story(e)
		c.Failure = &junitProblem{Message: "failed", Text: strings.Join(lines, "\n")}
		if f := e.Failure; f != nil {
			c.Failure.Message, c.Failure.Type = Clean(f.Message), Clean(f.Code)
		}
	default:
		c.Skipped = &junitProblem{Message: Clean(e.Status)}
	}
	return c
}

func timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05")
}

func inSeconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
