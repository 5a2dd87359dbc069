package agent

import (
	"encoding/json"
	"errors"
)

// instruction is one step of an installation, as the install file of a
// deployment group lists it.
type instruction interface{ kind() string }

type makeFolder struct {
	Directory string `json:"directory"`
}

type copyFile struct {
	Source      string `json:"source"`
	Destination string `json:"destination"`
}

type setMode struct {
	Mode string `json:"mode"`
	File string `json:"file"`
}

type setACL struct {
	ACL  []string `json:"acl"`
	File string   `json:"file"`
	// entry is the permission that the step belongs to: what the agent adds
	// to the list for one file stays in it for the entry's other files.
	entry int
}

type setContext struct {
	Context contextJSON `json:"context"`
	File    string      `json:"file"`
}

type contextJSON struct {
	User  *string `json:"user"`
	Role  *string `json:"role"` // never set
	Type  string  `json:"type"`
	Range string  `json:"range"`
}

type setOwner struct {
	Owner account `json:"owner"`
	Group account `json:"group"`
	File  string  `json:"file"`
	// refusal is why the agent cannot use them, which it finds last.
	refusal string
}

// account is the name of a user or group; "" is unset.
type account struct {
	name   string
	number bool // it is one, which the agent writes down and cannot use
}

func (a account) MarshalJSON() ([]byte, error) {
	switch {
	case a.number:
		return []byte(a.name), nil
	case a.name == "":
		return []byte("null"), nil
	}
	return json.Marshal(a.name)
}

func (makeFolder) kind() string { return "mkdir" }
func (copyFile) kind() string   { return "copy" }
func (setMode) kind() string    { return "chmod" }
func (setACL) kind() string     { return "setfacl" }
func (setContext) kind() string { return "semanage" }
func (setOwner) kind() string   { return "chown" }

// installJSON is the text of the install file: each instruction an object that
// begins with its type. The agent cannot write a context without a range, and
// stops with an empty file.
func installJSON(list []instruction) ([]byte, error) {
	text := []byte(`{"instructions":[`)
	for i, in := range list {
		if c, is := in.(setContext); is && c.Context.Range == "" {
			return nil, errors.New("undefined method `get_range' for nil:NilClass")
		}
		fields, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, `{"type":"`+in.kind()+`",`...)
		text = append(text, fields[1:]...)
	}
	return append(text, "]}"...), nil
}
