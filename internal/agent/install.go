package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// install carries out the Install event: it takes back what the last
// installation of the group put there, plans, writes the plan down, and
// follows it. A plan that fails leaves the instance without the old files and
// without the new ones, as the published agent does.
func (a *Agent) install(ctx context.Context, s Specification, log *eventLog) error {
	name := a.installAppSpec(s)
	file := filepath.Join(a.archiveDir(s), name)
	text, err := readAppSpec(file)
	if err != nil {
		return systemError("rb_sysopen", file, err)
	}
	r, err := parseRevision(name, text, a.Machine.system())
	if err != nil {
		return err
	}

	in := &installer{machine: a.Machine, log: log, acls: map[int][]string{}}
	if in.fs, err = a.Machine.fileSystem(); err != nil {
		return fmt.Errorf("open the folder that stands for the instance: %w", err)
	}
	defer in.fs.close()
	if in.archive, err = openArchive(a.archiveDir(s), a.Machine.Root != ""); err != nil {
		return err
	}
	defer in.archive.close()

	group := s.DeploymentGroupID
	if err := in.cleanUp(ctx, a.cleanupFile(group)); err != nil {
		return err
	}
	p := planner{
		archive: a.archiveDir(s), behavior: fileExistsBehavior(r, s),
		source: in.archive, target: planTarget{in.fs}, expand: in.fs.expand,
	}
	steps, err := p.plan(r)
	if there, is := errors.AsType[*occupied](err); is {
		there.group = a.claimant(in.fs.expand(there.path))
	}
	if err != nil {
		return err
	}
	plan, unwritable := installJSON(steps)
	if err := errors.Join(replaceFile(a.installFile(group), plan), unwritable); err != nil {
		return err
	}
	if err := in.follow(ctx, steps, a.cleanupFile(group)); err != nil {
		return err
	}
	return writePointer(a.lastSuccessful(group), a.deploymentDir(s))
}

// fileExistsBehavior is the revision's own, else the deployment's, which is
// taken in any case of letters.
func fileExistsBehavior(r *revision, s Specification) string {
	switch {
	case r.fileExists != "":
		return r.fileExists
	case s.FileExistsBehavior != "":
		return strings.ToUpper(s.FileExistsBehavior)
	}
	return "DISALLOW"
}

// planTarget is the instance's file system as a plan sees it.
type planTarget struct{ *fileSystem }

// names is not asked of the target.
func (planTarget) names(string) ([]string, error) { return nil, errors.ErrUnsupported }

// installer follows a plan.
type installer struct {
	machine Machine
	fs      *fileSystem
	archive *archiveView
	log     *eventLog
	cleanup *os.File
	acls    map[int][]string // by permissions entry, see setfaclList
}

// follow carries out the steps. It writes down what it does in the clean-up
// file: a copy before it is begun, a folder once it is made. So whenever it is
// interrupted, the next installation removes what was begun and nothing else.
func (in *installer) follow(ctx context.Context, steps []instruction, cleanupFile string) (err error) {
	if in.cleanup, err = os.Create(cleanupFile); err != nil {
		return err
	}
	defer func() {
		if closing := in.cleanup.Close(); err == nil {
			err = closing
		}
	}()
	for _, step := range steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := in.take(ctx, step); err != nil {
			return err
		}
	}
	return nil
}

func (in *installer) take(ctx context.Context, step instruction) error {
	switch s := step.(type) {
	case makeFolder:
		if err := in.fs.makeFolder(s.Directory); err != nil {
			return systemError("dir_s_mkdir", s.Directory, err)
		}
		return in.record(s.Directory)
	case copyFile:
		if err := in.record(s.Destination); err != nil {
			return err
		}
		return in.copy(s)
	case setMode:
		mode, err := strconv.ParseUint(s.Mode, 8, 32)
		if err != nil {
			return fmt.Errorf("mode %q of %s is not octal", s.Mode, s.File)
		}
		if err := in.fs.setMode(s.File, fileMode(uint32(mode))); err != nil {
			return systemError("apply2files", s.File, err)
		}
		return nil
	case setACL:
		return in.setACL(ctx, s)
	case setContext:
		return in.setContext(ctx, s)
	case setOwner:
		return in.setOwner(s)
	}
	return fmt.Errorf("nobody knows how to %s", step.kind())
}

// record adds a line to the clean-up file. It is in the file when record
// returns, whatever becomes of this process.
func (in *installer) record(line string) error {
	if strings.Contains(line, "\n") {
		return fmt.Errorf("%q cannot be installed: a name with a line end in it could not be cleaned up", line)
	}
	_, err := in.cleanup.WriteString(line + "\n")
	return err
}

// run starts a program of the instance without a shell. The error is how it
// ended, in the words of the agent.
func (in *installer) run(ctx context.Context, program string, args ...string) error {
	path, err := lookUp(program, in.machine.Env)
	if err != nil {
		return errors.New("exit 127") // what a shell says of it
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = in.machine.Env
	cmd.Dir = in.machine.hookDir()
	err = cmd.Run()
	if err == nil {
		return nil
	}
	if cmd.ProcessState == nil {
		return err
	}
	return fmt.Errorf("pid %d exit %d", cmd.Process.Pid, cmd.ProcessState.ExitCode())
}

// fileMode turns the twelve bits of chmod into Go's.
func fileMode(bits uint32) os.FileMode {
	mode := os.FileMode(bits & 0o777)
	for bit, is := range map[uint32]os.FileMode{0o4000: os.ModeSetuid, 0o2000: os.ModeSetgid, 0o1000: os.ModeSticky} {
		if bits&bit != 0 {
			mode |= is
		}
	}
	return mode
}
