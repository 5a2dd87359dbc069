package steptest

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"

	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps"
)

// Noted is an opener of the engine that tells of each operation that is called
// there, as step.Call names it. What the engine's opener itself calls, to make
// what is missing, is not the step's. It tells of one at a time.
func Noted(open awsconf.Opener, note func(operation string)) awsconf.Opener {
	return func(ctx context.Context, env *step.Env, in awsconf.Engine) (*awsconf.Local, error) {
		l, err := open(ctx, env, in)
		if err != nil {
			return nil, err
		}
		complete, transport := l.Complete, l.Transport
		var telling sync.Mutex
		l.Complete = func(ctx context.Context, c *awsconf.Clients, n *awsconf.Names) error {
			return complete(context.WithValue(ctx, ownKey{}, true), c, n)
		}
		l.Transport = transportFunc(func(r *http.Request) (*http.Response, error) {
			if ctx := r.Context(); ctx.Value(ownKey{}) == nil {
				telling.Lock()
				note(awsmiddleware.GetServiceID(ctx) + " " + awsmiddleware.GetOperationName(ctx))
				telling.Unlock()
			}
			return transport.RoundTrip(r)
		})
		return l, nil
	}
}

type ownKey struct{}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// declared ends the program when its step calls what it does not declare: each
// script proves the declarations.
func declared(open awsconf.Opener, args []string) awsconf.Opener {
	var called step.Step
	for _, s := range steps.All(nil) {
		name := strings.Fields(s.Name)
		if len(name) <= len(args) && slices.Equal(name, args[:len(name)]) && len(s.Name) > len(called.Name) {
			called = s
		}
	}
	return Noted(open, func(operation string) {
		if !slices.ContainsFunc(called.Calls, func(c step.Call) bool { return c.Operation == operation }) {
			fmt.Fprintf(os.Stderr, "the step %s calls %s, which is not among its Calls\n", called.Name, operation)
			os.Exit(70)
		}
	})
}
