// Package revision is a revision on this side of the wire: a folder or an
// archive with an AppSpec, opened and checked once however many steps of a
// release ask for it, and its location on the other side. It uploads nothing
// and knows no AWS.
package revision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/appspec"
	"github.com/codedeploy-steps/codedeploy-steps/bundle"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// Inputs are the inputs of every step that reads a revision.
type Inputs struct {
	Source  string `flag:"source" arg:"true" default:"." help:"Folder or archive (zip, tar, tgz) of the revision; also the positional argument."`
	AppSpec string `flag:"appspec" help:"Path of the AppSpec, put at the bundle's root as appspec.yml; by default appspec.yml, then appspec.yaml, at the root of the source."`
	// Named is the input that gave the source, for messages: --source if "".
	Named string
}

// Revision is a folder or an archive.
type Revision struct {
	Path    string      // absolute
	Shown   string      // as the user knows it
	AppSpec string      // absolute path of an AppSpec from elsewhere; "" if the one at the root counts
	Archive bundle.Type // "" for a folder

	named string // the input that gave it
	files fs.FS
	file  *os.File // the archive
	size  int64

	done    bool                 // checked
	found   []appspec.Diagnostic // by Check
	text    []byte               // of the AppSpec
	checked error
	spec    *appspec.File
	counts  Counts
}

type key struct{ source, appspec string }

// Open opens the revision that the inputs name. It is closed with the step.
func Open(env *step.Env, in Inputs) (*Revision, error) {
	return step.Share(env, key{in.Source, in.AppSpec}, func() (*Revision, error) {
		r := &Revision{Path: env.Path(in.Source), named: cmp.Or(in.Named, "--source")}
		r.Shown = env.Relative(r.Path)
		info, err := os.Stat(r.Path)
		if err != nil {
			return nil, missing(env, r.named, in.Source, err)
		}
		if in.AppSpec != "" {
			r.AppSpec = env.Path(in.AppSpec)
			if _, err := os.Stat(r.AppSpec); err != nil {
				// A name inside the source is meant as often as one in the working folder.
				if inside := filepath.Join(r.Path, in.AppSpec); info.IsDir() && exists(inside) {
					r.AppSpec = inside
				} else {
					return nil, missing(env, "--appspec", in.AppSpec, err)
				}
			}
		}
		switch {
		case info.IsDir():
			r.files = os.DirFS(r.Path)
		case !info.Mode().IsRegular():
			return nil, step.Errorf(step.Misused, "%s %s is neither a folder nor a file", r.named, r.Shown)
		default:
			if err := r.openArchive(env, info.Size()); err != nil {
				return nil, err
			}
		}
		return r, nil
	})
}

func (r *Revision) openArchive(env *step.Env, size int64) error {
	if r.AppSpec != "" {
		return step.Errorf(step.Misused, "--appspec %s: an archive (%s) is taken as it is; its own AppSpec counts", env.Relative(r.AppSpec), r.Shown)
	}
	if ext := filepath.Ext(r.Path); ext == ".yml" || ext == ".yaml" {
		return step.Errorf(step.Misused, "%s %s is a file, and no archive: the revision is the folder around its AppSpec", r.named, r.Shown).
			Do("Give the folder; an AppSpec from another place goes with --appspec.")
	}
	f, err := os.Open(r.Path)
	if err != nil {
		return step.Errorf(step.Misused, "%s: %w", r.named, err)
	}
	env.OnExit(func(context.Context) error { return f.Close() })
	r.file, r.size = f, size
	if r.Archive, err = bundle.Identify(f, size); err == nil {
		r.files, err = bundle.Open(f, size, r.Archive)
	}
	if err == nil {
		r.files, _ = appspec.Root(r.files) // the agent takes a single top folder away
	}
	if err != nil {
		r.tellArchive(env, err)
		e := step.Errorf(step.Misused, "%s %s is a file, but not an archive that CodeDeploy takes: %w", r.named, r.Shown, err)
		if r.Archive != "" {
			return e.Do(PackAgain)
		}
		return e.Do("Give a folder, or a zip, tar or tgz file.")
	}
	return nil
}

// PackAgain says what to do about an archive whose type is right, but not what is in it.
const PackAgain = "Pack it again: files, folders and symbolic links, in a zip deflated or stored, and without a password."

