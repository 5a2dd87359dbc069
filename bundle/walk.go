package bundle

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// walker lists a tree: its entries, without digests.
type walker struct {
	root    *top
	tree    *Tree
	options Options
	leave   map[string]bool // names below the root
	ignore  patterns        // of what is left out
	include patterns        // of what is taken; nil for all

	mu    sync.Mutex
	more  sync.Cond // there is a folder in todo, or open is 0
	todo  []*branch // the next one last
	open  int       // folders in todo or in work
	found int       // entries, of the folders that are listed
	bad   []error   // what no bundle may hold, in no order
	end   error     // why the walk ended before all was listed
}

// branch is one folder of the tree, and what was found in it.
type branch struct {
	name    string   // of its entries, which is another than where it lies if a link led there
	key     string   // the name and a slash, which orders folders as the names of their entries are ordered, and a folder before those in it
	real    string   // where it lies below the root
	via     []string // folders in which the links lie that led to it
	entries []Entry  // by name
	stamps  []Stamp  // of the entries, if Options.Known is set
	deeper  []*branch
}

func newBranch(name, real string, via []string) *branch {
	key := name + "/"
	return &branch{name: key[:len(name)], key: key, real: real, via: via}
}

func (w *walker) walk(ctx context.Context) (err error) {
	if err := w.leaveOut(w.options.Leave); err != nil {
		return err
	}
	if err := w.patterns(); err != nil {
		return err
	}
	workers := w.tree.workers
	if w.options.FollowLinks {
		workers = 1 // links to links to folders multiply: one after the other they are seen in time
	}
	root := newBranch(".", ".", nil)
	w.todo, w.open, w.more.L = []*branch{root}, 1, &w.mu
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			l := &lister{}
			for f := w.next(); f != nil; f = w.next() {
				w.done(f, w.list(ctx, f, l))
			}
		})
	}
	wait.Wait()
	if w.end != nil {
		return w.end
	}
	w.tree.Entries = make([]Entry, 0, w.found+1) // and the AppSpec
	if w.options.Known != nil {
		w.tree.Stamps = make([]Stamp, 0, w.found+1)
	}
	w.gather(root)
	return w.placeAppSpec()
}

// next takes a folder to list, and waits for one if others may find some; nil when all are listed.
func (w *walker) next() *branch {
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		for len(w.todo) == 0 && w.open > 0 {
			w.more.Wait()
		}
		if len(w.todo) == 0 {
			return nil
		}
		f := w.todo[len(w.todo)-1]
		w.todo = w.todo[:len(w.todo)-1]
		return f
	}
}

// done takes note of a folder that is listed, or of why no more are to be.
func (w *walker) done(f *branch, end error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open--
	if w.end == nil {
		w.end = end
	}
	if w.end != nil {
		w.todo, w.open = nil, 0
		w.more.Broadcast()
		return
	}
	for _, d := range slices.Backward(f.deeper) {
		w.todo = append(w.todo, d)
	}
	w.open += len(f.deeper)
	w.found += len(f.entries)
	if len(f.deeper) > 0 || w.open == 0 {
		w.more.Broadcast()
	}
}

// refuse notes what no bundle may hold. The walk goes on, so that all of it is told at once, and the same however many cores list.
func (w *walker) refuse(bad error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bad = append(w.bad, bad)
	if w.options.FollowLinks && len(w.bad) == maxRefused {
		return pathErrors(w.bad)
	}
	return nil
}

// gather puts what was found into the tree, in the order of the names but for empty folders.
func (w *walker) gather(f *branch) {
	t := w.tree
	at := 0
	take := func(until int) {
		t.Entries = append(t.Entries, f.entries[at:until]...)
		if t.Stamps != nil {
			t.Stamps = append(t.Stamps, f.stamps[at:until]...)
		}
		at = until
	}
	for _, d := range f.deeper {
		before := at
		for before < len(f.entries) && f.entries[before].Name < d.key {
			before++
		}
		take(before)
		w.gather(d)
	}
	take(len(f.entries))
}

// lister is what listing takes again and again: made for each folder it would be most of what a walk leaves to the garbage collector.
type lister struct {
	buf   [16 << 10]byte
	names []string
}

// list finds what lies in a folder. The folders in it are for later, without this one held open: a deep tree doesn't take a descriptor for each level.
func (w *walker) list(ctx context.Context, f *branch, l *lister) error {
	dir, err := w.root.folder(f.real)
	if err != nil {
		return w.refuse(failed(f.name, "the folder can't be read", err))
	}
	defer dir.Close()
	names, err := dir.names(l)
	if err != nil {
		return w.refuse(failed(f.name, "the folder can't be read", err))
	}
	if len(names) == 0 && f.name != "." && w.takes(f.name, true) {
		return w.add(f, Entry{Name: f.name, Mode: modeFolder}, f.real, Stamp{})
	}
	slices.Sort(names)
	f.entries = make([]Entry, 0, len(names))
	if w.options.Known != nil {
		f.stamps = make([]Stamp, 0, len(names))
	}
	for _, base := range names {
		if err := w.entry(ctx, f, dir, base); err != nil {
			return err
		}
	}
	slices.SortFunc(f.deeper, func(a, b *branch) int { return strings.Compare(a.key, b.key) })
	return nil
}

func below(folder, base string) string {
	if folder == "." {
		return base
	}
	return folder + "/" + base
}

