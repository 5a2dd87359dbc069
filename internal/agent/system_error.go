package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// systemError words an error of the operating system as the published agent
// shows it: text, the name of the call in its language, path.
func systemError(call, path string, err error) error {
	number, is := errors.AsType[syscall.Errno](err)
	if !is {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			number = syscall.ENOENT
		default:
			return err // already with its path, or ours
		}
	}
	return fmt.Errorf("%s @ %s - %s", errnoText(number), call, path)
}
