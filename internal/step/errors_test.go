package step

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

func TestExitCodes(t *testing.T) {
	for _, test := range []struct {
		err  error
		want Code
	}{
		{nil, 0},
		{errors.New("anything"), 1},
		{Errorf(Failed, "x"), 1},
		{Errorf(Misused, "x"), 2},
		{Errorf(Refused, "x"), 3},
		{Errorf(TimedOut, "x"), 4},
		{ShownError(Failed, "x"), 1},
		{context.DeadlineExceeded, 4},
		{fmt.Errorf("wait: %w", context.DeadlineExceeded), 4},
		{context.Canceled, 1},
		{Signal{os.Interrupt}, 130},
		{Signal{syscall.SIGTERM}, 143},
		{fmt.Errorf("stopped (%w)", Signal{syscall.SIGTERM}), 143},
		{fmt.Errorf("%w (%w)", Errorf(Refused, "x"), Signal{os.Interrupt}), 130},
		{fmt.Errorf("outer: %w", Errorf(Refused, "x")), 3},
		{Errorf(Misused, "outer: %w", Errorf(Refused, "x")), 2}, // the outermost
		{Errorf(Refused, "x: %w", context.DeadlineExceeded), 3},
		{errors.Join(ShownError(Failed, "a"), Errorf(Refused, "b")), 1},
	} {
		if got := ExitCode(test.err); got != test.want {
			t.Errorf("%v has the code %d, not %d", test.err, got, test.want)
		}
	}
}

func TestErrorsKeepTheirCauseAndRemedy(t *testing.T) {
	cause := errors.New("cause")
	err := Errorf(Refused, "what: %w", cause).Do("Do %s.", "this")
	if !errors.Is(err, cause) || err.Error() != "what: cause" || err.Remedy != "Do this." {
		t.Errorf("%v %q", err, err.Remedy)
	}
	d := describe(fmt.Errorf("outer: %w", err))
	if d.Text != "outer: what: cause" || d.Remedy != "Do this." || d.Code != 3 || d.Shown {
		t.Errorf("%+v", d)
	}
	if !describe(ShownError(Failed, "x")).Shown {
		t.Error("not shown")
	}
}

func TestAStepsErrorIsItsExit(t *testing.T) {
	for code, err := range map[Code]error{1: errors.New("x"), 2: Errorf(Misused, "x"), 3: Errorf(Refused, "x").Do("Do this."), 4: context.DeadlineExceeded} {
		s := newSession(t, sampleStep("push", func(context.Context, *Env, *sample) error { return err }))
		_, errs := s.must(code)
		contains(t, errs, "push: "+err.Error())
		if code == 3 {
			contains(t, errs, "\n  Do this.\n")
		}
	}
}

func TestASignalIsTheExit(t *testing.T) {
	for code, sig := range map[Code]os.Signal{130: os.Interrupt, 143: syscall.SIGTERM} {
		s := newSession(t, sampleStep("push", func(ctx context.Context, env *Env, _ *sample) error {
			return fmt.Errorf("following: %w", ctx.Err())
		}))
		ctx, cancel := context.WithCancelCause(context.Background())
		cancel(Signal{sig})
		s.ctx = ctx
		_, errs := s.must(code)
		contains(t, errs, map[Code]string{130: "cancelled by SIGINT", 143: "cancelled by SIGTERM"}[code])
	}
	// Nobody is told Go's words for it, neither by the step's end nor by a stage's.
	for want, err := range map[string]error{
		"push: cancelled by SIGINT\n":                             context.Canceled,
		"push: could not look: cancelled (cancelled by SIGINT)\n": fmt.Errorf("could not look: %w", context.Canceled),
	} {
		s := newSession(t, sampleStep("push", func(_ context.Context, env *Env, _ *sample) error {
			return env.Stage("push", func() error { return err })
		}))
		ctx, cancel := context.WithCancelCause(context.Background())
		cancel(Signal{os.Interrupt})
		s.ctx = ctx
		out, errs := s.must(Cancelled)
		if errs != want || !strings.Contains(out, "FAIL") || strings.Contains(out, "context canceled") {
			t.Errorf("%q, %q, want %q", out, errs, want)
		}
	}
	// What was done before the signal came is done.
	s := newSession(t, sampleStep("push", nil))
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(Signal{os.Interrupt})
	s.ctx = ctx
	s.must(OK)
}