// add adds an entry with its stamp, which is kept where digests may be known by it.
func (w *walker) add(f *branch, e Entry, real string, s Stamp) error {
	if len(f.via) > 0 && w.found+len(f.entries) >= maxFollowed { // nobody works beside a walker that follows links
		return refused(e.Name, "with what links lead to, the bundle has more than %d entries", maxFollowed)
	}
	if e.Name != real { // links are followed
		if w.tree.from == nil {
			w.tree.from = map[string]string{}
		}
		w.tree.from[e.Name] = real
	}
	f.entries = append(f.entries, e)
	if w.options.Known != nil {
		f.stamps = append(f.stamps, s)
	}
	return nil
}

// entry looks at a name in a folder: a file or link is added to its entries, a folder to those that lie deeper.
func (w *walker) entry(ctx context.Context, f *branch, dir directory, base string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	real := below(f.real, base)
	if w.never(real, base) {
		return nil
	}
	name := real
	if f.name != f.real {
		name = below(f.name, base)
	}
	mode, stamp, err := dir.look(base)
	if err != nil {
		return w.refuse(failed(name, "can't be looked at", err))
	}
	if w.skips(name, mode.IsDir()) {
		return nil
	}
	if bad := oddity(base); bad != "" {
		return w.refuse(refused(name, "the name %s", bad))
	}
	if len(name) > maxName {
		return w.refuse(refused(name, "the path is longer than %d bytes", maxName))
	}
	switch {
	case mode.IsDir():
		f.deeper = append(f.deeper, newBranch(name, real, f.via))
		return nil
	case !w.takes(name, false):
		return nil
	case mode.IsRegular():
		e := Entry{Name: name, Mode: normalFile(mode.Perm()), Size: stamp.Size}
		if stamp.Inode == 0 { // the system tells no inode: size and time alone are no stamp
			stamp = Stamp{}
		}
		return w.add(f, e, real, stamp)
	case mode&fs.ModeSymlink != 0 && w.options.FollowLinks:
		return w.follow(f, name, real)
	case mode&fs.ModeSymlink != 0:
		target, err := dir.readlink(base)
		if err != nil {
			return w.refuse(failed(name, "the link can't be read", err))
		}
		target = filepath.ToSlash(target)
		if err := checkLink(name, target); err != nil {
			return w.refuse(err)
		}
		return w.add(f, Entry{Name: name, Mode: modeLink, Link: target}, real, Stamp{})
	}
	return w.refuse(refused(name, "it is %s: a bundle holds files, links and folders", kind(mode)))
}

// How many entries a tree with followed links may have, and how many that are refused are looked for in it: links to links to folders multiply.
const (
	maxFollowed = 1_000_000
	maxRefused  = 10_000
)

// follow adds what a link leads to under the link's name.
func (w *walker) follow(f *branch, name, real string) error {
	target, err := follow(real, func(name string) (string, bool) {
		target, err := w.root.Readlink(name)
		return filepath.ToSlash(target), err == nil
	})
	if errors.Is(err, errOutside) {
		return w.refuse(refused(name, "the link leads out of the folder, and so isn't followed"))
	}
	if err != nil {
		return w.refuse(refused(name, "the link can't be followed: it %v", err))
	}
	for at := range prefixes(target) {
		if w.never(at, path.Base(at)) {
			return w.refuse(refused(name, "the link leads to %s, which no bundle of this folder holds", printable(at)))
		}
	}
	info, err := w.root.Lstat(target)
	if err != nil {
		return w.refuse(refused(name, "the link leads to %s, and that can't be looked at: %v", printable(target), cause(err)))
	}
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return w.add(f, Entry{Name: name, Mode: normalFile(mode.Perm()), Size: info.Size()}, target, Stamp{})
	case !mode.IsDir():
		return w.refuse(refused(name, "the link leads to %s: a bundle holds files, links and folders", kind(mode)))
	}
	via := append(slices.Clip(f.via), path.Dir(real))
	if i := slices.IndexFunc(via, func(folder string) bool { return within(folder, target) }); i >= 0 {
		return w.refuse(refused(name, "the link leads to %s, which it is itself in: following it has no end", printable(target)))
	}
	f.deeper = append(f.deeper, newBranch(name, target, via))
	return nil
}

// within reports whether name is folder or lies in it.
func within(name, folder string) bool {
	return folder == "." || name == folder || strings.HasPrefix(name, folder+"/")
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
	if i := slices.IndexFunc(t.Entries, func(e Entry) bool { return e.Name == AppSpecName && !e.Mode.IsDir() }); i >= 0 {
		t.Entries = slices.Delete(t.Entries, i, i+1)
		if t.Stamps != nil {
			t.Stamps = slices.Delete(t.Stamps, i, i+1)
		}
	}
	inFolder := func(e Entry) bool {
		return e.Name == AppSpecName || strings.HasPrefix(e.Name, AppSpecName+"/")
	}
	if slices.ContainsFunc(t.Entries, inFolder) {
		return refused(AppSpecName, "it is a folder, where the AppSpec %s should go", w.options.AppSpec)
	}
	t.Entries = append(t.Entries, Entry{Name: AppSpecName, Mode: normalFile(info.Mode().Perm()), Size: info.Size()})
	if t.Stamps != nil {
		t.Stamps = append(t.Stamps, Stamp{})
	}
	return nil
}
