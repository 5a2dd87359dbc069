package bundle

import (
	"errors"
	"path"
	"strings"
)

var (
	errOutside = errors.New("leads out of the root")
	errLoop    = errors.New("leads through too many links")
)

// maxHops is how many links a path may lead through; Linux follows 40, Windows 63.
const maxHops = 64

// follow resolves name below a root as an operating system does: component by component, each link at once. Cutting ".." off
// by text alone would be wrong: with s -> ".", the target "s/../x" looks inside and is outside. link returns a link's target.
func follow(name string, link func(name string) (target string, ok bool)) (string, error) {
	var done []string
	todo := strings.Split(name, "/")
	for hops := 0; len(todo) > 0; {
		part := todo[0]
		todo = todo[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			if len(done) == 0 {
				return "", errOutside
			}
			done = done[:len(done)-1]
			continue
		}
		done = append(done, part)
		target, ok := link(strings.Join(done, "/"))
		if !ok {
			continue
		}
		if path.IsAbs(target) || isDrive(target) {
			return "", errOutside
		}
		if hops++; hops > maxHops {
			return "", errLoop
		}
		done = done[:len(done)-1]
		todo = append(strings.Split(target, "/"), todo...)
	}
	if len(done) == 0 {
		return ".", nil
	}
	return strings.Join(done, "/"), nil
}

// isDrive reports whether Windows would take the target for a path on a drive.
func isDrive(target string) bool {
	return len(target) >= 2 && target[1] == ':' && ('a' <= target[0]|0x20 && target[0]|0x20 <= 'z')
}
