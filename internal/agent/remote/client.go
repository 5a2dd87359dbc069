package remote

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/agent"
)

// Client drives the agent that is served on a socket. It connects anew for each
// call, so it needs no end and may be used by several goroutines.
type Client struct {
	Path string // of the socket; of any length on Linux
}

// ErrLost is that the connection ended before the answer: the process of the
// agent may have ended, or not. A command that was asked for may have begun.
var ErrLost = errors.New("the connection to the agent was lost")

// Ping tells which process answers on the socket.
func (c *Client) Ping(ctx context.Context) (Info, error) {
	r, err := c.ask(ctx, request{Op: opPing})
	if err != nil {
		return Info{}, err
	}
	if r.Info == nil {
		return Info{}, errors.New("ask the agent who it is: the answer does not say")
	}
	return *r.Info, nil
}

// Shutdown ends the agent: commands that run are called off, and have ended
// when Shutdown returns. What hooks left running stays.
func (c *Client) Shutdown(ctx context.Context) error {
	_, err := c.ask(ctx, request{Op: opShutdown})
	return err
}

// Noop is agent.Agent.Noop. Its error may be the agent's verdict, or that the
// agent could not be asked (ErrLost, or what connecting gave).
func (c *Client) Noop(ctx context.Context, cmd agent.Command) (bool, error) {
	r, err := c.ask(ctx, request{Op: opNoop, Command: &cmd})
	if err != nil {
		return false, err
	}
	if r.Noop == nil {
		return false, errors.New("ask the agent whether there is something to do: the answer does not say")
	}
	return *r.Noop, nil
}

// Execute is agent.Agent.Execute. The bundle function is called for
// DownloadBundle only, and its file is closed; lines, which may be nil, is told
// each line that scripts write, those from before the call too if the command
// was running already.
//
// When ctx ends the command is called off and its result returned. The error is
// that the agent could not be asked or was lost: then the command may go on, and
// Execute with the same command joins it.
func (c *Client) Execute(ctx context.Context, cmd agent.Command, bundle func(agent.Revision) (*os.File, string, error), lines func(agent.Line)) (agent.Result, error) {
	r := request{Op: opExecute, Command: &cmd}
	var file *os.File
	if cmd.Event == "DownloadBundle" && bundle != nil {
		var err error
		if file, r.ETag, err = bundle(cmd.Spec.Revision); err != nil {
			r.BundleError = err.Error()
			file = nil
		}
		if file != nil {
			defer file.Close()
		}
	}
	conn, err := dial(ctx, c.Path)
	if err != nil {
		return agent.Result{}, fmt.Errorf("connect to the agent: %w", err)
	}
	defer conn.Close()
	if err := sendRequest(conn, r, file); err != nil {
		return agent.Result{}, fmt.Errorf("ask the agent for %s: %w", cmd.Event, err)
	}
	stopped := context.AfterFunc(ctx, func() {
		_ = conn.SetDeadline(time.Now().Add(cancelTime))
		_ = sendRequest(conn, request{Op: opCancel}, nil)
	})
	defer stopped()
	for decoder := json.NewDecoder(bufio.NewReader(conn)); ; {
		var answer reply
		switch err := decoder.Decode(&answer); {
		case err != nil:
			return agent.Result{}, fmt.Errorf("%s: %w (%v)", cmd.Event, ErrLost, err)
		case answer.Error != "":
			return agent.Result{}, fmt.Errorf("%s: the agent refused: %s", cmd.Event, answer.Error)
		case answer.Result != nil:
			return *answer.Result, nil
		case answer.Line != nil && lines != nil:
			lines(*answer.Line)
		}
	}
}

// cancelTime is how long a called-off command may take to end. The agent kills
// its script after a far shorter time.
const cancelTime = 30 * time.Second

// ask sends a request that has a short answer.
func (c *Client) ask(ctx context.Context, r request) (reply, error) {
	conn, err := dial(ctx, c.Path)
	if err != nil {
		return reply{}, fmt.Errorf("connect to the agent: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if err := sendRequest(conn, r, nil); err != nil {
		return reply{}, errors.Join(ctx.Err(), fmt.Errorf("ask the agent: %w", err))
	}
	var answer reply
	if err := json.NewDecoder(conn).Decode(&answer); err != nil {
		return reply{}, errors.Join(ctx.Err(), fmt.Errorf("%w (%v)", ErrLost, err))
	}
	if answer.Error != "" {
		return reply{}, errors.New(answer.Error)
	}
	return answer, nil
}

func sendRequest(conn *net.UnixConn, r request, bundle *os.File) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	text = append(text, '\n')
	if len(text) > longestRequest {
		return fmt.Errorf("the command is %d bytes long, more than %d", len(text), longestRequest)
	}
	if bundle == nil {
		_, err = conn.Write(text)
		return err
	}
	return sendFile(conn, text, bundle)
}
