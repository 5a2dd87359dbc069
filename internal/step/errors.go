package step

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// Code is a process's exit code. The table is the same for all steps and a
// promise from the first release on (docs/reference/exit-codes.md).
type Code int

const (
	OK        Code = 0
	Failed    Code = 1 // the deployment or the check failed
	Misused   Code = 2 // wrong usage or input
	Refused   Code = 3 // the service or the network refused
	TimedOut  Code = 4
	Cancelled Code = 130 // SIGINT; 143 for SIGTERM
)

// Error is an error with an exit code and, often, what to do next.
type Error struct {
	Code   Code
	Err    error
	Remedy string // what to do, one or two sentences
	// Shown is true if the user has been told already, by diagnostics or a story.
	Shown bool
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Do sets what the user can do about it.
func (e *Error) Do(format string, args ...any) *Error {
	e.Remedy = fmt.Sprintf(format, args...)
	return e
}

// Errorf makes an error of the given exit code; %w wraps as in fmt.Errorf.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Err: fmt.Errorf(format, args...)}
}

// ShownError is an error of which the user has seen everything already.
func ShownError(code Code, format string, args ...any) *Error {
	e := Errorf(code, format, args...)
	e.Shown = true
	return e
}

// NotSet is the error of inputs that are missing, told together.
func NotSet(inputs ...string) *Error {
	if len(inputs) == 1 {
		return Errorf(Misused, "%s is not set", inputs[0])
	}
	return Errorf(Misused, "%s are not set", And(inputs))
}

// And lists words as a sentence does: "a, b and c".
func And(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// Signal is the cause of a context that a signal cancelled.
type Signal struct{ os.Signal }

func (s Signal) Error() string {
	if s.Signal == syscall.SIGTERM {
		return "cancelled by SIGTERM"
	}
	return "cancelled by SIGINT"
}

// words is the text of an error. What ended because the step was cancelled says
// so in the user's word and not in Go's.
func words(err error) string {
	if errors.Is(err, context.Canceled) {
		return strings.ReplaceAll(err.Error(), context.Canceled.Error(), "cancelled")
	}
	return err.Error()
}

// ExitCode gives the exit code of an error: that of the outermost Error in its
// chain, 130 or 143 for a signal, 4 for a deadline, otherwise 1.
func ExitCode(err error) Code {
	var e *Error
	var s Signal
	switch {
	case err == nil:
		return OK
	case errors.As(err, &s):
		if s.Signal == syscall.SIGTERM {
			return 143
		}
		return Cancelled
	case errors.As(err, &e):
		return e.Code
	case errors.Is(err, context.DeadlineExceeded):
		return TimedOut
	}
	return Failed
}
