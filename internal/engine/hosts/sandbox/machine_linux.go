package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"
)

// mount is one of the machine's mounts.
type mount struct {
	Path   string // where it is mounted
	Type   string // its file system
	Device string // major:minor
	Root   string // the folder of that file system that is mounted
}

func readMounts() ([]mount, error) {
	infos, err := mountinfo.GetMounts(nil)
	if err != nil {
		return nil, err
	}
	var mounts []mount
	for _, i := range infos {
		m := mount{Path: i.Mountpoint, Type: i.FSType, Device: fmt.Sprint(i.Major, ":", i.Minor), Root: i.Root}
		// A later mount at the same place covers the earlier.
		mounts = slices.DeleteFunc(mounts, func(o mount) bool { return o.Path == m.Path })
		mounts = append(mounts, m)
	}
	slices.SortFunc(mounts, func(a, b mount) int { return strings.Compare(a.Path, b.Path) })
	return mounts, nil
}

// pseudo file systems show the kernel, not files. Autofs would mount what it is looked at.
var pseudo = strings.Fields("autofs binfmt_misc bpf cgroup cgroup2 configfs debugfs devpts devtmpfs efivarfs fusectl hugetlbfs " +
	"mqueue nsfs proc pstore rpc_pipefs securityfs selinuxfs sysfs tracefs")

// own are the top-level folders that an instance has of its own, or doesn't need.
var own = []string{"/dev", "/lost+found", "/proc", "/run", "/sys", "/tmp"}

// buildRoot makes the new root: a folder of the instance, with a layer for each folder of the machine's root, and more
// layers where the machine has mounts, because overlays don't cross them.
func (w *walls) buildRoot() error {
	root := filepath.Join(w.base, "root")
	if err := os.MkdirAll(root, 0o755); err != nil {
		return doing("make "+root, err)
	}
	if err := unix.Mount(root, root, "", unix.MS_BIND, ""); err != nil {
		return doing("bind the root", err)
	}
	if err := restrict(root, unix.MOUNT_ATTR_NODEV); err != nil {
		return doing("restrict the root", err)
	}
	var err error
	if w.root, err = os.OpenRoot(root); err != nil {
		return doing("open the root", err)
	}
	for _, path := range own {
		if err := w.root.MkdirAll(path[1:], 0o755); err != nil && path != "/lost+found" {
			return doing("make "+path, err)
		}
	}
	return w.split("/")
}

// split shows a folder that can't be one layer: as a folder of the instance, with each of its entries for itself.
func (w *walls) split(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return doing("read "+dir, err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if slices.Contains(own, path) || w.hidden(path) {
			continue
		}
		var err error
		switch {
		case e.IsDir():
			err = w.show(path)
		case w.Resume:
			// What was put there in the earlier life is there, or a hook has removed it.
		case e.Type() == fs.ModeSymlink:
			err = w.plantLink(path)
		case e.Type().IsRegular():
			err = w.plantFile(path)
		}
		if err != nil {
			return doing("show "+path, err)
		}
	}
	return nil
}

// show makes a folder of the machine appear, in as many layers as it takes. What can't be shown is named, and is empty.
func (w *walls) show(path string) error {
	if m, ok := w.mountAt(path); ok && slices.Contains(pseudo, m.Type) {
		return w.folder(path)
	}
	nested := w.nested(path)
	// Whoever may read nothing in it on the machine, gets an own folder instead: /root for ordinary users.
	if w.Rights == asSingle && unix.Access(path, unix.R_OK|unix.X_OK) != nil {
		return w.folder(path)
	}
	if w.Rights.userNamespace() && len(nested) > 0 {
		// In a user namespace mounts are locked together, and the kernel makes no layer of a folder that is partly covered.
		if err := w.folder(path); err != nil {
			return err
		}
		return w.split(path)
	}
	err := w.layer(path)
	if errors.Is(err, errNotShown) {
		w.lack("%s of the machine is empty in the instance (%v).", path, err)
		err = w.folder(path)
	}
	if err != nil {
		return err
	}
	for _, m := range nested {
		err := w.showMount(m)
		if errors.Is(err, errNotShown) {
			if !strings.HasPrefix(m.Path, "/boot/") { // firmware's file system, which hooks have no use for
				w.lack("The machine's mount %s (%s) is not in the instance (%v).", m.Path, m.Type, err)
			}
			continue
		}
		if err != nil {
			return fmt.Errorf("mount %s: %w", m.Path, err)
		}
	}
	return nil
}

