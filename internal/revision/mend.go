package revision

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/codedeploy-steps/codedeploy-steps/appspec"
	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// Mend changes what can be mended in the AppSpec and the scripts that it names,
// in place, and tells of each file; with dry it only tells. Only a folder can
// be mended, before it is checked.
func (r *Revision) Mend(env *step.Env, repair appspec.Repair, dry bool) error {
	if r.Archive != "" {
		return step.Errorf(step.Misused, "--fix: %s is an archive, and archives are not changed", r.Shown).
			Do("Fix the folder that it is made from, and pack that again: `bundle`.")
	}
	name, text, _, err := r.read(env)
	if err != nil || text == nil {
		return err // the check says what is wrong with no text
	}
	mended, err := repair.Revision(name, text, r.files)
	if err != nil {
		return step.Errorf(step.Misused, "--fix: %w", err)
	}
	for _, m := range mended {
		place := r.place(env, m.Name)
		if runtime.GOOS == "windows" && m.ModeAfter != m.ModeBefore {
			env.Warn("%s: Windows keeps no execute bit; run git update-index --chmod=+x on it", place)
			m.ModeAfter = m.ModeBefore
			if bytes.Equal(m.Before, m.After) {
				continue
			}
		}
		if !dry {
			if err := r.write(m); err != nil {
				return step.Errorf(step.Misused, "--fix: write %s: %w", place, Reason(err))
			}
		}
		var rules []string
		for _, e := range m.Edits {
			if !slices.Contains(rules, e.Rule) {
				rules = append(rules, e.Rule)
			}
		}
		env.Events.Emit(event.Fixed{File: place, Rules: rules, Diff: m.Diff(place), Written: !dry})
	}
	return nil
}

// write replaces a file by what it is to be, all at once. A link stays one:
// what it leads to is replaced, if that is in the revision.
func (r *Revision) write(m appspec.Mended) error {
	path := filepath.Join(r.Path, filepath.FromSlash(m.Name))
	isAppSpec := m.ModeAfter == 0
	if isAppSpec && r.AppSpec != "" {
		path = r.AppSpec
	}
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	if root, err := filepath.EvalSymlinks(r.Path); err != nil {
		return err
	} else if below, err := filepath.Rel(root, path); !isAppSpec && (err != nil || !filepath.IsLocal(below)) {
		return errors.New("it is a link that leads out of the revision")
	}
	now, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !bytes.Equal(now, m.Before) {
		return errors.New("it has changed since it was read")
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	mode := info.Mode().Perm()
	if m.ModeAfter != m.ModeBefore {
		mode |= m.ModeAfter.Perm()
	}
	if bytes.Equal(m.Before, m.After) {
		return os.Chmod(path, mode)
	}
	return replace(path, m.After, mode)
}

func replace(path string, text []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("a copy beside it: %w", err)
	}
	return os.Rename(f.Name(), path)
}
