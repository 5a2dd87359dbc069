package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Changes lists, by path, what differs from the machine in the instance of a folder, whether it runs or not: what hooks
// added, changed in content, mode or owner, and removed. Left out are /tmp, /run and the agent's own folder, and what was
// written but is as it was. The machine is looked at as it is now.
func Changes(dir string) ([]Change, error) {
	i, state, err := Find(dir)
	if err != nil {
		return nil, fmt.Errorf("list changes: %w", err)
	}
	switch state {
	case Gone:
		return nil, fmt.Errorf("list changes: %s holds no instance", dir)
	case Replaced:
		return nil, fmt.Errorf("list changes: the files of %s were in memory and ended with its processes", dir)
	}
	f, err := readFacts(i.Dir)
	if err != nil {
		return nil, fmt.Errorf("list changes: %w", err)
	}
	base := i.Dir
	if f.Volatile {
		// The first process, which hooks can't look into, holds on to the file system in memory.
		base = filepath.Join("/proc", strconv.Itoa(i.PID), "fd", strconv.Itoa(f.BaseFD))
	}
	c := comparison{facts: f}
	for _, layer := range f.Layers {
		if err := c.entry(filepath.Join(base, "upper", layerName(layer)), layer, false); err != nil {
			return nil, fmt.Errorf("list changes: %w", err)
		}
	}
	if err := c.folder(filepath.Join(base, "root"), "/", false); err != nil {
		return nil, fmt.Errorf("list changes: %w", err)
	}
	for path, s := range f.Seeds {
		if !slices.ContainsFunc(f.Layers, func(l string) bool { _, in := below(l, path); return in }) && !exists(filepath.Join(base, "root", path)) {
			c.list = append(c.list, Change{Path: path, Kind: Removed, Dir: s.Mode.IsDir()})
		}
	}
	slices.SortFunc(c.list, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return c.list, nil
}

type comparison struct {
	facts
	list []Change
}

// folder compares what the instance wrote into one folder, at upper, with the machine's, at path. If fresh, the machine's
// is out of sight, and everything was added.
func (c *comparison) folder(upper, path string, fresh bool) error {
	entries, err := os.ReadDir(upper)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil // removed meanwhile; or closed by a hook even to its owner, which an ordinary user is here
	} else if err != nil {
		return err
	}
	for _, e := range entries {
		name := filepath.Join(path, e.Name())
		// Folders below which something else is mounted are only places.
		if name == agentFolder || slices.Contains(c.Layers, name) || slices.Contains(own, name) {
			continue
		}
		if err := c.entry(filepath.Join(upper, e.Name()), name, fresh || slices.Contains(c.Hidden, name)); err != nil {
			return err
		}
	}
	if fresh || !c.opaque(upper) {
		return nil
	}
	gone, _ := os.ReadDir(path)
	for _, e := range gone {
		if name := filepath.Join(path, e.Name()); !exists(filepath.Join(upper, e.Name())) && !slices.Contains(c.Hidden, name) {
			c.list = append(c.list, Change{Path: name, Kind: Removed, Dir: e.IsDir()})
		}
	}
	return nil
}

func (c *comparison) entry(upper, path string, fresh bool) error {
	now, err := os.Lstat(upper)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	was, err := os.Lstat(path)
	if err != nil || fresh {
		was = nil
	}
	if c.whiteout(upper, now) {
		if was != nil {
			c.list = append(c.list, Change{Path: path, Kind: Removed, Dir: was.IsDir()})
		}
		return nil
	}
	change := Change{Path: path, Kind: Changed, Dir: now.IsDir(), Mode: now.Mode()}
	if now.Mode().IsRegular() {
		change.Size = now.Size()
	}
	seed, planted := c.Seeds[path]
	switch {
	case planted && seed.Link != "":
		if target, err := os.Readlink(upper); err != nil || target != seed.Link {
			c.list = append(c.list, change)
		}
	case planted:
		if seed != seedOf(now) {
			c.list = append(c.list, change)
		}
	case was == nil:
		change.Kind = Added
		c.list = append(c.list, change)
	default:
		same, err := c.same(upper, now, path, was)
		if err != nil {
			return err
		}
		if !same {
			c.list = append(c.list, change)
		}
	}
	if now.IsDir() {
		return c.folder(upper, path, was == nil)
	}
	return nil
}

// whiteout tells whether an entry says that the machine's of the same name was removed: a device 0:0, or, where devices
// can't be, an attribute. See the kernel's overlayfs.rst.
func (c *comparison) whiteout(path string, fi fs.FileInfo) bool {
	if fi.Mode()&fs.ModeCharDevice != 0 {
		st, ok := fi.Sys().(*syscall.Stat_t)
		return ok && st.Rdev == 0
	}
	return fi.Mode().IsRegular() && fi.Size() == 0 && attribute(path, overlayAttribute(c.Rights, "whiteout")) != nil
}

// opaque tells whether a folder hides all of the machine's.
func (c *comparison) opaque(path string) bool {
	return string(attribute(path, overlayAttribute(c.Rights, "opaque"))) == "y"
}

func attribute(path, name string) []byte {
	var value [16]byte
	n, err := unix.Lgetxattr(path, name, value[:])
	if err != nil {
		return nil
	}
	return value[:n:n]
}

func (c *comparison) same(upper string, now fs.FileInfo, path string, was fs.FileInfo) (bool, error) {
	if now.Mode() != was.Mode() || c.Rights != asSingle && owner(now) != owner(was) {
		return false, nil
	}
	switch {
	case now.Mode().IsRegular():
		if now.Size() != was.Size() {
			return false, nil
		}
		if now.ModTime().Equal(was.ModTime()) {
			return true, nil
		}
		return sameContent(upper, path)
	case now.Mode()&fs.ModeSymlink != 0:
		a, err := os.Readlink(upper)
		if err != nil {
			return false, err
		}
		b, err := os.Readlink(path)
		return a == b, err
	}
	return true, nil
}

func owner(fi fs.FileInfo) [2]uint32 {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return [2]uint32{}
	}
	return [2]uint32{st.Uid, st.Gid}
}

func sameContent(a, b string) (bool, error) {
	fa, err := os.Open(a)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	} else if err != nil {
		return false, err
	}
	defer fa.Close()
	fb, err := os.Open(b)
	if err != nil {
		return false, nil // what can't be read can't have been the same to the instance
	}
	defer fb.Close()
	bufA, bufB := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		n, errA := io.ReadFull(fa, bufA)
		m, errB := io.ReadFull(fb, bufB)
		if n != m || !bytes.Equal(bufA[:n], bufB[:m]) {
			return false, nil
		}
		if errA != nil || errB != nil {
			done := errors.Is(errA, io.EOF) || errors.Is(errA, io.ErrUnexpectedEOF)
			if !done {
				return false, errA
			}
			return errB != nil, nil
		}
	}
}
