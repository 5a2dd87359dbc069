package appspec

import (
	"regexp"
	"sync"
)

// lazily compiles a pattern when it is first used: a file needs few of them,
// and a program that checks one starts without the rest.
func lazily(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
