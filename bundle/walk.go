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

// walker collects a tree's entries, unsorted and without digests.
type walker struct {
	root    *top
	tree    *Tree
	options Options
	leave   map[string]bool // names below the root
	ignore  patterns        // of what is left out
	include patterns        // of what is taken; nil for all
	via     []string        // folders in which the links lie that led to where the walk is
	more    chan struct{}   // a token for each walker that may work beside this one
}

func (w *walker) walk(ctx context.Context) (err error) {
	if err := w.leaveOut(w.options.Leave); err != nil {
		return err
	}
	if w.ignore, err = readIgnore(w.root.Root, w.options.Exclude); err != nil {
		return err
	}
	if len(w.options.Include) > 0 {
		if w.include, err = parsePatterns(w.options.Include); err != nil {
			return err
		}
	}
	w.more = make(chan struct{}, w.tree.workers)
	for range w.tree.workers - 1 {
		w.more <- struct{}{}
	}
	if _, err := w.folder(ctx, ".", "."); err != nil {
		return err
	}
	return w.placeAppSpec()
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

// skips reports whether patterns leave out what is called name, a folder with all that is in it.
func (w *walker) skips(name string, folder bool) bool {
	if isAppSpec(name) && !folder {
		return false
	}
	return name == IgnoreName || w.ignore.match(name, folder)
}

// never reports whether a path is left out whatever patterns say.
func (w *walker) never(real string) bool {
	base := path.Base(real)
	return base == ".codedeploy-steps" || base == ".git" && !w.options.KeepGit || w.leave[real]
}

// isAppSpec reports whether a name is one that a revision's AppSpec has.
func isAppSpec(name string) bool { return name == AppSpecName || name == "appspec.yaml" }

// takes reports whether the patterns of what is taken match a file, a link or an empty folder, or a folder that it is in.
func (w *walker) takes(name string, folder bool) bool {
	return len(w.options.Include) == 0 || isAppSpec(name) || w.include.matchWithin(name, folder)
}

// folder collects what lies in a folder and returns how many names it has on disk. Entries are called by name; the folder lies at real.
func (w *walker) folder(ctx context.Context, name, real string) (int, error) {
	dir, err := w.root.folder(real)
	if err != nil {
		return 0, failed(name, "the folder can't be read", err)
	}
	list, err := dir.names()
	if err != nil {
		dir.Close()
		return 0, failed(name, "the folder can't be read", err)
	}
	slices.Sort(list)
	// Folders come last and without this one held open, so that a deep tree doesn't take a descriptor for each level.
	var deeper []string
	for _, base := range list {
		isFolder := false
		at := below(real, base)
		called := at
		if name != real {
			called = below(name, base)
		}
		if isFolder, err = w.entry(ctx, dir, base, called, at); err != nil {
			break
		}
		if isFolder {
			deeper = append(deeper, base)
		}
	}
	dir.Close()
	if err != nil {
		return 0, err
	}
	beside := make([]*walker, len(deeper))
	errs := make([]error, len(deeper))
	var wait sync.WaitGroup
	split := false
	for i, base := range deeper {
		if beside[i] = w.split(); beside[i] == nil {
			if errs[i] = w.deeper(ctx, below(name, base), below(real, base)); errs[i] != nil {
				break
			}
			continue
		}
		split = true
		wait.Go(func() {
			errs[i] = beside[i].deeper(ctx, below(name, base), below(real, base))
			w.more <- struct{}{}
		})
	}
	if split { // who waits leaves its core to those it waits for
		w.more <- struct{}{}
		wait.Wait()
		<-w.more
	}
	// What is told is the first error in the order of the names, as if one walker had gone alone.
	for i, err := range errs {
		if err != nil {
			return 0, err
		}
		if b := beside[i]; b != nil {
			w.tree.Entries = append(w.tree.Entries, b.tree.Entries...)
			w.tree.Stamps = append(w.tree.Stamps, b.tree.Stamps...)
		}
	}
	return len(list), nil
}

// split returns a walker for one folder that works beside this one, nil if no core is free. Where links are followed there is one walker: what
// one may take depends on where it came from.
func (w *walker) split() *walker {
	if w.options.FollowLinks {
		return nil
	}
	select {
	case <-w.more:
		beside := *w
		beside.tree = &Tree{Manifest: &Manifest{}}
		return &beside
	default:
		return nil
	}
}

func below(folder, base string) string {
	if folder == "." {
		return base
	}
	return folder + "/" + base
}

// deeper collects a folder, or notes that it is empty.
func (w *walker) deeper(ctx context.Context, name, real string) error {
	n, err := w.folder(ctx, name, real)
	if err == nil && n == 0 && w.takes(name, true) {
		err = w.add(Entry{Name: name, Mode: modeFolder}, real)
	}
	return err
}

func (w *walker) add(e Entry, real string) error { return w.addStamped(e, real, Stamp{}) }

// grown gives a full slice twice its room: append's quarter moves long ones often.
func grown[T any](s []T) []T {
	if len(s) == cap(s) {
		return slices.Grow(s, max(len(s), 64))
	}
	return s
}

// addStamped adds an entry with its stamp, which is kept where digests may be known by it.
func (w *walker) addStamped(e Entry, real string, s Stamp) error {
	if len(w.via) > 0 && len(w.tree.Entries) >= maxFollowed {
		return refused(e.Name, "with what links lead to, the bundle has more than %d entries", maxFollowed)
	}
	if e.Name != real {
		if w.tree.from == nil {
			w.tree.from = map[string]string{}
		}
		w.tree.from[e.Name] = real
	}
	w.tree.Entries = append(grown(w.tree.Entries), e)
	if w.options.Known != nil {
		w.tree.Stamps = append(grown(w.tree.Stamps), s)
	}
	return nil
}

// entry collects a file or a link, and reports whether it is a folder instead.
func (w *walker) entry(ctx context.Context, dir directory, base, name, real string) (folder bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if w.never(real) {
		return false, nil
	}
	mode, stamp, err := dir.look(base)
	if err != nil {
		return false, failed(name, "can't be looked at", err)
	}
	if w.skips(name, mode.IsDir()) {
		return false, nil
	}
	if bad := oddity(base); bad != "" {
		return false, refused(name, "the name %s", bad)
	}
	if len(name) > maxName {
		return false, refused(name, "the path is longer than %d bytes", maxName)
	}
	if mode.IsDir() {
		return true, nil
	}
	if !w.takes(name, false) {
		return false, nil
	}
	e := Entry{Name: name}
	switch {
	case mode&fs.ModeSymlink != 0 && w.options.FollowLinks:
		return false, w.follow(ctx, name, real)
	case mode&fs.ModeSymlink != 0:
		target, err := dir.readlink(base)
		if err != nil {
			return false, failed(name, "the link can't be read", err)
		}
		e.Mode, e.Link = modeLink, filepath.ToSlash(target)
		if err := checkLink(name, e.Link); err != nil {
			return false, err
		}
	case mode.IsRegular():
		e.Mode, e.Size = normalFile(mode.Perm()), stamp.Size
		if stamp.Inode == 0 { // the system tells no inode: size and time alone are no stamp
			stamp = Stamp{}
		}
		return false, w.addStamped(e, real, stamp)
	default:
		return false, refused(name, "it is %s: a bundle holds files, links and folders", kind(mode))
	}
	return false, w.add(e, real)
}

// maxFollowed is how many entries a tree with followed links may have: links to links to folders multiply.
const maxFollowed = 1_000_000

// follow collects what a link leads to under the link's name.
func (w *walker) follow(ctx context.Context, name, real string) error {
	target, err := follow(real, func(name string) (string, bool) {
		target, err := w.root.Readlink(name)
		return filepath.ToSlash(target), err == nil
	})
	if errors.Is(err, errOutside) {
		return refused(name, "the link leads out of the folder, and so isn't followed")
	}
	if err != nil {
		return refused(name, "the link can't be followed: it %v", err)
	}
	for at := range prefixes(target) {
		if w.never(at) {
			return refused(name, "the link leads to %s, which no bundle of this folder holds", printable(at))
		}
	}
	info, err := w.root.Lstat(target)
	if err != nil {
		return refused(name, "the link leads to %s, and that can't be looked at: %v", printable(target), cause(err))
	}
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return w.add(Entry{Name: name, Mode: normalFile(mode.Perm()), Size: info.Size()}, target)
	case !mode.IsDir():
		return refused(name, "the link leads to %s: a bundle holds files, links and folders", kind(mode))
	}
	w.via = append(w.via, path.Dir(real))
	defer func() { w.via = w.via[:len(w.via)-1] }()
	if i := slices.IndexFunc(w.via, func(folder string) bool { return within(folder, target) }); i >= 0 {
		return refused(name, "the link leads to %s, which it is itself in: following it has no end", printable(target))
	}
	return w.deeper(ctx, name, target)
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
	return w.add(Entry{Name: AppSpecName, Mode: normalFile(info.Mode().Perm()), Size: info.Size()}, AppSpecName)
}
