package agent

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// revision is what an AppSpec file asks an instance to do: only values that
// take effect, as the agent reads them.
type revision struct {
	hooks       map[string][]script // by lifecycle event
	files       []fileEntry
	fileExists  string // DISALLOW, OVERWRITE, RETAIN, or "" for the deployment's own
	permissions []permission
}

// script is one script of a hook.
type script struct {
	location string // below the revision's root
	timeout  time.Duration
	runAs    *string // nil: as the agent; "" is a user too, as su has it
	sudo     bool
}

// fileEntry copies a file, or what is in a folder, of the revision into the
// folder destination.
type fileEntry struct {
	source, destination string
	refusal             string // why the agent cannot use it, "" if it can
}

// permission sets the mode, ACL, SELinux context and owner of what the
// revision installed at object, or below it.
type permission struct {
	object         string
	pattern        string // "**" is anything at any depth
	except         []string
	files, folders bool   // the types that it is for
	mode           string // three or four octal digits, "" is unset
	owner, group   account
	refusal        string   // why the agent cannot use owner or group
	acl            []string // as setfacl wants them: [default:]type:name:perms
	context        *selinuxContext
}

type selinuxContext struct {
	user       *string
	kind, span string // the words type and range are Go's
}

// maxAppSpec bounds what is read as an AppSpec file.
const maxAppSpec = 4 << 20

// readAppSpec reads a file that a revision brought along: it may be anything.
func readAppSpec(file string) (string, error) {
	info, err := os.Stat(file)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s is not a regular file", file)
	}
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	var text strings.Builder
	n, err := io.Copy(&text, io.LimitReader(f, maxAppSpec+1))
	if err != nil {
		return "", err
	}
	if n > maxAppSpec {
		return "", fmt.Errorf("%s is larger than %d bytes: not an AppSpec file", file, maxAppSpec)
	}
	return text.String(), nil
}
