package agent

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// cleanUp takes back what the last installation of a deployment group put on
// the instance, by the clean-up file that it left: newest first, links and
// files removed, folders only if they are empty by then. What is missing or
// holds files of others is left alone.
func (in *installer) cleanUp(ctx context.Context, file string) error {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	lines := strings.Split(string(text), "\n")
	lines = lines[:len(lines)-1] // a last line without its end was never written out
	for _, line := range slices.Backward(lines) {
		if path, rule := strings.CutPrefix(line, semanageMark); rule {
			if in.machine.Root == "" {
				if err := in.runSELinux(ctx, "semanage", "fcontext", "-d", path); err != nil {
					return err
				}
			}
			continue
		}
		if err := in.takeBack(line); err != nil {
			return err
		}
	}
	return os.Remove(file)
}

func (in *installer) takeBack(path string) error {
	info, err := in.fs.lstat(path)
	switch {
	case path == "" || errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return nil // a part of it is no folder any more: the same as missing
	case info.IsDir():
		_ = in.fs.remove(path) // not empty, or busy: it stays
		return nil
	}
	if err := in.fs.remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return systemError("apply2files", path, err)
	}
	return nil
}
