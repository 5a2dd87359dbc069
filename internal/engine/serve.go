package engine

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"
)

func pid() int { return os.Getpid() }

func (e *Engine) listening() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.listen
}

// Shutdown is closed when a caller asks a serving engine to end.
func (e *Engine) Shutdown() <-chan struct{} { return e.shutdown }

// Serve answers on a listener until ctx ends; requests that are being answered
// are finished. An address is shown to callers that ask for the status.
func (e *Engine) Serve(ctx context.Context, l net.Listener, address string) error {
	if address != "" {
		e.mu.Lock()
		e.listen = address
		e.mu.Unlock()
	}
	s := &http.Server{Handler: e, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		closing, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if s.Shutdown(closing) != nil {
			s.Close()
		}
	})
	err := s.Serve(l)
	if !stop() {
		<-done
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