func (w *walls) lack(format string, args ...any) {
	w.facts.Lacks = append(w.facts.Lacks, fmt.Sprintf(format, args...))
}

// folder makes a folder that has nothing of the machine's but its looks.
func (w *walls) folder(path string) error {
	inside := path[1:]
	if _, err := w.root.Lstat(inside); err == nil {
		return nil
	}
	if err := w.root.MkdirAll(inside, 0o755); err != nil {
		return err
	}
	fi, err := os.Lstat(path)
	if err != nil {
		return nil // the mount point of another user's FUSE file system, or of one that is dead
	}
	if w.Rights != asSingle {
		id := owner(fi)
		if err := w.root.Lchown(inside, int(id[0]), int(id[1])); err != nil {
			return err
		}
	}
	const special = fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky
	return w.root.Chmod(inside, fi.Mode()&(fs.ModePerm|special))
}

func (w *walls) showMount(m mount) error {
	if slices.Contains(pseudo, m.Type) || w.hidden(m.Path) {
		return nil
	}
	fi, err := os.Lstat(m.Path)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", errNotShown, err)
	case fi.IsDir():
		return w.layer(m.Path)
	case fi.Mode().IsRegular() && !w.Resume:
		return w.plantFile(m.Path) // a container's /etc/hosts and the like
	}
	return nil
}

func (w *walls) mountAt(path string) (mount, bool) {
	for _, m := range w.mounts {
		if m.Path == path {
			return m, true
		}
	}
	return mount{}, false
}

// nested are the mounts below path, outer ones first.
func (w *walls) nested(path string) (nested []mount) {
	for _, m := range w.mounts {
		if rel, ok := below(path, m.Path); ok && rel != "" {
			nested = append(nested, m)
		}
	}
	return nested
}

// layerOf is the folder whose layer holds a path: the innermost mount above it, and at least a top-level folder.
func (w *walls) layerOf(path string) string {
	layer := "/" + strings.Split(path[1:], "/")[0]
	for _, m := range w.mounts {
		if _, ok := below(m.Path, path); ok && len(m.Path) > len(layer) {
			layer = m.Path
		}
	}
	if w.Rights.userNamespace() {
		for len(w.nested(layer)) > 0 && layer != path {
			rel, _ := below(layer, path)
			layer = filepath.Join(layer, strings.Split(rel, "/")[0])
		}
	}
	return layer
}

func (w *walls) hidden(path string) bool {
	return slices.ContainsFunc(w.Hide, func(h string) bool { _, ok := below(h, path); return ok })
}

// alsoKnownAs adds the paths under which hidden ones appear a second time, because their file system, or a part of it, is
// mounted twice.
func alsoKnownAs(hide []string, mounts []mount) []string {
	all := slices.Clone(hide)
	for _, path := range hide {
		var on *mount
		for i, m := range mounts {
			if _, ok := below(m.Path, path); ok && (on == nil || len(m.Path) > len(on.Path)) {
				on = &mounts[i]
			}
		}
		if on == nil {
			continue
		}
		rel, _ := below(on.Path, path)
		real := filepath.Join(on.Root, rel)
		for _, m := range mounts {
			if m.Device != on.Device || m.Path == on.Path {
				continue
			}
			if rel, ok := below(m.Root, real); ok {
				all = append(all, filepath.Join(m.Path, rel))
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
