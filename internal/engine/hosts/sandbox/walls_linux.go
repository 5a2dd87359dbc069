package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// orders is what the maker tells the first process.
type orders struct {
	Dir         string
	Life        string
	Hostname    string
	HostNetwork bool
	Hide        []string
	Rights      rights
	Resume      bool // there are files of an earlier life
	Probe       bool // build, try, and end
}

// agentFolder is where an agent keeps its files on every machine.
const agentFolder = "/opt/codedeploy-agent"

// walls is an instance under construction.
type walls struct {
	orders
	base   string   // the folder that holds root, upper, work and tmp: Dir or a file system in memory
	root   *os.Root // base/root, so that links that hooks left in it don't lead out of it
	mounts []mount  // the machine's
	facts  facts
}

// buildWalls runs in new namespaces that still show the machine. On success it doesn't return.
func buildWalls() error {
	var w walls
	if err := json.NewDecoder(os.NewFile(ordersFD, "orders")).Decode(&w.orders); err == io.EOF {
		return errors.New("the maker is gone")
	} else if err != nil {
		return fmt.Errorf("read the orders: %w", err)
	}
	unix.Umask(0o022)
	if err := closeOnExec(3); err != nil {
		return doing("close descriptors", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return doing("make mounts private", err)
	}
	w.facts = facts{Life: w.Life, Rights: w.Rights, Lacks: w.Rights.shortcomings(), Seeds: map[string]seed{}}
	w.lack("Memory, processors and disk space are the machine's, without limits; kernel settings (sysctl) can't be changed, and no service manager runs.")
	if w.HostNetwork {
		w.lack("The network is the machine's: ports are shared, and whatever listens on it or on an abstract Unix socket can be reached.")
	}
	for _, part := range []func() error{
		w.findBase, w.readMachine, w.buildRoot, w.mountDevices, w.mountKernel, w.mountFresh, w.nameItself, w.startLoopback, w.writeFacts,
	} {
		if err := part(); err != nil {
			return err
		}
	}
	program, err := w.placeProgram()
	if err != nil {
		return doing("place the program", err)
	}
	if err := w.enter(); err != nil {
		return err
	}
	// Capabilities and the system call filter belong to a thread: the one that drops them has to be the one that executes
	// what comes next.
	runtime.LockOSThread()
	if err := confine(); err != nil {
		return err
	}
	if w.Probe {
		return try()
	}
	for _, fd := range []int{listenerFD, statusFD, w.facts.BaseFD} {
		if fd != 0 {
			if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, 0); err != nil {
				return doing("keep descriptors", err)
			}
		}
	}
	env := append([]string{stageVariable + "=" + stageInit}, os.Environ()...)
	return doing("execute the program", unix.Exec(program, os.Args, env))
}

// findBase takes the instance's folder if overlays can write there, else memory.
func (w *walls) findBase() error {
	w.base = w.Dir
	onDisk := tryLayer(w.base, w.Rights)
	if onDisk == nil {
		return nil
	}
	w.base = filepath.Join(w.Dir, "memory")
	if err := os.MkdirAll(w.base, 0o700); err != nil {
		return doing("make "+w.base, err)
	}
	if err := unix.Mount("tmpfs", w.base, "tmpfs", unix.MS_NODEV, "mode=0700"); err != nil {
		return doing("mount a file system in memory", err)
	}
	if err := tryLayer(w.base, w.Rights); err != nil {
		return &failure{step{Doing: "mount an overlay", Layer: true}, errors.Join(onDisk, err)}
	}
	const high = 100
	fd, err := unix.Open(w.base, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return doing("open "+w.base, err)
	}
	defer unix.Close(fd)
	if w.facts.BaseFD, err = unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, high); err != nil {
		return doing("keep "+w.base, err)
	}
	w.facts.Volatile = true
	w.lack("The instance's files are in memory, as overlays can't write to its folder (%v): they end with its processes.", onDisk)
	return nil
}

func (w *walls) readMachine() (err error) {
	if w.mounts, err = readMounts(); err != nil {
		return doing("read the machine's mounts", err)
	}
	if w.Resume {
		before, err := readFacts(w.Dir)
		if err != nil {
			return doing("read the earlier facts", err)
		}
		w.facts.Seeds = before.Seeds
	}
	w.Hide = alsoKnownAs(append(w.Hide, agentFolder), w.mounts) // a real agent's files aren't this instance's
	return nil
}

// nameItself sets the host name and lets it resolve.
func (w *walls) nameItself() error {
	if err := unix.Sethostname([]byte(w.Hostname)); err != nil {
		return doing("set the host name "+strconv.Quote(w.Hostname), err)
	}
	for _, path := range []string{"/etc", agentFolder} {
		if err := w.root.MkdirAll(path[1:], 0o755); err != nil {
			return doing("make "+path, err)
		}
	}
	if w.Resume {
		return nil
	}
	hosts, err := os.ReadFile("/etc/hosts")
	if err != nil {
		hosts = []byte("127.0.0.1\tlocalhost\n::1\tlocalhost\n")
	}
	content := map[string]string{
		"etc/hosts":    strings.TrimRight(string(hosts), "\n") + "\n127.0.1.1\t" + w.Hostname + "\n",
		"etc/hostname": w.Hostname + "\n",
	}
	for name, text := range content {
		if err := w.plant(name, []byte(text), 0o644); err != nil {
			return doing("write /"+name, err)
		}
	}
	return nil
}

func (w *walls) writeFacts() error {
	return doing("write "+factsName, writeJSON(filepath.Join(w.Dir, factsName), w.facts))
}

// placeProgram shows this program inside, read-only: a hook could otherwise write to the machine's file of it through
// /proc/PID/exe. A program whose file is gone (go run deletes it, an update replaces it) is copied.
func (w *walls) placeProgram() (string, error) {
	const place = "run/codedeploy-steps/instance"
	if err := w.root.MkdirAll(filepath.Dir(place), 0o755); err != nil {
		return "", err
	}
	self, err := os.Open("/proc/self/exe")
	if err != nil {
		return "", err
	}
	defer self.Close()
	out, err := w.root.OpenFile(place, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o555)
	if err != nil {
		return "", err
	}
	target := w.within(place)
	source := target
	if path, err := os.Readlink("/proc/self/exe"); err == nil && sameFile(self, path) {
		source = path
	} else if _, err := io.Copy(out, self); err != nil {
		out.Close()
		return "", err
	}
	if err := out.Close(); err != nil {
		return "", err
	}
	if err := unix.Mount(source, target, "", unix.MS_BIND, ""); err != nil {
		return "", err
	}
	return "/" + place, restrict(target, unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV)
}

func sameFile(f *os.File, path string) bool {
	a, err := f.Stat()
	if err != nil {
		return false
	}
	b, err := os.Stat(path)
	return err == nil && os.SameFile(a, b)
}

// enter makes the new root the only one: the machine's mounts are detached, and nothing refers to them any more.
func (w *walls) enter() error {
	root := filepath.Join(w.base, "root")
	w.root.Close()
	if err := unix.Chdir(root); err != nil {
		return doing("enter the root", err)
	}
	if err := unix.PivotRoot(".", "."); err != nil {
		return doing("pivot_root", err)
	}
	// The old root now lies over the new one, at the same place; detached, it is out of reach.
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return doing("detach the machine's root", err)
	}
	return doing("enter the root", unix.Chdir("/"))
}

// within is the path of a place in the new root as seen before entering.
func (w *walls) within(name string) string { return filepath.Join(w.base, "root", name) }
