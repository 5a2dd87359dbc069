package bundle

import (
	"fmt"
	"os"
)

// top is the root of a tree. Where the system can open a path below a folder in one call, without following a link on the way, it has that
// besides: os.Root takes calls for each folder on the path, which for many small files is more than what reading them costs.
type top struct {
	*os.Root
	beneath *os.File // the root itself; nil if the system can't
}

func openTop(path string) (*top, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("open folder %s: %w", path, cause(err))
	}
	return &top{root, openBeneath(root)}, nil
}

// Close implements io.Closer.
func (t *top) Close() error {
	if t.beneath != nil {
		t.beneath.Close()
	}
	return t.Root.Close()
}

// folder opens a folder. No link is followed in its last part, and none that leads out of the root.
func (t *top) folder(name string) (directory, error) {
	if t.beneath != nil {
		if d, ok := folderBeneath(t.beneath, name); ok {
			return d, nil
		}
	}
	return openFolderIn(t.Root, name)
}

// file opens a file that may be anything by now, if the system can and no link is on the way.
func (t *top) file(name string) (diskFile, bool) {
	if t.beneath == nil {
		return nil, false
	}
	return fileBeneath(t.beneath, name)
}