func TestWhatWasOpenedIsClosedNewestFirst(t *testing.T) {
	var order []string
	closer := func(name string, err error) func(context.Context) error {
		return func(ctx context.Context) error {
			if _, ok := ctx.Deadline(); !ok || ctx.Err() != nil {
				t.Error("closing has no time of its own")
			}
			order = append(order, name)
			return err
		}
	}
	s := newSession(t, sampleStep("push", func(_ context.Context, env *Env, _ *sample) error {
		env.OnExit(closer("a", Errorf(Refused, "of a")))
		env.OnExit(closer("b", Errorf(Misused, "of b")))
		return nil
	}))
	_, errs := s.must(Misused)
	contains(t, errs, "of b")
	if fmt.Sprint(order) != "[b a]" {
		t.Error(order)
	}
	order = nil
	s = newSession(t, sampleStep("push", func(_ context.Context, env *Env, _ *sample) error {
		env.OnExit(closer("a", Errorf(Refused, "of a")))
		return Errorf(Failed, "the step's own")
	}))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s.ctx = ctx
	_, errs = s.must(Failed)
	contains(t, errs, "the step's own")
}

func TestShareOpensOnce(t *testing.T) {
	type key struct{}
	opened := 0
	fail := errors.New("not yet")
	s := newSession(t, sampleStep("push", func(_ context.Context, env *Env, _ *sample) error {
		for i := range 4 {
			v, err := Share(env, key{}, func() (int, error) {
				opened++
				if opened == 1 {
					return 0, fail
				}
				return opened, nil
			})
			if i == 0 && err != fail || i > 0 && (err != nil || v != 2) {
				t.Errorf("%d: %d %v", i, v, err)
			}
		}
		return nil
	}))
	s.must(OK)
	if opened != 2 {
		t.Errorf("opened %d times", opened)
	}
}

// noted keeps the events.
type noted struct{ events []event.Event }

func (n *noted) Emit(e event.Event) { n.events = append(n.events, e) }

func TestStagesTellTheirEnd(t *testing.T) {
	boom := errors.New("boom")
	sink := &noted{}
	env := &Env{Events: sink}
	_ = env.Stage("push", func() error { env.Done("put %d", 1); return nil })
	_ = env.Stage("register", func() error { env.Skipped("there already"); return nil })
	_ = env.Stage("bundle", func() error { return nil })
	if err := env.Stage("deploy", func() error { env.Done("half"); return boom }); err != boom {
		t.Error(err)
	}
	want := []event.Stage{
		{Step: "push", Status: event.StageStarted}, {Step: "push", Status: event.StageDone, Summary: "put 1"},
		{Step: "register", Status: event.StageStarted}, {Step: "register", Status: event.StageSkipped, Summary: "there already"},
		{Step: "bundle", Status: event.StageStarted}, {Step: "bundle", Status: event.StageDone},
		{Step: "deploy", Status: event.StageStarted}, {Step: "deploy", Status: event.StageFailed, Summary: "half"},
	}
	for i, e := range sink.events {
		got := e.(event.Stage)
		if time.Duration(got.Took) < 0 || got.Status == event.StageStarted && got.Took != 0 {
			t.Errorf("took %v", got.Took)
		}
		got.Took = 0
		if got != want[i] {
			t.Errorf("%+v, not %+v", got, want[i])
		}
	}
	if len(sink.events) != len(want) {
		t.Errorf("%d events", len(sink.events))
	}
}

func TestPaths(t *testing.T) {
	dir := t.TempDir()
	env := &Env{Process: Process{Dir: dir + "/work"}, Workspace: dir}
	for in, want := range map[string]string{
		dir + "/work/a/b":    "work/a/b",
		dir:                  ".",
		dir + "/../else":     dir + "/../else",
		dir + "x":            dir + "x",
		dir + "/work/..data": "work/..data",
	} {
		if got := env.Relative(in); got != want {
			t.Errorf("Relative(%s) is %s, not %s", in, got, want)
		}
	}
	if got := env.Path("a/../b"); got != (&Env{Process: Process{Dir: dir}}).Path("work/b") {
		t.Error(got)
	}
	if got := env.Path(dir + "/x/../y"); got != (&Env{Process: Process{Dir: dir}}).Path("y") {
		t.Error(got)
	}
}
