package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/agent"
)

// Serve carries out what clients ask of an agent until ctx ends or a client
// asks for a shutdown; then commands that run are called off, and Serve returns
// when they have ended. It sets a.Fetch and a.Output, and calls a.Start first.
func Serve(ctx context.Context, l *net.UnixListener, a *agent.Agent) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	s := &server{agent: a, stop: stop, started: time.Now().UTC(), records: map[string]*record{}}
	a.Output = s.output
	a.Fetch = fetch
	if err := a.Start(); err != nil {
		return errors.Join(err, l.Close())
	}
	go func() {
		<-ctx.Done()
		l.Close()
	}()
	for {
		conn, err := l.AcceptUnix()
		if err != nil {
			over := ctx.Err() != nil
			stop()
			s.handlers.Wait()
			if over {
				return nil
			}
			return fmt.Errorf("accept a connection for the agent: %w", err)
		}
		s.handlers.Go(func() { s.handle(ctx, conn) })
	}
}

type server struct {
	agent    *agent.Agent
	stop     context.CancelFunc
	started  time.Time
	handlers sync.WaitGroup // one for each connection
	commands sync.WaitGroup // one for each execute

	mu      sync.Mutex
	records map[string]*record // of the commands that clients wait for
}

// requestTime is how long a client has to say what it wants.
const requestTime = 10 * time.Second

func (s *server) handle(ctx context.Context, conn *net.UnixConn) {
	defer conn.Close()
	_ = conn.SetReadDeadline(time.Now().Add(requestTime))
	line, rest, bundle, err := receive(conn)
	if bundle != nil {
		defer bundle.Close()
	}
	if err != nil {
		_ = send(conn, reply{Error: "read the request: " + err.Error()})
		return
	}
	_ = conn.SetReadDeadline(time.Time{})
	var r request
	if err := json.Unmarshal(line, &r); err != nil {
		_ = send(conn, reply{Error: "read the request: " + err.Error()})
		return
	}
	switch {
	case r.Op == opPing:
		_ = send(conn, reply{Info: &Info{PID: os.Getpid(), Started: s.started, BootID: bootID()}})
	case r.Op == opShutdown:
		s.stop()
		s.commands.Wait()
		_ = send(conn, reply{Info: &Info{PID: os.Getpid(), Started: s.started, BootID: bootID()}})
	case r.Op == opNoop && r.Command != nil:
		noop, err := s.agent.Noop(*r.Command)
		if err != nil {
			_ = send(conn, reply{Error: err.Error()})
			return
		}
		_ = send(conn, reply{Noop: &noop})
	case r.Op == opExecute && r.Command != nil:
		s.execute(ctx, conn, r, rest, &passedBundle{file: bundle, etag: r.ETag, err: r.BundleError})
	default:
		_ = send(conn, reply{Error: fmt.Sprintf("no request %q is known, or it lacks its command", r.Op)})
	}
}

// execute carries out a command and tells its client what scripts write. The
// client may be gone before the end, or not read: neither holds up a script.
func (s *server) execute(ctx context.Context, conn *net.UnixConn, r request, rest []byte, bundle *passedBundle) {
	if ctx.Err() != nil {
		_ = send(conn, reply{Error: "the agent is shutting down"})
		return
	}
	rec := s.join(r.Command.ID)
	leave := sync.OnceFunc(func() { s.leave(r.Command.ID) })
	defer leave()
	ctx, cancel := context.WithCancel(context.WithValue(ctx, bundleKey{}, bundle))
	defer cancel()

	lost := make(chan struct{})
	s.handlers.Go(func() {
		defer close(lost)
		// Whatever the client says now, only a cancel means something; its
		// silence or end does not.
		for decoder := json.NewDecoder(io.MultiReader(bytes.NewReader(rest), io.LimitReader(conn, longestRequest))); ; {
			var more request
			if err := decoder.Decode(&more); err != nil {
				return
			}
			if more.Op == opCancel {
				cancel()
			}
		}
	})
	result := make(chan agent.Result, 1)
	s.commands.Go(func() { result <- s.agent.Execute(ctx, *r.Command) })

	sent := 0
	for {
		lines, changed := rec.after(sent)
		for _, l := range lines {
			if send(conn, reply{Line: &l}) != nil {
				<-result // the command goes on
				return
			}
			sent = l.Number
		}
		if len(lines) > 0 {
			continue
		}
		select {
		case <-changed:
		case end := <-result:
			for lines, _ := rec.after(sent); len(lines) > 0; lines, _ = rec.after(sent) {
				for _, l := range lines {
					if send(conn, reply{Line: &l}) != nil {
						return
					}
					sent = l.Number
				}
			}
			leave() // who asks again from now on gets the result alone
			_ = send(conn, reply{Result: &end})
			return
		case <-lost:
			<-result
			return
		}
	}
}

// writeTime is how long a client may take to read a line before it counts as
// lost.
const writeTime = 10 * time.Second

func send(conn *net.UnixConn, r reply) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_ = conn.SetWriteDeadline(time.Now().Add(writeTime))
	_, err = conn.Write(append(text, '\n'))
	return err
}

// bootID tells one start of the machine from another.
func bootID() string {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}
