package bundle

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"sort"
)

// AppSpecName is the name under which the agent's hooks look for a revision's AppSpec.
const AppSpecName = "appspec.yml"

// Options say what of a folder goes into a bundle, and how it is made. The zero value takes all but .git and .codedeploy-steps.
type Options struct {
	// Include takes only what these patterns match, in gitignore's syntax; a folder's pattern takes all that is in it. Empty for all.
	Include []string
	// Exclude leaves out what these patterns match, a folder with all that is in it. They count as lines after those of the file IgnoreName at
	// the root, so that a "!" takes in again what that leaves out. An AppSpec at the root is never left out.
	// A folder that is empty because of all this is left out too: only what is empty on disk is an entry.
	Exclude []string
	// AppSpec is the path of a file that goes to the root as appspec.yml, in place of one that is there. It may lie
	// outside the root, patterns don't count for it, and a link is followed. Empty for none.
	AppSpec string
	// Leave lists paths to leave out, wherever they lie: a state folder, an outputs file, the bundle that is being written.
	Leave []string
	// KeepGit takes .git along.
	KeepGit bool
	// LinksOutside takes links that lead out of the root along: they lead to files of the instance.
	LinksOutside bool
	// FollowLinks puts what a symbolic link leads to in its place. Links that lead out of the root, nowhere, or around in a circle are refused.
	FollowLinks bool

	// Listed, if set, is called when all that goes into the bundle is listed, before its files are read. Its error ends the scan.
	Listed func(*Tree) error

	// Workers is how many cores list, hash and compress at once; 0 for as many as there are. It changes no byte. Each costs some 4 MiB.
	Workers int
	// Level is deflate's level, 1 to 9; 0 for DefaultLevel.
	Level int
	// Known, if set, is asked for the digest of a file before it is read. What it answers is proven by Tree.Prove, and before a byte of the archive is written.
	Known Known
	// Progress, if set, is told now and then how far the work is, and at the end of each stage. One goroutine at a time calls it.
	Progress func(Progress)
}

// Tree is a scanned folder. It is made by Scan, read by Write and FS, and not to be changed.
type Tree struct {
	Root      string // absolute path
	*Manifest        // what the bundle will hold
	// Stamps of the entries, taken before they were read, if Options.Known was set. That of what is no file at the root or below is zero.
	Stamps []Stamp

	contents []content         // by entry
	sums     []uint32          // CRC-32 of every block of every file, by which it is seen that what is packed is what was hashed
	from     map[string]string // where an entry lies, if not where its name says: what links lead to
	appSpec  string
	noExec   bool // the host's file system has no execute bits
	workers  int
	level    int
	progress func(Progress)
}

// path returns the slash path of an entry below the root.
func (t *Tree) path(e *Entry) string {
	if p, ok := t.from[e.Name]; ok {
		return p
	}
	return e.Name
}

// Scan walks root, hashes every file in it, and returns what a bundle of it holds. What no bundle may hold ends it before a file is read, with
// [PathErrors] that name all of it: devices, sockets, pipes, links that lead out of the root, names that are not UTF-8 or hold a backslash or
// a control character, and folders that can't be read. A file that can't be read, or that changes while it is read, ends it with a *PathError.
func Scan(ctx context.Context, root string, o Options) (*Tree, error) {
	return scan(ctx, root, o, runtime.GOOS == "windows")
}

func scan(ctx context.Context, root string, o Options, noExec bool) (*Tree, error) {
	abs, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("find folder %s: %w", root, err)
	}
	t := &Tree{Root: abs, Manifest: &Manifest{}, noExec: noExec, workers: o.Workers, level: cmp.Or(o.Level, DefaultLevel), progress: o.Progress}
	if err := checkLevel(t.level); err != nil {
		return nil, err
	}
	if t.workers <= 0 {
		t.workers = runtime.GOMAXPROCS(0)
	}
	if o.AppSpec != "" {
		if t.appSpec, err = filepath.Abs(o.AppSpec); err != nil {
			return nil, fmt.Errorf("find AppSpec %s: %w", o.AppSpec, err)
		}
	}
	dir, err := openTop(abs)
	if err != nil {
		return nil, err
	}
	defer dir.Close()

	w := &walker{root: dir, tree: t, options: o, leave: map[string]bool{}}
	if err := w.walk(ctx); err != nil {
		return nil, err
	}
	sort.Sort((*byName)(t))
	if !o.LinksOutside {
		for _, out := range t.LinksOutside() {
			w.bad = append(w.bad, refused(out.Name, "the link to %s leads out of the folder: a bundle can't hold its target", printable(out.Link)))
		}
	}
	if len(w.bad) > 0 {
		return nil, pathErrors(w.bad)
	}
	if o.Listed != nil {
		if err := o.Listed(t); err != nil {
			return nil, err
		}
	}
	if err := t.hash(ctx, dir, o.Known); err != nil {
		return nil, err
	}
	return t, nil
}

// byName sorts a tree's entries.
type byName Tree

func (t *byName) Len() int           { return len(t.Entries) }
func (t *byName) Less(i, j int) bool { return t.Entries[i].Name < t.Entries[j].Name }

func (t *byName) Swap(i, j int) {
	t.Entries[i], t.Entries[j] = t.Entries[j], t.Entries[i]
	if t.Stamps != nil {
		t.Stamps[i], t.Stamps[j] = t.Stamps[j], t.Stamps[i]
	}
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
