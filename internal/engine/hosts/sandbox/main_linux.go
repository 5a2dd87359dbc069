package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// processName is the name of all processes of an instance that are this program.
const processName = "codedeploy-instance"

// The first process is this program thrice: it builds the walls, becomes init, and init has one child that serves. Init
// does nothing but wait, so that it can take the exit status of every orphan; the child may use os/exec, whose waiting
// would otherwise be robbed of its children by a wait for all.
const (
	stageVariable = "_CODEDEPLOY_INSTANCE_STAGE"
	stageWalls    = "walls"
	stageInit     = "init"
	stageServe    = "serve"
)

// Descriptors that the stages get.
const (
	listenerFD = 3
	ordersFD   = 4 // walls only
	statusFD   = 5
)

// Main is to be called first in main and in TestMain. In a process that Start made it becomes the instance's first
// process and never returns; its program's part is serve, which runs behind the walls with Config's Env and Args, in /.
// When serve returns, the instance ends. In all other processes Main returns at once.
func Main(serve func(l *net.UnixListener) error) {
	if len(os.Args) == 0 || os.Args[0] != processName {
		return
	}
	stage := os.Getenv(stageVariable)
	os.Unsetenv(stageVariable)
	switch stage {
	case stageWalls:
		fail(buildWalls())
	case stageInit:
		fail(initialize())
	case stageServe:
		fail(serveInside(serve))
	}
}

// fail ends the process, and tells the maker why if it still listens.
func fail(err error) {
	if err == nil {
		os.Exit(0)
	}
	fmt.Fprintln(os.Stderr, processName+":", err)
	s := status{Step: step{Doing: "make the instance"}, Error: err.Error()}
	var f *failure
	if errors.As(err, &f) {
		s.Step, s.Error = f.step, f.err.Error()
		errors.As(f.err, &s.Errno)
	}
	_ = tell(s)
	os.Exit(1)
}

func tell(s status) error {
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	_, err = unix.Write(statusFD, append(b, '\n'))
	return err
}

// step is a part of building, as its refusal is explained to the user.
type step struct {
	Doing string // "mount /proc"
	Layer bool   // it was about overlays
	Proc  bool   // it was about the instance's own /proc
}

type failure struct {
	step step
	err  error
}

func (f *failure) Error() string { return f.step.Doing + ": " + f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func doing(what string, err error) error {
	if err == nil {
		return nil
	}
	return &failure{step{Doing: what}, err}
}

// initialize is the first process's last stage: it starts the one that serves, takes the exit status of all that end, and
// ends with the one that serves, which ends everything.
func initialize() error {
	// A handler for every signal, as none may end this process; handlers, unlike SIG_IGN, are not handed down.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals)
	go func() {
		for range signals {
		}
	}()
	keepToItself()
	if err := closeOnExec(3); err != nil {
		return doing("close descriptors", err)
	}
	child, err := syscall.ForkExec("/proc/self/exe", os.Args, &syscall.ProcAttr{
		Env:   append([]string{stageVariable + "=" + stageServe}, os.Environ()...),
		Files: []uintptr{0, 1, 2, listenerFD, ^uintptr(0), statusFD},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return doing("start the program", err)
	}
	unix.Close(listenerFD)
	unix.Close(statusFD)
	for {
		var ws syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &ws, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return fmt.Errorf("wait: %w", err)
		case pid == child && (ws.Exited() || ws.Signaled()):
			if ws.Signaled() || ws.ExitStatus() != 0 {
				return fmt.Errorf("the program ended: status %d, signal %d", ws.ExitStatus(), ws.Signal())
			}
			return nil
		}
	}
}

func serveInside(serve func(*net.UnixListener) error) error {
	keepToItself()
	if err := closeOnExec(3); err != nil {
		return doing("close descriptors", err)
	}
	f := os.NewFile(listenerFD, socketName)
	l, err := net.FileListener(f)
	if err != nil {
		return doing("take over the socket", err)
	}
	f.Close()
	ul, ok := l.(*net.UnixListener)
	if !ok {
		return fmt.Errorf("the socket is a %T", l)
	}
	ul.SetUnlinkOnClose(false) // its path is the machine's
	if err := tell(status{Ready: true}); err != nil {
		return doing("report", err) // whoever asked for the instance is gone before it was there
	}
	unix.Close(statusFD)
	return serve(ul)
}

// keepToItself keeps hooks, which run as the same user, from tracing this process and from its entries in /proc. What it
// executes is free of that again.
func keepToItself() { _ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) }

// closeOnExec marks all descriptors from the given one on. The maker's own descriptors don't come here, but those that it
// inherited from a careless parent would.
func closeOnExec(from uint) error {
	if err := unix.CloseRange(from, math.MaxInt32, unix.CLOSE_RANGE_CLOEXEC); err == nil {
		return nil
	}
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return err
	}
	for _, e := range fds {
		var fd uint
		if _, err := fmt.Sscan(e.Name(), &fd); err == nil && fd >= from {
			unix.CloseOnExec(int(fd))
		}
	}
	return nil
}
