package owner

import (
	"io/fs"
	"os"
	"path/filepath"
)

// Remove deletes a state folder that is ours. Folders without any rights, which
// overlays leave behind, are opened first: their owner may do that.
func Remove(dir string) error {
	if _, made, err := Look(dir); err != nil || !made {
		return err
	}
	Folder{Dir: dir}.removeApart()
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() && d.Type()&fs.ModeSymlink == 0 {
			if info, err := d.Info(); err == nil && info.Mode().Perm()&0o700 != 0o700 {
				os.Chmod(path, 0o700)
			}
		}
		return nil
	})
	// What makes it ours goes last: a removal that is cut off can be taken up again.
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == "state.json" || e.Name() == ".gitignore" {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return os.RemoveAll(dir)
}
