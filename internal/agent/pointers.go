package agent

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// A pointer is a file that names the folder of a deployment: the last one
// whose Install ended, or the last one that was downloaded. It holds the
// absolute path and nothing else, not even a line end.

// readPointer returns the deployment's folder, "" if there is no such pointer.
// Deployments lie in their group's folder: when the agent's own folder was
// moved or copied, the path in the pointer is the one that it had before.
func (a *Agent) readPointer(file, group string) (string, error) {
	text, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil || len(text) == 0:
		return "", err
	}
	return filepath.Join(a.groupDir(group), filepath.Base(string(text))), nil
}

func writePointer(file, deploymentDir string) error {
	return replaceFile(file, []byte(deploymentDir))
}

// replaceFile writes a file so that a reader, or an agent that starts after
// this one was killed, finds the old text or the new one and nothing between.
func replaceFile(file string, text []byte) error {
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // is gone if all went well
	_, err = f.Write(text)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}
