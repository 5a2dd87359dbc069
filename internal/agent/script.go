package agent

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
	"unicode/utf8"
)

// process is a script to be started.
type process struct {
	command []string
	dir     string
	env     []string // all of it
	timeout time.Duration
	grace   time.Duration // between SIGTERM and SIGKILL if it is called off
	// line is given each line with its end, for each stream in order and one
	// at a time. After an error nothing more of that stream is given, and the
	// script fails with it.
	line func(stream, text string) error
}

// ending tells how a script ended. At most one of the first four is set.
type ending struct {
	calledOff bool
	timedOut  bool
	err       error  // it could not be started, or its output not be kept
	leftOpen  string // stdout or stderr, if a child that stays behind holds it
	status    string // the exit code, "" if a signal ended it
}

// runScript runs a script as the leader of a process group of its own, with
// nothing to read, and waits for it and for the ends of its two outputs until
// one deadline for all three.
//
// At the deadline the group gets SIGTERM and no SIGKILL: a script that ignores
// it holds up the event until it ends by itself. Its outputs are closed at
// that moment, so that what it writes when it is told to end is lost. A child
// that holds an output after the script has ended is left alone.
func runScript(ctx context.Context, p process) ending {
	if ctx.Err() != nil {
		return ending{calledOff: true}
	}
	cmd, outputs, err := startScript(p)
	if err != nil {
		return ending{err: err}
	}
	defer outputs.close()

	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // its state says the same
		close(ended)
	}()
	deadline := time.NewTimer(p.timeout)
	defer deadline.Stop()

	select {
	case <-ended:
	case <-deadline.C:
		terminate(cmd.Process)
		outputs.close()
		select {
		case <-ended:
		case <-ctx.Done():
			kill(cmd.Process)
			<-ended
		}
		return ending{timedOut: true}
	case <-ctx.Done():
		callOff(cmd.Process, p.grace, ended)
		<-ended
		return ending{calledOff: true}
	}

	// Stdout is looked at first, as the agent does.
	for _, s := range outputs.streams() {
		select {
		case <-s.done:
		case <-deadline.C:
			return ending{leftOpen: s.name}
		case <-ctx.Done():
			callOff(cmd.Process, p.grace, s.done)
			return ending{calledOff: true}
		}
		if s.err != nil {
			return ending{err: s.err}
		}
	}
	return ending{status: exitStatus(cmd.ProcessState)}
}

// callOff ends a process group: it is asked to, and after a while it must.
func callOff(p *os.Process, grace time.Duration, ended <-chan struct{}) {
	terminate(p)
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
	}
	// Also if the script has ended: a child of it may have ignored the first.
	kill(p)
}

func startScript(p process) (*exec.Cmd, *scriptOutputs, error) {
	if len(p.command) == 0 {
		return nil, nil, errors.New("there is no command")
	}
	in, noInput, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	defer in.Close()
	noInput.Close() // the script finds the end of its input at once
	outR, outW, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	defer outW.Close()
	errR, errW, err := os.Pipe()
	if err != nil {
		outR.Close()
		return nil, nil, err
	}
	defer errW.Close()

	start := func(command []string) (*exec.Cmd, error) {
		path, err := lookUp(command[0], p.env)
		if err != nil {
			return nil, err
		}
		if command[0] == shell {
			command = append([]string{"sh"}, command[1:]...) // the name it gives itself in messages
		}
		cmd := &exec.Cmd{Path: path, Args: command, Dir: p.dir, Env: p.env, Stdin: in, Stdout: outW, Stderr: errW, SysProcAttr: ownGroup()}
		return cmd, startPatiently(cmd)
	}
	cmd, err := start(p.command)
	if errors.Is(err, syscall.ENOEXEC) { // no #! line: it is the shell's
		cmd, err = start(append([]string{shell, p.command[0]}, p.command[1:]...))
	}
	if err != nil {
		outR.Close()
		errR.Close()
		return nil, nil, startError(p.command[0], err)
	}
	outputs := &scriptOutputs{
		out: &scriptOutput{name: "stdout", pipe: outR, done: make(chan struct{})},
		err: &scriptOutput{name: "stderr", pipe: errR, done: make(chan struct{})},
	}
	for _, s := range outputs.streams() {
		go s.read(p.line)
	}
	return cmd, outputs, nil
}

// startPatiently starts a command. A script that was just unpacked may still be
// open for writing in another process that is about to be started, between its
// fork and its exec; that passes.
func startPatiently(cmd *exec.Cmd) error {
	wait := time.Millisecond
	for {
		err := cmd.Start()
		if !errors.Is(err, errTextBusy) || wait > time.Second {
			return err
		}
		time.Sleep(wait)
		wait *= 2
		*cmd = exec.Cmd{Path: cmd.Path, Args: cmd.Args, Dir: cmd.Dir, Env: cmd.Env, Stdin: cmd.Stdin, Stdout: cmd.Stdout, Stderr: cmd.Stderr, SysProcAttr: cmd.SysProcAttr}
	}
}

// startError words why a command could not be started.
func startError(command string, err error) error {
	number, is := errors.AsType[syscall.Errno](err)
	if !is {
		return err
	}
	return fmt.Errorf("%s with message %s - %s", errnoName(number), errnoText(number), command)
}

func exitStatus(state *os.ProcessState) string {
	if !state.Exited() {
		return "" // by a signal
	}
	return fmt.Sprint(state.ExitCode())
}

// scriptOutputs are the reading ends of a script's pipes. Each is read by one
// goroutine, which ends when its pipe does or is closed.
type scriptOutputs struct{ out, err *scriptOutput }

func (o *scriptOutputs) streams() []*scriptOutput { return []*scriptOutput{o.out, o.err} }

// close stops the reading, and waits for that.
func (o *scriptOutputs) close() {
	for _, s := range o.streams() {
		s.pipe.Close()
		<-s.done
	}
}

type scriptOutput struct {
	name string
	pipe *os.File
	done chan struct{}
	err  error // set before done is closed
}

func (s *scriptOutput) read(line func(stream, text string) error) {
	defer close(s.done)
	_ = readLines(s.pipe, func(text string) {
		if s.err == nil {
			s.err = line(s.name, text)
		}
		// After an error the rest is still read: the script must not block.
	})
}

// longestLine bounds what is kept in memory of a line that does not end; a
// longer one is given in pieces.
const longestLine = 1 << 20

// readLines gives each line with its end, the last one perhaps without.
func readLines(r io.Reader, give func(string)) error {
	buffered := bufio.NewReaderSize(r, 16<<10)
	var line []byte
	for {
		part, err := buffered.ReadSlice('\n')
		line = append(line, part...)
		full := len(line) >= longestLine
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			if len(line) > 0 {
				give(string(line))
			}
			return err
		}
		switch {
		case err == nil:
			give(string(line))
			line = line[:0]
		case full:
			whole := wholeCharacters(line)
			give(string(line[:whole]))
			line = append(line[:0], line[whole:]...)
		}
	}
}

// wholeCharacters is the length of a text without a last character of which only
// the first bytes are there.
func wholeCharacters(text []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		if start := len(text) - n; utf8.RuneStart(text[start]) {
			if !utf8.FullRune(text[start:]) {
				return start
			}
			break
		}
	}
	return len(text)
}

// badEncoding is why the agent gives up an output: it is text, and text is
// UTF-8.
func badEncoding(text string) error {
	if utf8.ValidString(text) {
		return nil
	}
	return errors.New("ArgumentError with message invalid byte sequence in UTF-8")
}
