package appspec

import (
	"math"
	"time"
)

// Platform is the compute platform that a document is for.
type Platform string

const (
	Server Platform = "server" // EC2/on-premises
	ECS    Platform = "ecs"
	Lambda Platform = "lambda"
)

// File is an AppSpec file. For EC2/on-premises its values are those that the
// agent acts on; what the file does not say has its default. A file for Amazon
// ECS or AWS Lambda has Version and the fields of its platform.
type File struct {
	Name     string
	Platform Platform // "" if the text does not tell
	Version  String
	OS       String // linux or windows

	Files []FileEntry
	// FileExistsBehavior is DISALLOW, OVERWRITE or RETAIN; absent means that
	// the deployment decides.
	FileExistsBehavior String
	Permissions        []Permission
	Hooks              []Hook // in file order; events without scripts are left out

	Service     *Service     // of a file for Amazon ECS
	Function    *Function    // of a file for AWS Lambda
	Validations []Validation // the hooks of both, in file order

	text   *source
	osStep int // when the agent looks at OS, among Parse's findings
}

// FileEntry copies Source, a file or the contents of a folder of the revision,
// into the folder Destination.
type FileEntry struct {
	Source, Destination String
	Pos                 Pos
}

// Hook is the scripts of one lifecycle event.
type Hook struct {
	Name    String
	Scripts []Script
}

// Script is one script of a lifecycle event.
type Script struct {
	Location String // below the revision's root; surrounding blanks are gone
	RunAs    String // absent: the agent's own user
	Sudo     bool   // undocumented: run through sudo
	Limit    String // the key timeout as it is written
	Seconds  int64  // the time-out in effect, 3600 if the file gives none
	Pos      Pos
}

// DefaultTimeout is a script's time-out where the file gives none.
const DefaultTimeout = time.Hour

// Timeout is how long the script may run.
func (s Script) Timeout() time.Duration {
	if s.Seconds > int64(math.MaxInt64/time.Second) {
		return math.MaxInt64
	}
	return time.Duration(s.Seconds) * time.Second
}

// Hook returns the scripts of a lifecycle event in the order in which they
// run, none if it has none.
func (f *File) Hook(event string) []Script {
	for _, hook := range f.Hooks {
		if hook.Name.Kind == Text && hook.Name.Value == event {
			return hook.Scripts
		}
	}
	return nil
}

// Permission sets the mode, owner and more of what the deployment copies to,
// or makes below, Object.
type Permission struct {
	Object  String
	Pattern String   // "**" if the file gives none
	Except  []String // names directly below Object
	Type    TypeSet
	Owner   String
	Group   String
	Mode    String // padded to three digits as the agent does: "644", "4755", "007"
	ACLs    []String
	Context *Context // nil if there is none
	Pos     Pos
}

// TypeSet tells to which objects a permission applies.
type TypeSet struct{ File, Directory bool }

// Bits is the mode as a number, false if the entry sets none.
func (p Permission) Bits() (mode uint32, ok bool) {
	if !p.Mode.Present() || len(p.Mode.Value) > 4 {
		return 0, false
	}
	for _, digit := range p.Mode.Value {
		if digit < '0' || digit > '7' {
			return 0, false
		}
		mode = mode<<3 | uint32(digit-'0')
	}
	return mode, true
}

// Context is an SELinux context.
type Context struct {
	Name  String // the user: the agent reads the key name, not the documented user
	Type  String
	Range String
}
