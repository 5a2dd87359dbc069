package bundle

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
)

// What of a folder goes into its bundle, by its name alone.

// patterns reads what the options and the folder say of what goes in.
func (w *walker) patterns() (err error) {
	if w.ignore, err = readIgnore(w.root.Root, w.options.Exclude); err == nil && len(w.options.Include) > 0 {
		w.include, err = parsePatterns(w.options.Include)
	}
	return err
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
func (w *walker) never(real, base string) bool {
	return base == ".codedeploy-steps" || base == ".git" && !w.options.KeepGit || len(w.leave) > 0 && w.leave[real]
}

// Takes reports whether the options' patterns let a folder's file into its bundle, wherever below root it lies.
func (o Options) Takes(root, name string) (bool, error) {
	dir, err := openTop(root)
	if err != nil {
		return false, err
	}
	defer dir.Close()
	w := &walker{root: dir, options: o}
	if err := w.patterns(); err != nil {
		return false, err
	}
	for at := range prefixes(name) {
		if w.never(at, path.Base(at)) || w.skips(at, len(at) < len(name)) {
			return false, nil
		}
	}
	return w.takes(name, false), nil
}

// isAppSpec reports whether a name is one that a revision's AppSpec has.
func isAppSpec(name string) bool { return name == AppSpecName || name == "appspec.yaml" }

// takes reports whether the patterns of what is taken match a file, a link or an empty folder, or a folder that it is in.
func (w *walker) takes(name string, folder bool) bool {
	return len(w.options.Include) == 0 || isAppSpec(name) || w.include.matchWithin(name, folder)
}

// Idle returns the patterns of Options.Include that match nothing of what a scan with them takes: most likely they are misspelt.
func Idle(include []string, m *Manifest) (idle []string) {
	for _, text := range include {
		list, err := parsePatterns([]string{text})
		if err != nil || len(list) == 1 && list[0].negate {
			continue // a scan says so; what takes away may have nothing to take
		}
		if !slices.ContainsFunc(m.Entries, func(e Entry) bool { return list.matchWithin(e.Name, e.Mode.IsDir()) }) {
			idle = append(idle, text)
		}
	}
	return idle
}
