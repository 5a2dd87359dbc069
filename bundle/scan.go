package bundle

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// AppSpecName is the name under which the agent's hooks look for a revision's AppSpec.
const AppSpecName = "appspec.yml"

// Options say what of a folder goes into a bundle. The zero value takes all of it but .git and .codedeploy-steps.
type Options struct {
	// Exclude leaves out what it returns true for, a folder with all that is in it. name is the slash path below the root.
	// A folder that is empty because of this is left out too: only what is empty on disk is an entry.
	Exclude func(name string, d fs.DirEntry) bool
	// AppSpec is the path of a file that goes to the root as appspec.yml, in place of one that is there. It may lie
	// outside the root, Exclude is not asked about it, and a link is followed. Empty for none.
	AppSpec string
	// Leave lists paths to leave out, wherever they lie: a state folder, an outputs file, the bundle that is being written.
	Leave []string
	// KeepGit takes .git along.
	KeepGit bool
}

// Tree is a scanned folder. It is made by Scan, read by Write and FS, and not to be changed.
type Tree struct {
	Root      string // absolute path
	*Manifest        // what the bundle will hold
	crcs      []uint32
	appSpec   string
	noExec    bool // the host's file system has no execute bits
}

// Scan walks root, hashes every file in it, and returns what a bundle of it holds. What no bundle may hold ends it with a *PathError:
// devices, sockets, pipes, links that lead out of the root, names that are not UTF-8 or hold a backslash or a control
// character, and files that can't be read or that change while they are read.
func Scan(ctx context.Context, root string, o Options) (*Tree, error) {
	return scan(ctx, root, o, runtime.GOOS == "windows")
}

func scan(ctx context.Context, root string, o Options, noExec bool) (*Tree, error) {
	abs, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("find folder %s: %w", root, err)
	}
	t := &Tree{Root: abs, Manifest: &Manifest{}, noExec: noExec}
	if o.AppSpec != "" {
		if t.appSpec, err = filepath.Abs(o.AppSpec); err != nil {
			return nil, fmt.Errorf("find AppSpec %s: %w", o.AppSpec, err)
		}
	}
	dir, err := os.OpenRoot(abs)
	if err != nil {
		return nil, fmt.Errorf("open folder %s: %w", root, cause(err))
	}
	defer dir.Close()

	w := &walker{root: dir, tree: t, options: o, leave: map[string]bool{}}
	if err := w.leaveOut(o.Leave); err != nil {
		return nil, err
	}
	if _, err := w.folder(ctx, "."); err != nil {
		return nil, err
	}
	if err := w.placeAppSpec(); err != nil {
		return nil, err
	}
	slices.SortFunc(t.Entries, func(a, b Entry) int { return cmp.Compare(a.Name, b.Name) })
	if out := t.LinksOutside(); len(out) > 0 {
		return nil, refused(out[0].Name, "the link to %s leads out of the folder: a bundle can't hold its target", printable(out[0].Link))
	}
	if err := t.hash(ctx, dir); err != nil {
		return nil, err
	}
	return t, nil
}

// walker collects a tree's entries, unsorted and without digests.
type walker struct {
	root    *os.Root
	tree    *Tree
	options Options
	leave   map[string]bool // names below the root
}

// leaveOut notes those of the paths that lie below the root.
func (w *walker) leaveOut(paths []string) error {
	base, err := filepath.EvalSymlinks(w.tree.Root)
	if err != nil {
		return fmt.Errorf("find folder %s: %w", w.tree.Root, cause(err))
	}
	for _, p := range paths {
		abs, err := filepath.Abs(p)
		if err != nil {
			return fmt.Errorf("find %s: %w", p, err)
		}
		// The last part may not exist yet, or be a link that itself is to be left out.
		if parent, err := filepath.EvalSymlinks(filepath.Dir(abs)); err == nil {
			abs = filepath.Join(parent, filepath.Base(abs))
		}
		rel, err := filepath.Rel(base, abs)
		if err != nil {
			continue // on another drive
		}
		if rel == "." {
			return fmt.Errorf("%s is the folder to bundle: it can't be left out of itself", p)
		}
		w.leave[filepath.ToSlash(rel)] = true
	}
	return nil
}

func (w *walker) leavesOut(name string, d fs.DirEntry) bool {
	switch base := path.Base(name); {
	case base == ".codedeploy-steps", base == ".git" && !w.options.KeepGit, w.leave[name]:
		return true
	}
	return w.options.Exclude != nil && w.options.Exclude(name, d)
}

// folder collects what lies in a folder and returns how many names it has on disk.
func (w *walker) folder(ctx context.Context, name string) (int, error) {
	list, err := fs.ReadDir(w.root.FS(), name)
	if err != nil {
		return 0, failed(name, "the folder can't be read", err)
	}
	for _, d := range list {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		child := path.Join(name, d.Name())
		if w.leavesOut(child, d) {
			continue
		}
		if err := w.entry(ctx, child, d.Name()); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

func (w *walker) entry(ctx context.Context, name, base string) error {
	if bad := oddity(base); bad != "" {
		return refused(name, "the name %s", bad)
	}
	if len(name) > maxName {
		return refused(name, "the path is longer than %d bytes", maxName)
	}
	info, err := w.root.Lstat(name)
	if err != nil {
		return failed(name, "can't be looked at", err)
	}
	e := Entry{Name: name}
	switch mode := info.Mode(); {
	case mode.IsDir():
		n, err := w.folder(ctx, name)
		if err != nil || n > 0 {
			return err
		}
		e.Mode = modeFolder
	case mode&fs.ModeSymlink != 0:
		target, err := w.root.Readlink(name)
		if err != nil {
			return failed(name, "the link can't be read", err)
		}
		e.Mode, e.Link = modeLink, filepath.ToSlash(target)
		if err := checkLink(name, e.Link); err != nil {
			return err
		}
	case mode.IsRegular():
		e.Mode, e.Size = normalFile(mode.Perm()), info.Size()
	default:
		return refused(name, "it is %s: a bundle holds files, links and folders", kind(mode))
	}
	w.tree.Entries = append(w.tree.Entries, e)
	return nil
}

// placeAppSpec puts the AppSpec that was named at the root.
func (w *walker) placeAppSpec() error {
	from := w.tree.appSpec
	if from == "" {
		return nil
	}
	info, err := os.Stat(from)
	if err != nil {
		return fmt.Errorf("read AppSpec %s: %w", w.options.AppSpec, cause(err))
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("read AppSpec %s: it is %s, not a file", w.options.AppSpec, kind(info.Mode()))
	}
	t := w.tree
	t.Entries = slices.DeleteFunc(t.Entries, func(e Entry) bool { return e.Name == AppSpecName && !e.Mode.IsDir() })
	inFolder := func(e Entry) bool {
		return e.Name == AppSpecName || strings.HasPrefix(e.Name, AppSpecName+"/")
	}
	if slices.ContainsFunc(t.Entries, inFolder) {
		return refused(AppSpecName, "it is a folder, where the AppSpec %s should go", w.options.AppSpec)
	}
	t.Entries = append(t.Entries, Entry{Name: AppSpecName, Mode: normalFile(info.Mode().Perm()), Size: info.Size()})
	return nil
}

// kind says in words what a mode stands for.
func kind(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a folder"
	case mode.IsRegular():
		return "a file"
	case mode&fs.ModeSymlink != 0:
		return "a link"
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "neither a file nor a link nor a folder"
}
