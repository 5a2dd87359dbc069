package awsconf

import (
	"context"
	"errors"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// traced notes every call with --verbose: its name, how long it took and the
// service's request id. Neither headers nor bodies are shown: they hold secrets.
func traced(env *step.Env) []func(*middleware.Stack) error {
	if !env.Verbose {
		return nil
	}
	return []func(*middleware.Stack) error{func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("codedeploy-steps trace", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			began := time.Now()
			out, meta, err := next.HandleInitialize(ctx, in)
			id, _ := awsmiddleware.GetRequestIDMetadata(meta)
			result := "ok"
			var api smithy.APIError
			if errors.As(err, &api) {
				result = api.ErrorCode()
			} else if err != nil {
				result = "no answer"
			}
			env.Debug("%s %s: %s in %d ms, request %s", awsmiddleware.GetServiceID(ctx), awsmiddleware.GetOperationName(ctx), result, time.Since(began).Milliseconds(), id)
			return out, meta, err
		}), middleware.After)
	}}
}
