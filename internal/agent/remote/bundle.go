package remote

import (
	"context"
	"errors"
	"os"
	"sync"

	"github.com/codedeploy-steps/codedeploy-steps/internal/agent"
)

// passedBundle is what came with an execute request. It is used once.
type passedBundle struct {
	mu   sync.Mutex
	file *os.File
	etag string
	err  string
}

type bundleKey struct{}

// fetch is the served agent's Fetch: the bundle comes with the request.
func fetch(ctx context.Context, _ agent.Revision) (*os.File, string, error) {
	b, _ := ctx.Value(bundleKey{}).(*passedBundle)
	if b == nil {
		return nil, "", errors.New("no bundle came with the request")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != "" {
		return nil, "", errors.New(b.err)
	}
	if b.file == nil {
		return nil, "", errors.New("no bundle came with the request")
	}
	f := b.file
	b.file = nil
	return f, b.etag, nil
}
