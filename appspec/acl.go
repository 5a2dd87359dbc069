package appspec

import (
	"errors"
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// ACE is one entry of an access control list.
type ACE struct {
	Default              bool
	Type                 string // user, group, mask or other
	Name                 string // "" for mask and other, and for default base entries
	Read, Write, Execute bool
}

// String gives the entry as setfacl takes it: default:user:bob:rw-.
func (a ACE) String() string {
	var b strings.Builder
	if a.Default {
		b.WriteString("default:")
	}
	b.WriteString(a.Type + ":" + a.Name + ":")
	for i, set := range []bool{a.Read, a.Write, a.Execute} {
		if set {
			b.WriteByte("rwx"[i])
		} else {
			b.WriteByte('-')
		}
	}
	return b.String()
}

// ACLError is why the agent refuses an entry of an access control list.
type ACLError struct {
	Rule  string // EC2-076, EC2-077 or EC2-078
	Agent string // the agent's words
}

func (e *ACLError) Error() string { return e.Agent }

// ParseACE reads an entry [default:]type:name:permissions as the agent does.
// An error is an [*ACLError].
func ParseACE(text string) (ACE, error) {
	var a ACE
	malformed := &ACLError{"EC2-076", fmt.Sprintf(saysACLEntry, text)}
	parts := strings.Split(text, ":")
	if len(parts) < 2 || len(parts) > 4 {
		return a, malformed
	}
	permissions, name, before := parts[len(parts)-1], parts[len(parts)-2], parts[:len(parts)-2]
	if len(before) > 0 && (before[0] == "d" || before[0] == "default") {
		a.Default = true
		before = before[1:]
	}
	switch {
	case len(before) > 1:
		return a, malformed
	case len(before) == 1:
		if a.Type = aclType(before[0]); a.Type == "" {
			return a, malformed
		}
		a.Name = name
	case aclType(name) == "mask" || aclType(name) == "other":
		a.Type = aclType(name) // m:r is m::r
	default:
		a.Type, a.Name = "user", name
	}
	if (a.Type == "mask" || a.Type == "other") && a.Name != "" {
		return a, malformed
	}
	if !a.Default && a.Type != "mask" && a.Name == "" {
		return a, &ACLError{"EC2-077", fmt.Sprintf(saysACLBase, text)}
	}
	if err := a.grant(text, permissions); err != nil {
		return a, err
	}
	return a, nil
}

func aclType(word string) string {
	switch word {
	case "u", "user":
		return "user"
	case "g", "group":
		return "group"
	case "m", "mask":
		return "mask"
	case "o", "other":
		return "other"
	}
	return ""
}

// grant reads one octal digit, or letters in any order.
func (a *ACE) grant(entry, permissions string) error {
	if len(permissions) == 1 && permissions[0] >= '0' && permissions[0] <= '7' {
		bits := permissions[0] - '0'
		a.Read, a.Write, a.Execute = bits&4 != 0, bits&2 != 0, bits&1 != 0
		return nil
	}
	for _, c := range permissions {
		switch c {
		case 'r':
			a.Read = true
		case 'w':
			a.Write = true
		case 'x':
			a.Execute = true
		case '-':
		default:
			return &ACLError{"EC2-078", fmt.Sprintf(saysACLCharacter, entry, c)}
		}
	}
	return nil
}

func (r *reader) acls(p *Permission, e entry) {
	switch {
	case isNull(e):
		return
	case e.node.Kind == yaml.MappingNode && len(e.node.Content) == 0:
		return
	case e.node.Kind != yaml.SequenceNode:
		r.refused("EC2-075", r.valueRange(e), "acls is not a list", saysNotAList, "Write acls: [\"u:bob:rw\", …].")
		return
	}
	p.ACLs = []String{}
	for _, item := range r.items(e.node) {
		v := stringOf(r.text, item)
		if v.Kind != Text {
			r.refused("EC2-075", v.Range(), "an item of acls is not text but "+show(keyName(v)), "NoMethodError: undefined method 'split'", "Quote it.")
			continue
		}
		p.ACLs = append(p.ACLs, v)
		_, err := ParseACE(v.Value)
		if refusal := (*ACLError)(nil); errors.As(err, &refusal) {
			r.refused(refusal.Rule, v.Range(), aclMessage(refusal.Rule, v.Value), refusal.Agent, "The form is [default:]type:name:permissions, such as u:bob:rw.")
		}
	}
}

func aclMessage(rule, entry string) string {
	switch rule {
	case "EC2-077":
		return show(entry) + " is a base entry; mode sets these"
	case "EC2-078":
		return "the permissions of " + show(entry) + " are neither one octal digit nor made of r, w, x and -"
	}
	return show(entry) + " is not an entry of an access control list"
}
