package agent

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
)

// setOwner gives a path the owner and group of a permissions entry. Names only:
// the agent takes no numbers.
func (in *installer) setOwner(s setOwner) error {
	if s.refusal != "" {
		return errors.New(s.refusal)
	}
	uid, gid := -1, -1
	var err error
	if s.Owner.name != "" {
		uid, err = in.lookUp("user", s.Owner.name)
	}
	if err == nil && s.Group.name != "" {
		gid, err = in.lookUp("group", s.Group.name)
	}
	if err == nil {
		if err = in.fs.setOwner(s.File, uid, gid); err == nil {
			return nil
		}
		err = systemError("apply2files", s.File, err)
		if uid >= 0 && !idMapped(uid) {
			err = fmt.Errorf("%w: user id %d does not exist in the user namespace of this instance; leave owner out or deploy as root", err, uid)
		}
	}
	if in.machine.Root != "" {
		in.log.note("", "the owner of "+s.File+" is not set: "+err.Error())
		return nil
	}
	return err
}

// lookUp finds the number of a user or group: by the means of this machine, or
// in the files of the folder that stands for one.
func (in *installer) lookUp(what, name string) (int, error) {
	unknown := fmt.Errorf("can't find %s for %s", what, name)
	if in.machine.Root != "" {
		file := map[string]string{"user": "passwd", "group": "group"}[what]
		return lookUpIn(filepath.Join("etc", file), in.fs.root, name, unknown)
	}
	var number string
	if what == "user" {
		u, err := user.Lookup(name)
		if err != nil {
			return -1, unknown
		}
		number = u.Uid
	} else {
		g, err := user.LookupGroup(name)
		if err != nil {
			return -1, unknown
		}
		number = g.Gid
	}
	id, err := strconv.Atoi(number)
	if err != nil {
		return -1, unknown // Windows has no numbers
	}
	return id, nil
}

// lookUpIn reads passwd or group: name, something, number, separated by colons.
func lookUpIn(file string, root *os.Root, name string, unknown error) (int, error) {
	f, err := root.Open(file)
	if err != nil {
		return -1, unknown
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Split(lines.Text(), ":")
		if len(fields) < 3 || fields[0] != name {
			continue
		}
		if id, err := strconv.Atoi(fields[2]); err == nil && id >= 0 {
			return id, nil
		}
	}
	return -1, unknown
}
