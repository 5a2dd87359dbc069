package step

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// What will be written is looked at before anything runs: a read-only workspace
// is no news for the end of a release. Nothing is made, so a folder may still
// refuse later what it seemed to take.

// CheckFile refuses the path that an input names if no file can be written there.
func (e *Env) CheckFile(input, path string) error {
	return e.check(input, path, "can't be written", fileRefused(e.Path(path)))
}

// CheckPlace refuses the path that an input names if Create and Place can't put a
// file there: its folder has to be there, and to take a second file.
func (e *Env) CheckPlace(input, path string) error {
	return e.check(input, path, "can't be written", placeRefused(e.Path(path)))
}

// CheckFolder refuses the folder that an input names if it can't be made. One
// that is there is its user's to judge; see CheckInto.
func (e *Env) CheckFolder(input, path string) error {
	at := e.Path(path)
	if _, err := os.Lstat(at); err == nil {
		return nil
	}
	return e.check(input, path, "can't be made", folderRefused(filepath.Dir(at)))
}

// CheckInto refuses the folder that an input names if nothing can be put into it.
func (e *Env) CheckInto(input, path string) error {
	return e.check(input, path, "can't be written", folderRefused(e.Path(path)))
}

// checkSystem refuses files of the CI system that outputs and a summary can't be
// added to.
func (e *Env) checkSystem() error {
	for _, variable := range e.System.Files() {
		path := e.Getenv(variable)
		if path == "" {
			continue
		}
		if err := addRefused(e.Path(path)); err != nil {
			return Errorf(Misused, "%s %s can't be written: %w", variable, path, err).
				Do("%s names it for outputs and summaries; it has to be there and to be writable.", e.System.Name())
		}
	}
	return nil
}

func (e *Env) check(input, path, what string, err error) error {
	if err == nil {
		return nil
	}
	return Errorf(Misused, "--%s %s %s: %w", input, path, what, err).
		Do("Give --%s a path in a folder that can be written, or make this one writable.", input)
}

// fileRefused says why a file can't be written. One that is there is replaced, or
// written into where its folder takes no second one.
func fileRefused(path string) error {
	path = Followed(path)
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return errors.New("it is a folder")
	case err == nil && access(path) == nil:
		return nil
	}
	return folderRefused(filepath.Dir(path))
}

// placeRefused says why no file can be placed at a path.
func placeRefused(path string) error {
	path = Followed(path)
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return errors.New("it is a folder")
	case err == nil && !info.Mode().IsRegular():
		return errors.New("it is no ordinary file") // /dev/null would be replaced
	}
	return newRefused(path)
}

// addRefused says why nothing can be added to a file, which is made in a folder
// that is there.
func addRefused(path string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return errors.New("it is a folder")
	case err == nil:
		return access(path)
	}
	return newRefused(path)
}

// newRefused says why a folder takes no further file, without being made.
func newRefused(path string) error {
	dir := filepath.Dir(path)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return errors.New("its folder does not exist")
	}
	return folderRefused(dir)
}

// folderRefused says why nothing can be put into a folder, which is made with
// those above it if it is not there.
func folderRefused(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) && dir != filepath.Dir(dir):
		return folderRefused(filepath.Dir(dir))
	case errors.Is(err, syscall.ENOTDIR) && dir != filepath.Dir(dir):
		return folderRefused(filepath.Dir(dir))
	case err == nil && !info.IsDir():
		return fmt.Errorf("%s is not a folder", dir)
	case err == nil:
		err = access(dir)
	}
	var told *fs.PathError
	if errors.As(err, &told) {
		err = told.Err
	}
	if err != nil {
		return fmt.Errorf("folder %s: %w", dir, err)
	}
	return nil
}