// tellArchive reports what makes an archive unfit, where there is a rule for it.
func (r *Revision) tellArchive(env *step.Env, err error) {
	var names []string
	if p := (*bundle.PathError)(nil); errors.As(err, &p) && errors.Is(err, bundle.ErrRefused) {
		names = []string{p.Path}
	}
	for _, d := range appspec.CheckArchive(r.Shown, string(r.Archive), names) {
		d.File = ""
		env.Events.Emit(r.event(env, d))
	}
}

// File gives an archive for reading.
func (r *Revision) File() (*os.File, int64) { return r.file, r.size }

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// missing explains a path that can't be opened; in a container action most of
// the runner's file system is out of sight.
func missing(env *step.Env, input, path string, err error) error {
	e := step.Errorf(step.Misused, "%s %s: %v", input, path, Reason(err))
	if w := env.Getenv("GITHUB_WORKSPACE"); env.Getenv("GITHUB_ACTIONS") == "true" && strings.HasPrefix(w, "/github/") {
		if abs := env.Path(path); !strings.HasPrefix(abs, "/github/") {
			return e.Do("A container action sees only the workspace (%s), not the rest of the runner's machine: give a path inside the checkout.", w)
		}
		return e.Do("The path is looked for in %s: was the repository checked out (actions/checkout)?", env.Dir)
	}
	return e.Do("The path is looked for from %s.", env.Dir)
}

// Reason is the system's own reason, without the path that it names.
func Reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// deployed is false for a file of Amazon ECS or AWS Lambda, which never gets to
// a server.
func deployed(spec *appspec.File) bool {
	return spec == nil || spec.Platform != appspec.ECS && spec.Platform != appspec.Lambda
}

// ForServers refuses a revision that only Amazon ECS or AWS Lambda can be given.
// It has been checked.
func (r *Revision) ForServers(env *step.Env) error {
	if deployed(r.spec) {
		return nil
	}
	return step.Errorf(step.Misused, "%s is an AppSpec file for %s; this step deploys to EC2/on-premises only", r.Place(env), r.spec.Platform.Name()).
		Do("Check it with validate. An AppSpec file for servers has os, files and a mapping of hooks, and no Resources.")
}

// read gives the AppSpec's name and text.
func (r *Revision) read(env *step.Env) (name string, text []byte, found []appspec.Diagnostic, err error) {
	if r.AppSpec != "" {
		text, err = readAll(r.AppSpec)
		if err != nil {
			return "", nil, nil, missing(env, "--appspec", env.Relative(r.AppSpec), err)
		}
		return "appspec.yml", text, nil, nil
	}
	name, found = appspec.Find(r.files, "")
	if appspec.HasErrors(found) {
		return "appspec.yml", nil, found, nil
	}
	text, err = appspec.ReadFile(r.files, name)
	if err != nil {
		e := step.Errorf(step.Misused, "%s: %w", r.place(env, name), Reason(err))
		if errors.Is(err, bundle.ErrFormat) {
			e.Do(PackAgain)
		}
		return "", nil, nil, e
	}
	return name, text, found, nil
}

// readAll reads an AppSpec from elsewhere; pipes and devices are none.
func readAll(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a file")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return appspec.Read(file)
}

// place names a file of the revision as the user knows it: a path that can be
// clicked on, or the path inside an archive.
func (r *Revision) place(env *step.Env, name string) string {
	switch {
	case name == "":
		return r.Shown
	case r.Archive != "":
		return r.Shown + "!" + name
	case r.AppSpec != "" && name == "appspec.yml":
		return env.Relative(r.AppSpec)
	}
	return env.Relative(filepath.Join(r.Path, filepath.FromSlash(name)))
}

// Place names the AppSpec as the user knows it.
func (r *Revision) Place(env *step.Env) string {
	if r.spec == nil {
		return r.Shown
	}
	return r.place(env, r.spec.Name)
}

// Count writes "2 errors, 1 warning"; kinds of which there are none are left out.
func Count(pairs ...any) string {
	var parts []string
	for i := 0; i+1 < len(pairs); i += 2 {
		n, what := pairs[i].(int), pairs[i+1].(string)
		switch {
		case n == 1:
			parts = append(parts, "1 "+what)
		case n > 1:
			parts = append(parts, fmt.Sprintf("%d %ss", n, what))
		}
	}
	return strings.Join(parts, ", ")
}
