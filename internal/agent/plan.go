package agent

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"strings"
)

// view is what a plan has to know of a file system. Paths are taken as they
// are, links are followed.
type view interface {
	exists(path string) bool
	isFolder(path string) bool
	// names of the entries of a folder, sorted: the published agent takes them
	// as the file system has them, which nobody can foretell.
	names(folder string) ([]string, error)
}

// planner turns a revision into the list of steps that install it. Nothing is
// changed while it does: conflicts are found before the first file is copied.
type planner struct {
	archive  string // root of the unpacked revision
	behavior string // DISALLOW, OVERWRITE or RETAIN; anything else is an error when it matters
	source   view
	target   view
	expand   func(string) string // the absolute path that the machine makes of one
	limit    int                 // of steps; 0 is maxSteps

	steps   []instruction
	copies  map[string]string // destination to source
	files   []string          // the destinations in order
	made    map[string]bool   // folders to be made
	folders []string          // the same in order
	permits map[string]bool   // paths whose permissions are set
}

// maxSteps bounds a plan: links of a revision may lead in circles.
const maxSteps = 1 << 20

// plan gives the steps that install a revision.
func (p *planner) plan(r *revision) ([]instruction, error) {
	p.copies, p.made, p.permits = map[string]string{}, map[string]bool{}, map[string]bool{}
	for _, f := range r.files {
		if f.refusal != "" {
			return nil, errors.New(f.refusal)
		}
		from := joinPath(p.archive, f.source)
		var err error
		if p.source.isFolder(from) {
			err = p.planFolder(from, f.destination)
		} else {
			to := joinPath(f.destination, path.Base(f.source))
			if err = p.planAncestors(to); err == nil {
				err = p.planFile(from, to)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	for i, perm := range r.permissions {
		if err := p.planPermission(i, perm); err != nil {
			return nil, err
		}
	}
	return p.steps, nil
}

func (p *planner) planFolder(from, to string) error {
	if err := p.planAncestors(to); err != nil {
		return err
	}
	if !p.target.isFolder(to) {
		if err := p.addFolder(to); err != nil {
			return err
		}
	}
	names, err := p.source.names(from)
	if err != nil {
		return err
	}
	for _, name := range names {
		entry, dest := joinPath(from, name), joinPath(to, name)
		if p.source.isFolder(entry) {
			err = p.planFolder(entry, dest)
		} else {
			err = p.planFile(entry, dest)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// planAncestors makes the folders above a path that are missing. The path is
// walked as it is written: in "a/x/../b" with no x, x is made.
func (p *planner) planAncestors(to string) error {
	var missing []string
	for dir := dirOf(to); !p.target.exists(dir) && !isTop(dir); dir = dirOf(dir) {
		missing = append(missing, dir)
	}
	for i := len(missing) - 1; i >= 0; i-- {
		if err := p.addFolder(missing[i]); err != nil {
			return err
		}
	}
	return nil
}

func (p *planner) planFile(from, to string) error {
	if !p.target.exists(to) {
		return p.addFile(from, to)
	}
	switch p.behavior {
	case "DISALLOW":
		return &occupied{error: planError("a specified file already exists at this location: %s", to), path: to}
	case "OVERWRITE":
		return p.addFile(from, to)
	case "RETAIN":
		return nil
	}
	return planError("an invalid option was specified for fileExistsBehavior: %s. Valid options include OVERWRITE, RETAIN, and DISALLOW.", p.behavior)
}

func (p *planner) addFile(from, to string) error {
	to = p.expand(to)
	if earlier, planned := p.copies[to]; planned {
		return planError("the application specification file specifies two source files named %s and %s for the same destination (%s). Remove one of the source file paths from the AppSpec file, and then try again.", from, earlier, to)
	}
	if p.made[to] {
		return planError("the application specification file calls for installing the file %s, but a file with that name already exists at the location (%s). Update your AppSpec file or directory structure, and then try again.", from, to)
	}
	p.copies[to] = from
	p.files = append(p.files, to)
	return p.add(copyFile{from, to})
}

func (p *planner) addFolder(to string) error {
	to = p.expand(to)
	if from, planned := p.copies[to]; planned {
		return planError("the application specification file includes an mkdir command more than once for the same destination path (%s) from (%s). Update the files section of the AppSpec file, and then try again.", to, from)
	}
	if p.made[to] {
		return nil
	}
	p.made[to] = true
	p.folders = append(p.folders, to)
	return p.add(makeFolder{to})
}

func (p *planner) add(in instruction) error {
	if limit := cmp.Or(p.limit, maxSteps); len(p.steps) == limit {
		return fmt.Errorf("the revision needs more than %d steps to install; do links in it lead in circles?", limit)
	}
	p.steps = append(p.steps, in)
	return nil
}

// planError words a conflict as the agent does.
func planError(format string, args ...any) error {
	return fmt.Errorf("The deployment failed because "+format, args...) //nolint:staticcheck // the agent's own words
}

// dirOf is a path without its last name. It is not cleaned.
func dirOf(p string) string {
	p = strings.TrimRight(p, "/")
	i := strings.LastIndexByte(p, '/')
	if i < 0 {
		return "."
	}
	if dir := strings.TrimRight(p[:i], "/"); dir != "" {
		return dir
	}
	return "/"
}

// isTop is true where no ancestor is left.
func isTop(dir string) bool { return dir == "/" || dir == "." || strings.HasSuffix(dir, ":") }
