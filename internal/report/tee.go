package report

import (
	"errors"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

// Tee hands what comes to several reporters, in their order.
type Tee struct{ reporters []Reporter }

// NewTee makes a Tee.
func NewTee(reporters ...Reporter) *Tee { return &Tee{reporters} }

// Add adds a reporter, which gets what comes from now on.
func (t *Tee) Add(r Reporter) { t.reporters = append(t.reporters, r) }

// Emit hands on one event.
func (t *Tee) Emit(e event.Event) {
	for _, r := range t.reporters {
		r.Emit(e)
	}
}

// Fail hands on the error that the step ends with.
func (t *Tee) Fail(step string, f Failure) {
	for _, r := range t.reporters {
		r.Fail(step, f)
	}
}

// Close closes all of them, whatever becomes of the others.
func (t *Tee) Close() error {
	var all []error
	for _, r := range t.reporters {
		all = append(all, r.Close())
	}
	return errors.Join(all...)
}
