package sandbox

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// socketName is the instance's socket in its folder.
const socketName = "agent.sock"

// Start makes the instance of cfg.Dir and waits until its program serves. A folder whose instance was ended by Kill or a
// reboot is taken up again with the files it had. When ctx ends early, nothing is left running.
func Start(ctx context.Context, cfg Config) (*Instance, error) {
	switch cfg.Network {
	case "", NetworkNone, NetworkHost:
	default:
		return nil, fmt.Errorf("start %s: network %q is neither %q nor %q", cfg.Dir, cfg.Network, NetworkNone, NetworkHost)
	}
	return start(ctx, cfg, false)
}

func start(ctx context.Context, cfg Config, probe bool) (_ *Instance, err error) {
	if !filepath.IsAbs(cfg.Dir) {
		return nil, fmt.Errorf("start instance: its folder %q is not an absolute path", cfg.Dir)
	}
	dir, made, err := ownFolder(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("start instance: %w", err)
	}
	defer func() {
		if err != nil && made {
			_ = removeTree(dir)
		}
	}()
	unlock, err := lock(dir)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", dir, err)
	}
	defer unlock()

	rights := ownRights()
	resume, err := prepare(dir, rights)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", dir, err)
	}
	order := orders{
		Dir: dir, Hostname: cfg.Hostname, HostNetwork: cfg.Network == NetworkHost,
		Hide: secrets(cfg.Hide, dir), Rights: rights, Resume: resume, Probe: probe, Life: rand.Text(),
	}
	if order.Hostname == "" {
		const longest = 63 // one label of a domain name
		order.Hostname = filepath.Base(dir)
		order.Hostname = order.Hostname[:min(len(order.Hostname), longest)]
	}
	// The identity stays also if this fails: it is what tells that there are files of an earlier life, and that Remove may
	// remove them.
	if err := launch(ctx, cfg, order); err != nil {
		return nil, fmt.Errorf("start %s: %w", dir, err)
	}
	if probe {
		return nil, nil
	}
	i, state, err := Find(dir)
	if err == nil && state != Running {
		err = fmt.Errorf("start %s: the instance ended as soon as it was made; see %s", dir, filepath.Join(dir, logName))
	}
	return i, err
}

// ownFolder makes the folder and answers its real path, because links may lead elsewhere inside the instance.
func ownFolder(path string) (dir string, made bool, err error) {
	if err := os.Mkdir(path, 0o700); err == nil {
		made = true
	} else if errors.Is(err, os.ErrNotExist) {
		if err := os.MkdirAll(path, 0o700); err != nil {
			return "", false, err
		}
		made = true
	} else if !errors.Is(err, os.ErrExist) {
		return "", false, err
	}
	if dir, err = filepath.EvalSymlinks(path); err != nil {
		return "", made, err
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return "", made, err
	}
	return dir, made, nil
}

// lock keeps two processes from making the same instance. The lock ends with the process that holds it.
func lock(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, errors.New("another process is making this instance")
		}
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return func() { f.Close() }, nil
}

// prepare decides whether files of an earlier life are taken up.
func prepare(dir string, r rights) (resume bool, err error) {
	_, state, err := Find(dir)
	if err != nil {
		return false, err
	}
	switch state {
	case Running:
		return false, errors.New("the instance runs already")
	case Rebooted:
		facts, err := readFacts(dir)
		if err != nil {
			return false, err
		}
		if facts.Rights != r {
			return false, fmt.Errorf("its files were written %s, this process works %s; remove the instance first", facts.Rights.words(), r.words())
		}
		return true, nil
	}
	for _, name := range []string{"root", "upper", "work", "tmp", factsName} {
		if err := removeTree(filepath.Join(dir, name)); err != nil {
			return false, err
		}
	}
	return false, nil
}

// launch starts the first process and hands it its orders. It waits for the orders, so that the process is never without
// its identity on disk: should this process be killed in between, it reads the end of the pipe and goes too.
func launch(ctx context.Context, cfg Config, order orders) error {
	l, err := listen(order.Dir)
	if err != nil {
		return err
	}
	defer l.Close()
	logFile, err := os.OpenFile(filepath.Join(order.Dir, logName), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer logFile.Close()
	ordersR, ordersW, err := os.Pipe()
	if err != nil {
		return err
	}
	defer ordersR.Close()
	defer ordersW.Close()
	statusR, statusW, err := os.Pipe()
	if err != nil {
		return err
	}
	defer statusR.Close()
	defer statusW.Close()

	cmd := &exec.Cmd{
		Path:        "/proc/self/exe",
		Args:        append([]string{processName}, cfg.Args...),
		Env:         append([]string{stageVariable + "=" + stageWalls}, cfg.Env...),
		Dir:         "/",
		Stdout:      logFile,
		Stderr:      logFile,
		ExtraFiles:  []*os.File{l, ordersR, statusW},
		SysProcAttr: order.Rights.attributes(order.HostNetwork),
	}
	if err := cmd.Start(); err != nil {
		return order.Rights.refused(step{Doing: "make namespaces"}, err)
	}
	statusW.Close()
	ordersR.Close()
	done := make(chan error, 1)
	fail := func(err error) error {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return err
	}
	if err := writeIdentity(order.Dir, cmd.Process.Pid, order.Life); err != nil {
		return fail(err)
	}
	if err := json.NewEncoder(ordersW).Encode(order); err != nil {
		return fail(fmt.Errorf("hand over the orders: %w", err))
	}
	ordersW.Close()
	go func() { done <- readStatus(statusR, order.Rights) }()
	select {
	case err = <-done:
	case <-ctx.Done():
		_ = statusR.SetReadDeadline(time.Unix(1, 0))
		<-done
		err = ctx.Err()
	}
	if err != nil || order.Probe {
		return fail(err)
	}
	return cmd.Process.Release()
}

// listen makes the socket through the folder's descriptor: a socket's path has at most 107 bytes, a folder's may be longer.
func listen(dir string) (*os.File, error) {
	if err := os.Remove(filepath.Join(dir, socketName)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: shortPath(d), Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("listen in %s: %w", dir, err)
	}
	defer l.Close()
	l.SetUnlinkOnClose(false)
	return l.File()
}

func shortPath(dir *os.File) string {
	return "/proc/self/fd/" + strconv.Itoa(int(dir.Fd())) + "/" + socketName
}

// Dial connects to the instance's socket, however long its path is.
func (i *Instance) Dial(ctx context.Context) (net.Conn, error) {
	d, err := os.Open(filepath.Dir(i.Socket))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return new(net.Dialer).DialContext(ctx, "unix", shortPath(d))
}

// status is what the new process tells its maker: one line when it serves, or why it can't.
type status struct {
	Ready bool          `json:"ready,omitempty"`
	Step  step          `json:"step,omitzero"`
	Error string        `json:"error,omitempty"`
	Errno syscall.Errno `json:"errno,omitempty"`
}

func readStatus(r io.Reader, rights rights) error {
	var s status
	switch err := json.NewDecoder(r).Decode(&s); {
	case err == io.EOF:
		return errors.New("the first process ended without a word")
	case err != nil:
		return fmt.Errorf("wait for the first process: %w", err)
	case s.Ready:
		return nil
	case s.Errno != 0:
		return rights.refused(s.Step, s.Errno)
	}
	return fmt.Errorf("%s: %s", s.Step.Doing, s.Error)
}
