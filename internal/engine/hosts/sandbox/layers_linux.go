package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A layer shows a folder of the machine through an overlay: what is written goes to an upper folder of the instance.

// layerName is the name of a layer's upper and work folders: its path in one word.
func layerName(path string) string { return url.PathEscape(strings.TrimPrefix(path, "/")) }

// maxLayerName is what file systems allow.
const maxLayerName = 255

// layerOptions: what a hook renames or links must lie in the upper folder as such, so that Changes can be read off it.
// The attributes of user namespaces have another prefix, "user."; there, the kernel sets the other options by itself.
func layerOptions(r rights) string {
	if r.userNamespace() {
		return ",userxattr"
	}
	return ",index=off,metacopy=off,redirect_dir=off"
}

func overlayAttribute(r rights, name string) string {
	if r.userNamespace() {
		return "user.overlay." + name
	}
	return "trusted.overlay." + name
}

// mountLayer mounts by descriptors: paths may be long and hold commas and colons, and /proc/mounts inside shows none.
func mountLayer(lower, upper, work, target *os.File, r rights) error {
	flags := uintptr(unix.MS_NODEV)
	if r == asSingle {
		flags |= unix.MS_NOSUID
	}
	options := "lowerdir=" + fdPath(lower) + ",upperdir=" + fdPath(upper) + ",workdir=" + fdPath(work) + layerOptions(r)
	return unix.Mount("overlay", fdPath(target), "overlay", flags, options)
}

func fdPath(f *os.File) string { return "/proc/self/fd/" + strconv.Itoa(int(f.Fd())) }

// openFolder opens for reference only, which needs no right to read it.
func openFolder(path string) (*os.File, error) {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), path), nil
}

// tryLayer finds out by use whether overlays can write below base: a mount alone succeeds on file systems that can't hold
// what a removed folder leaves behind.
func tryLayer(base string, r rights) (err error) {
	dir := filepath.Join(base, "try")
	if err := removeTree(dir); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, removeTree(dir)) }()
	var f [4]*os.File
	for i, name := range []string{"lower", "upper", "work", "merged"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(path, 0o700); err != nil {
			return err
		}
		if name == "lower" {
			if err := os.MkdirAll(filepath.Join(path, "folder"), 0o700); err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(path, "folder/file"), []byte("lower"), 0o600); err != nil {
				return err
			}
		}
		if f[i], err = openFolder(path); err != nil {
			return err
		}
		defer f[i].Close()
	}
	if err := mountLayer(f[0], f[1], f[2], f[3], r); err != nil {
		return fmt.Errorf("mount: %w", err)
	}
	merged := filepath.Join(dir, "merged")
	defer func() { err = errors.Join(err, unix.Unmount(merged, unix.MNT_DETACH)) }()
	folder := filepath.Join(merged, "folder")
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		return fmt.Errorf("a removed folder came back with %d files: %w", len(left), err)
	}
	return os.WriteFile(filepath.Join(folder, "file"), []byte("upper"), 0o600)
}

// errNotShown is the machine's folder being unfit for a layer: it is missed, and nothing else is.
var errNotShown = errors.New("not shown")

// layer shows the machine's folder path at the same place.
func (w *walls) layer(path string) error {
	name := layerName(path)
	if len(name) > maxLayerName {
		return fmt.Errorf("%w: its path is too long", errNotShown)
	}
	upperPath, workPath := filepath.Join(w.base, "upper", name), filepath.Join(w.base, "work", name)
	if err := os.MkdirAll(workPath, 0o700); err != nil {
		return err
	}
	first := !exists(upperPath)
	if err := os.MkdirAll(upperPath, 0o700); err != nil {
		return err
	}
	lower, err := openFolder(path)
	if err != nil {
		return fmt.Errorf("%w: %w", errNotShown, err)
	}
	defer lower.Close()
	if first {
		if err := w.copyAttributes(path, upperPath); err != nil {
			return fmt.Errorf("%w: %w", errNotShown, err)
		}
		if w.Rights == asSingle && !w.Probe {
			w.adopt(path, upperPath)
		}
	}
	if err := w.hideIn(path, upperPath); err != nil {
		return err
	}
	upper, err := openFolder(upperPath)
	if err != nil {
		return err
	}
	defer upper.Close()
	work, err := openFolder(workPath)
	if err != nil {
		return err
	}
	defer work.Close()
	inside := strings.TrimPrefix(path, "/")
	if err := w.root.MkdirAll(inside, 0o755); err != nil {
		return err
	}
	target, err := w.root.Open(inside)
	if err != nil {
		return err
	}
	defer target.Close()
	if err := mountLayer(lower, upper, work, target, w.Rights); err != nil {
		return fmt.Errorf("%w: mount an overlay: %w", errNotShown, err)
	}
	w.facts.Layers = append(w.facts.Layers, path)
	return nil
}

// copyAttributes gives a folder of ours what makes it look like the machine's.
func (w *walls) copyAttributes(from, to string) error {
	var st unix.Stat_t
	if err := unix.Lstat(from, &st); err != nil {
		return &fs.PathError{Op: "stat", Path: from, Err: err}
	}
	if w.Rights != asSingle {
		if err := os.Lchown(to, int(st.Uid), int(st.Gid)); err != nil {
			return err
		}
	}
	if err := unix.Chmod(to, st.Mode&0o7777); err != nil {
		return &fs.PathError{Op: "chmod", Path: to, Err: err}
	}
	return unix.UtimesNanoAt(unix.AT_FDCWD, to, []unix.Timespec{st.Atim, st.Mtim}, unix.AT_SYMLINK_NOFOLLOW)
}

// hideIn takes the hidden paths of a layer away by whiteouts in its upper folder. They hide what isn't there yet as well:
// credentials that come to the machine while the instance lives.
func (w *walls) hideIn(path, upper string) error {
	for _, hidden := range w.Hide {
		rel, ok := below(path, hidden)
		if !ok || rel == "" || w.layerOf(hidden) != path {
			continue
		}
		if err := w.whiteout(path, upper, rel); err != nil {
			return fmt.Errorf("hide %s: %w", hidden, err)
		}
		w.facts.Hidden = append(w.facts.Hidden, hidden)
	}
	return nil
}

func (w *walls) whiteout(lower, upper, rel string) error {
	parts := strings.Split(rel, "/")
	for _, part := range parts[:len(parts)-1] {
		lower, upper = filepath.Join(lower, part), filepath.Join(upper, part)
		if fi, err := os.Lstat(upper); err == nil {
			if !fi.IsDir() {
				return nil // a hook put something else there, which covers the machine's folder
			}
			continue
		}
		if fi, err := os.Lstat(lower); err != nil || !fi.IsDir() {
			return nil // nothing to hide
		}
		if err := os.Mkdir(upper, 0o700); err != nil {
			return err
		}
		if err := w.copyAttributes(lower, upper); err != nil {
			return err
		}
	}
	target := filepath.Join(upper, parts[len(parts)-1])
	fi, err := os.Lstat(target)
	if err == nil && fi.IsDir() {
		return unix.Setxattr(target, overlayAttribute(w.Rights, "opaque"), []byte("y"), 0)
	} else if err == nil {
		return nil
	}
	return unix.Mknod(target, unix.S_IFCHR, 0)
}

// below gives hidden's path relative to dir.
func below(dir, path string) (rel string, ok bool) {
	if dir == path {
		return "", true
	}
	if dir == "/" {
		return strings.TrimPrefix(path, "/"), true
	}
	return strings.CutPrefix(path, dir+"/")
}
