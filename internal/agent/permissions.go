package agent

import (
	"fmt"
	"strings"
)

// planPermission adds the steps of one entry of the permissions section. They
// come after all copies, and only for what this deployment copies or makes.
func (p *planner) planPermission(entry int, perm permission) error {
	object := p.expand(perm.object)
	if _, copied := p.copies[object]; copied && perm.files {
		if err := checkFileObject(perm); err != nil {
			return err
		}
		return p.permit(entry, perm, object)
	}
	if !p.made[object] && !p.target.isFolder(object) {
		return nil // there is nothing to set it on; the agent does not say so
	}
	if perm.files {
		for _, file := range p.files {
			if !perm.matches(object, file) {
				continue
			}
			if perm.defaultACL() {
				return errDefaultACL
			}
			if err := p.permit(entry, perm, file); err != nil {
				return err
			}
		}
	}
	if perm.folders {
		for _, folder := range p.folders {
			if !perm.matches(object, folder) {
				continue
			}
			if err := p.permit(entry, perm, folder); err != nil {
				return err
			}
		}
	}
	return nil
}

var errDefaultACL = planError("the -d parameter has been specified to apply an acl setting to a file. This parameter is supported for directories only. Update the AppSpec file, and then try again.")

// checkFileObject refuses what makes no sense for an entry whose object is a
// file itself.
func checkFileObject(perm permission) error {
	switch {
	case perm.pattern != "**":
		return planError("the application specification file includes an object (%s) with an invalid pattern (%s), such as a pattern for a file applied to a directory. Correct the permissions section of the AppSpec file, and then try again.", perm.object, perm.pattern)
	case len(perm.except) > 0:
		return planError("the except parameter for a pattern in the permissions section ([%s]) for the object named %s contains an invalid format. Update the AppSpec file, and then try again.", quotedList(perm.except), perm.object)
	case perm.defaultACL():
		return errDefaultACL
	}
	return nil
}

func quotedList(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = fmt.Sprintf("%q", s)
	}
	return strings.Join(quoted, ", ")
}

// permit adds the steps for one path. The owner comes last, and takes the
// setuid and setgid bits of the mode with it.
func (p *planner) permit(entry int, perm permission, file string) error {
	if p.permits[file] {
		return planError("the permissions setting for (%s) is specified more than once in the application specification file. Update the files section of the AppSpec file, and then try again.", file)
	}
	p.permits[file] = true
	var steps []instruction
	if perm.mode != "" {
		steps = append(steps, setMode{perm.mode, file})
	}
	if len(perm.acl) > 0 {
		steps = append(steps, setACL{perm.acl, file, entry})
	}
	if c := perm.context; c != nil {
		steps = append(steps, setContext{contextJSON{User: c.user, Type: c.kind, Range: c.span}, file})
	}
	if perm.owner.name != "" || perm.group.name != "" {
		steps = append(steps, setOwner{perm.owner, perm.group, file, perm.refusal})
	}
	for _, in := range steps {
		if err := p.add(in); err != nil {
			return err
		}
	}
	return nil
}

func (perm permission) defaultACL() bool {
	for _, entry := range perm.acl {
		if strings.HasPrefix(entry, "default:") {
			return true
		}
	}
	return false
}

// matches tells whether the entry is for a path below its object. Any pattern
// but "**" is for names directly in the object; so are the exceptions.
func (perm permission) matches(object, file string) bool {
	rest, below := strings.CutPrefix(file, strings.TrimRight(object, "/")+"/")
	if !below {
		return false
	}
	for _, except := range perm.except {
		if matchName(except, rest) {
			return false
		}
	}
	return perm.pattern == "**" || matchName(perm.pattern, rest)
}

// matchName matches one name with a pattern in which * is any run of
// characters and all else is itself.
func matchName(pattern, name string) bool {
	if strings.Contains(name, "/") {
		return false
	}
	parts := strings.Split(pattern, "*")
	first, last := parts[0], parts[len(parts)-1]
	if len(parts) == 1 {
		return pattern == name
	}
	if !strings.HasPrefix(name, first) || !strings.HasSuffix(name[len(first):], last) {
		return false
	}
	name = name[len(first) : len(name)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(name, part)
		if i < 0 {
			return false
		}
		name = name[i+len(part):]
	}
	return true
}
