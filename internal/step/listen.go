package step

import (
	"context"
	"reflect"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
)

// Listener is a part of a step's inputs that hears what the step says, such as
// one that shows it elsewhere. The step does not know of it: it embeds inputs.
type Listener interface {
	// Listen is called when the inputs are read, before the step runs. The sink
	// gets every event of the step after the reporters have it; nil hears nothing.
	// The function is called when the step has ended, with the error it ended
	// with or nil; its context ends soon after a cancel.
	Listen(ctx context.Context, env *Env) (event.Sink, func(ctx context.Context, f *report.Failure))
}

// listen has the listeners of a step's inputs hear its events. What it answers
// is called, and waits for them, at the end.
func (e *Env) listen(ctx context.Context, in Inputs) func(ctx context.Context, err error) {
	var ends []func(context.Context, *report.Failure)
	for _, l := range listeners(reflect.ValueOf(in)) {
		if sink, end := l.Listen(ctx, e); sink != nil {
			e.Events = both{e.Events, sink}
			ends = append(ends, end)
		}
	}
	return func(ctx context.Context, err error) {
		var failure *report.Failure
		if err != nil {
			f := describe(err)
			failure = &f
		}
		for _, end := range ends {
			end(ctx, failure)
		}
	}
}

// listeners finds the listeners in a struct, as Fields finds the inputs.
func listeners(v reflect.Value) (found []Listener) {
	if l, ok := v.Interface().(Listener); ok {
		return []Listener{l}
	}
	for i := range v.Elem().NumField() {
		if f := v.Elem().Field(i); f.Kind() == reflect.Struct && v.Elem().Type().Field(i).IsExported() {
			found = append(found, listeners(f.Addr())...)
		}
	}
	return found
}

// both hands events to two sinks.
type both [2]event.Sink

func (b both) Emit(e event.Event) {
	b[0].Emit(e)
	b[1].Emit(e)
}
