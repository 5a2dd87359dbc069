package bundle

import (
	"crypto/rand"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
)

// TopFolder returns the name of the folder that the agent would strip after unpacking: the only entry there is, a folder, with a name in
// it that contains "appspec" in any case. GitHub's archives are made like that. It returns "" if there is no such folder.
func TopFolder(fsys fs.FS) (string, error) {
	list, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return "", err
	}
	if len(list) != 1 || !list[0].IsDir() {
		return "", nil
	}
	inside, err := fs.ReadDir(fsys, list[0].Name())
	if err != nil {
		return "", err
	}
	for _, d := range inside {
		if strings.Contains(strings.ToLower(d.Name()), "appspec") {
			return list[0].Name(), nil
		}
	}
	return "", nil
}

// StripTopFolder moves the content of dir's TopFolder up into dir, as the agent does after unpacking a revision. Without one it does nothing.
func StripTopFolder(dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("open folder %s: %w", dir, cause(err))
	}
	defer root.Close()
	top, err := TopFolder(root.FS())
	if err != nil {
		return fmt.Errorf("look for a top folder in %s: %w", dir, err)
	}
	if top == "" {
		return nil
	}
	inside, err := fs.ReadDir(root.FS(), top)
	if err != nil {
		return fmt.Errorf("strip top folder %s: %w", printable(top), cause(err))
	}
	// Under another name first: the folder may hold something of its own name.
	aside := ".top-" + rand.Text()
	if err := root.Rename(top, aside); err != nil {
		return fmt.Errorf("strip top folder %s: %w", printable(top), cause(err))
	}
	// Moving out of a folder takes the right to write to it; it goes away anyhow.
	if err := root.Chmod(aside, 0o700); err != nil {
		return fmt.Errorf("strip top folder %s: %w", printable(top), cause(err))
	}
	for _, d := range inside {
		if err := root.Rename(path.Join(aside, d.Name()), d.Name()); err != nil {
			return failed(path.Join(top, d.Name()), "can't be moved up", err)
		}
	}
	if err := root.Remove(aside); err != nil {
		return fmt.Errorf("strip top folder %s: %w", printable(top), cause(err))
	}
	return nil
}
