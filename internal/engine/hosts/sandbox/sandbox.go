// Package sandbox makes an instance out of the machine itself: a Linux sandbox that shows the machine's own file system
// through overlays, with its own mounts, processes, host name, network and (for ordinary users) user ids. Hooks of a
// revision really run in it, several instances live side by side, and the machine stays as it was.
//
// An instance is a tree of processes without a parent of ours: it outlives the process that made it, until Kill or Remove.
// Its first process is this program once more, behind the walls; what it serves on the instance's socket is the program's
// own affair (see Main). The package knows nothing of deployments, AppSpec files or hooks, and limits neither memory,
// processor time nor disk space. What changes on the machine while an instance lives may show in it, where the instance
// didn't write itself. It needs Linux with overlayfs, and root or user namespaces; Probe says what is missing.
//
// Facts come from namespaces(7), user_namespaces(7), mount_namespaces(7), the kernel's overlayfs.rst, and the defaults of
// the OCI runtime specification (capabilities, masked paths, devices), which were tried on Linux 6.18.
package sandbox

import (
	"errors"
	"io/fs"
	"strings"
)

// Config says what an instance is made of.
type Config struct {
	Dir      string   // the instance's own folder, absolute; made if absent, 0700
	Hostname string   // shown inside; empty means the folder's name
	Network  string   // NetworkNone or NetworkHost; empty means NetworkNone
	Hide     []string // absolute paths that are absent inside, beside the credentials that always are
	Env      []string // the whole environment of the served program; nothing is inherited
	Args     []string // passed to the served program as os.Args[1:]
}

// What an instance sees of the network.
const (
	NetworkNone = "none" // its own loopback and nothing else
	NetworkHost = "host" // the machine's network, with its ports and abstract Unix sockets
)

// State is what has become of an instance.
type State int

// The states of an instance.
const (
	Gone     State = iota // never made, or removed
	Running               // its processes run
	Rebooted              // its files are there, its processes are not: Start goes on with the files
	Replaced              // its files were in memory and are lost: Start begins anew
)

func (s State) String() string {
	switch s {
	case Running:
		return "running"
	case Rebooted:
		return "rebooted"
	case Replaced:
		return "replaced"
	}
	return "gone"
}

// ErrMaking is that an instance is neither there nor gone, for a moment: its maker is at work, or was killed at it.
var ErrMaking = errors.New("it is just being made")

// Instance is a sandbox that was made. Its fields are facts, not settings.
type Instance struct {
	Dir       string   // its folder
	Socket    string   // the Unix socket that its program serves; Dial copes with paths too long for one
	PID       int      // its first process, as this process sees it; 0 if it doesn't run
	Volatile  bool     // its files are in memory and end with its processes
	Isolation []string // what is not isolated, or doesn't work as on a real machine, each in a sentence
}

// Change is one difference between an instance and the machine that it was made of.
type Change struct {
	Path string      // as seen inside
	Kind string      // Added, Changed or Removed
	Dir  bool        // whether it is (or was) a folder; a removed folder stands for all that was in it
	Size int64       // in bytes; 0 for folders and what is removed
	Mode fs.FileMode // with type bits; 0 for what is removed
}

// Kinds of changes.
const (
	Added   = "added"
	Changed = "changed"
	Removed = "removed"
)

// Unavailable says why no sandbox can be made here.
type Unavailable struct {
	Reason string // what was refused, in a sentence
	Remedy string // what would make it possible; may be empty
	Err    error  // the system's own answer; may be nil
}

func (u *Unavailable) Error() string {
	var b strings.Builder
	b.WriteString("no sandbox is possible here: ")
	b.WriteString(u.Reason)
	if u.Err != nil {
		b.WriteString(": " + u.Err.Error())
	}
	if u.Remedy != "" {
		b.WriteString("\n  " + u.Remedy)
	}
	return b.String()
}

func (u *Unavailable) Unwrap() error { return u.Err }
