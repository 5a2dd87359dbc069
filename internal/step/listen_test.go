package step

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
)

// ear is a part of inputs that hears.
type ear struct {
	Deaf bool `flag:"deaf" help:"Hear nothing."`

	heard *[]string
}

func (l *ear) Emit(e event.Event) {
	if n, ok := e.(event.Note); ok {
		*l.heard = append(*l.heard, n.Text)
	}
}

func (l *ear) Listen(_ context.Context, env *Env) (event.Sink, func(context.Context, *report.Failure)) {
	if l.Deaf {
		return nil, nil
	}
	return l, func(ctx context.Context, f *report.Failure) {
		end := "well"
		if f != nil {
			end = fmt.Sprintf("%s (%d)", f.Text, f.Code)
		}
		deadline, _ := ctx.Deadline()
		if time.Until(deadline) < time.Minute {
			end += ", soon"
		}
		*l.heard = append(*l.heard, end)
		env.Warn("said at the end") // still reaches the reporters
	}
}

type listening struct {
	Common
	Part struct{ Ear ear }
	run  func(ctx context.Context, env *Env) error
}

func (l *listening) Run(ctx context.Context, env *Env) error { return l.run(ctx, env) }

func TestListenersHearTheStepAndItsEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	for _, test := range []struct {
		name, args, want string
		run              func(context.Context, *Env) error
	}{
		{"well", "", "a; b; well; said at the end", func(context.Context, *Env) error { return nil }},
		{"badly", "", "a; b; it broke (2); said at the end", func(context.Context, *Env) error { return Errorf(Misused, "it broke") }},
		{"deaf", "--deaf", "", func(context.Context, *Env) error { return nil }},
		{"cancelled", "", "a; b; no (1), soon; said at the end", func(context.Context, *Env) error { cancel(); return errors.New("no") }},
	} {
		var heard []string
		s := newSession(t, Step{Name: "push", New: func() Inputs {
			l := &listening{run: func(ctx context.Context, env *Env) error {
				env.Info("a")
				env.Info("b")
				return test.run(ctx, env)
			}}
			l.Part.Ear.heard = &heard
			return l
		}})
		s.ctx = ctx
		_, out, errs := s.run(strings.Fields(test.args)...)
		if got := strings.Join(heard, "; "); got != test.want {
			t.Errorf("%s: heard %q, not %q", test.name, got, test.want)
		}
		if test.args == "" && !strings.Contains(out+errs, "said at the end") {
			t.Errorf("%s: what was said at the end is not shown:\n%s%s", test.name, out, errs)
		}
	}
}
