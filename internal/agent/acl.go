package agent

import (
	"context"
	"slices"
	"strings"
)

// setfaclList is the list that setfacl is given for one path: the entry's own
// ACL, then what it lacks of the base entries and masks, made from the mode.
//
// The published agent does not take these out again before the next path of the
// same permissions entry, so that one gets those of the first: own is what the
// entry's list has become.
func setfaclList(own []string, mode int) []string {
	list := slices.Clone(own)
	has := func(start string) bool {
		return slices.ContainsFunc(list, func(e string) bool { return strings.HasPrefix(e, start) })
	}
	lacks := func(start string) bool { return !has(start) }
	named := func(standard string) bool {
		return slices.ContainsFunc(list, func(e string) bool {
			rest, is := strings.CutPrefix(e, standard)
			for _, kind := range []string{"user:", "group:"} {
				if name, of := strings.CutPrefix(rest, kind); is && of && !strings.HasPrefix(name, ":") {
					return true
				}
			}
			return false
		})
	}
	user, group, other := modeBits(mode>>6&7), modeBits(mode>>3&7), modeBits(mode&7)
	for _, standard := range []string{"", "default:"} {
		if standard != "" && lacks(standard) {
			break
		}
		for _, base := range []struct{ start, perms string }{
			{"user::", user}, {"group::", group}, {"other::", other},
		} {
			// An entry's own list has no base entries but default ones.
			if standard == "" || lacks(standard+base.start) {
				list = append(list, standard+base.start+base.perms)
			}
		}
		if named(standard) && lacks(standard+"mask::") {
			list = append(list, standard+"mask::"+group)
		}
	}
	return list
}

func (in *installer) setACL(ctx context.Context, s setACL) error {
	if in.machine.Root != "" {
		in.log.note("", "acls of "+s.File+" are not set: this instance is a folder")
		return nil
	}
	info, err := in.fs.stat(s.File)
	if err != nil {
		return systemError("apply2files", s.File, err)
	}
	own, begun := in.acls[s.entry]
	if !begun {
		own = s.ACL
	}
	list := setfaclList(own, int(info.Mode().Perm()))
	in.acls[s.entry] = list
	joined := strings.Join(list, ",")
	if err := in.run(ctx, "setfacl", "--set", joined, s.File); err != nil {
		return planError("of a problem with the acls permission settings in the application specification file for this object: %s. Failed command: setfacl --set %s %s. Exit code: %s", s.File, joined, s.File, err)
	}
	return nil
}

// canonicalACE writes an ACL entry out as setfacl is given it:
// [default:]type:name:rwx. The entry is known to be well formed.
func canonicalACE(entry string) string {
	parts := strings.Split(entry, ":")
	standard := ""
	if len(parts) > 2 && (parts[0] == "d" || parts[0] == "default") {
		standard, parts = "default:", parts[1:]
	}
	kinds := map[string]string{
		"u": "user", "user": "user", "g": "group", "group": "group",
		"m": "mask", "mask": "mask", "o": "other", "other": "other",
	}
	kind, name, perms := "user", "", parts[len(parts)-1]
	switch len(parts) {
	case 3:
		kind, name = kinds[parts[0]], parts[1]
	case 2:
		if k := kinds[parts[0]]; k == "mask" || k == "other" {
			kind = k
		} else {
			name = parts[0]
		}
	}
	return standard + kind + ":" + name + ":" + canonicalPerms(perms)
}

func canonicalPerms(perms string) string {
	if len(perms) == 1 && perms[0] >= '0' && perms[0] <= '7' {
		return modeBits(int(perms[0] - '0'))
	}
	bits := 0
	for i, letter := range "xwr" {
		if strings.ContainsRune(perms, letter) {
			bits |= 1 << i
		}
	}
	return modeBits(bits)
}

// modeBits writes three mode bits as rwx.
func modeBits(bits int) string {
	text := []byte("---")
	for i, letter := range []byte("rwx") {
		if bits&(4>>i) != 0 {
			text[i] = letter
		}
	}
	return string(text)
}
