package revision

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/appspec"
	"github.com/codedeploy-steps/codedeploy-steps/bundle"
	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// Terms say what a check knows besides the revision, and what it lets pass.
type Terms struct {
	appspec.Situation
	Ignore   []string         // ids of rules
	FailFrom appspec.Severity // the least severity that fails the check; an error if ""
	Bundle   *bundle.Options  // how a folder will be packed, to see if it can be; nil if whoever packs it will see
}

// Counts is how many findings a check had. Ignored ones are not among the others.
type Counts struct{ Errors, Warnings, Ignored int }

// String gives "2 errors, 1 warning, 3 ignored", "" if there are none.
func (c Counts) String() string {
	text := Count(c.Errors, "error", c.Warnings, "warning")
	if c.Ignored > 0 {
		text = strings.TrimPrefix(fmt.Sprintf("%s, %d ignored", text, c.Ignored), ", ")
	}
	return text
}

// Check reads the AppSpec and looks at the revision around it. What it finds is
// reported as diagnostics, but for what a comment in the file asks to ignore;
// with an error among them, so is an error returned. It reports once, however
// often it is called. The file is nil if it could not be read, even if all that
// is wrong with it is ignored.
func (r *Revision) Check(env *step.Env) (*appspec.File, error) {
	return r.CheckOn(context.Background(), env, Terms{})
}

// CheckOn is Check on the terms given.
func (r *Revision) CheckOn(ctx context.Context, env *step.Env, t Terms) (*appspec.File, error) {
	if !r.done {
		r.done = true
		r.spec, r.checked = r.check(ctx, env, t)
	}
	return r.spec, r.checked
}

// Counts is how many findings the check had.
func (r *Revision) Counts() Counts { return r.counts }

func (r *Revision) check(ctx context.Context, env *step.Env, t Terms) (*appspec.File, error) {
	p, err := r.checkText(env, t)
	if err == nil && !p.failing && t.Bundle != nil && r.Archive == "" && deployed(p.spec) {
		err = r.list(ctx, p, *t.Bundle)
	}
	if err != nil {
		return nil, err
	}
	return r.checkFiles(env, p, nil)
}

// list finds out what a bundle of the folder would hold, and what none may. No file is read for it.
func (r *Revision) list(ctx context.Context, p *pending, o bundle.Options) error {
	var tree *bundle.Tree
	listed := errors.New("listed")
	o.AppSpec, o.Listed = r.AppSpec, func(t *bundle.Tree) error {
		tree = t
		return listed
	}
	_, err := bundle.Scan(ctx, r.Path, o)
	var bad bundle.PathErrors
	var refused, alike []string
	switch {
	case errors.Is(err, listed):
		p.bundled = tree.FS()
		for _, pair := range tree.Collisions() {
			alike = append(alike, Alike(pair))
		}
	case errors.As(err, &bad):
		for _, b := range bad {
			refused = append(refused, b.Error())
		}
	case ctx.Err() != nil:
		return ctx.Err()
	default:
		return step.Errorf(step.Misused, "%s: %w", r.Shown, err)
	}
	p.found = append(p.found, appspec.CheckBundle(p.name, refused, alike)...)
	return nil
}

// Alike says what is wrong with two names that some systems take for one.
func Alike(pair [2]string) string {
	return fmt.Sprintf("%s and %s differ by case or normal form only: Windows and macOS keep one of them", pair[0], pair[1])
}

// pending is a check whose AppSpec was read.
type pending struct {
	terms   Terms
	name    string
	text    []byte
	found   []appspec.Diagnostic
	spec    *appspec.File
	failing bool  // what is around a file that is wrong is not looked at
	bundled fs.FS // the files as a bundle will hold them, if only a look is taken at that
}

func (r *Revision) checkText(env *step.Env, t Terms) (*pending, error) {
	name, text, found, err := r.read(env)
	if err != nil {
		return nil, err
	}
	if t.Target.Archive == "" {
		t.Target.Archive = string(r.Archive)
	}
	p := &pending{terms: t, name: name, text: text, found: found, failing: true}
	if text != nil {
		var more []appspec.Diagnostic
		p.spec, more = t.Options.Parse(name, text)
		if !deployed(p.spec) {
			// Its hooks are functions: no hook runner looks for the name.
			p.found = slices.DeleteFunc(p.found, func(d appspec.Diagnostic) bool { return d.Rule == "REV-002" })
		}
		p.found = append(p.found, more...)
		kept, _ := appspec.Ignore(name, text, p.found)
		p.failing = p.spec == nil || failing(kept, t.Ignore)
	}
	return p, nil
}

// checkFiles ends a check, with the files as a bundle will hold them, nil for those that are there.
func (r *Revision) checkFiles(env *step.Env, p *pending, bundled fs.FS) (*appspec.File, error) {
	if !p.failing {
		p.found = append(p.found, r.around(p.spec, bundled)...)
		p.found = append(p.found, appspec.CheckTarget(p.spec, p.terms.Target)...)
		if p.bundled != nil {
			p.found = append(p.found, unlike(p.found, r.around(p.spec, p.bundled))...)
		}
	}
	r.tell(env, p.name, p.text, p.found, p.terms)
	r.found, r.text = p.found, p.text
	if r.counts.Errors > 0 || p.terms.FailFrom == appspec.Warning && r.counts.Warnings > 0 {
		return nil, step.ShownError(step.Failed, "%s: %s", r.place(env, p.name), r.counts)
	}
	return p.spec, nil
}

// around looks at the files around an AppSpec. An error that only those of a bundle have says so.
func (r *Revision) around(spec *appspec.File, bundled fs.FS) []appspec.Diagnostic {
	if bundled == nil {
		return appspec.Check(spec, r.files)
	}
	found := appspec.Check(spec, bundled)
	if !appspec.HasErrors(found) {
		return found
	}
	inFolder := appspec.Check(spec, r.files)
	for i, d := range found {
		if d.Severity == appspec.Error && !slices.ContainsFunc(inFolder, same(d)) {
			found[i].Help = "It is in the folder, and left out of the bundle: look at --include, --exclude and " + bundle.IgnoreName + "."
		}
	}
	return found
}

// CheckBundle is Check of a folder in two halves, for who lists it anyway: the AppSpec is read and checked at once, and what is around it by
// rest, in a view of what the bundle will hold. After an earlier Check rest looks only for what patterns left out, if there are any.
func (r *Revision) CheckBundle(env *step.Env, patterns bool) (rest func(files fs.FS) error, err error) {
	if r.done {
		return func(files fs.FS) error {
			if r.spec == nil || !patterns {
				return r.checked
			}
			return r.leftOut(env, files)
		}, r.checked
	}
	p, err := r.checkText(env, Terms{})
	if err == nil && !p.failing {
		return func(files fs.FS) error {
			r.done = true
			r.spec, r.checked = r.checkFiles(env, p, files)
			return r.checked
		}, nil
	}
	r.done = true
	if r.checked = err; err == nil {
		r.spec, r.checked = r.checkFiles(env, p, nil)
	}
	return nil, r.checked
}

// leftOut checks a revision again as its bundle will hold it. What Check has told is not told again.
func (r *Revision) leftOut(env *step.Env, files fs.FS) error {
	more := unlike(r.found, r.around(r.spec, files))
	if len(more) == 0 {
		return nil
	}
	before := r.counts.Errors
	r.tell(env, r.spec.Name, r.text, more, Terms{})
	if r.counts.Errors > before {
		return step.ShownError(step.Failed, "%s: %s", r.place(env, r.spec.Name), r.counts)
	}
	return nil
}

// unlike gives those of more that are not known.
func unlike(known, more []appspec.Diagnostic) []appspec.Diagnostic {
	return slices.DeleteFunc(more, func(d appspec.Diagnostic) bool { return slices.ContainsFunc(known, same(d)) })
}

// same tells findings of a rule at a place, whatever they say.
func same(d appspec.Diagnostic) func(appspec.Diagnostic) bool {
	return func(other appspec.Diagnostic) bool { return other.Rule == d.Rule && other.Range == d.Range }
}

// failing says if there are errors that nobody asked to ignore.
func failing(found []appspec.Diagnostic, ignore []string) bool {
	return slices.ContainsFunc(found, func(d appspec.Diagnostic) bool {
		return d.Severity == appspec.Error && !slices.Contains(ignore, d.Rule)
	})
}

// tell reports what was found, by its place in the file.
func (r *Revision) tell(env *step.Env, name string, text []byte, found []appspec.Diagnostic, t Terms) {
	kept, ignored := appspec.Ignore(name, text, found)
	var events []event.Diagnostic
	hint := r.hints(name, text, t.Options, kept)
	for _, d := range kept {
		e := r.event(env, d)
		e.Help = strings.TrimSpace(e.Help + "\n" + hint(d))
		switch {
		case slices.Contains(t.Ignore, d.Rule):
			e.Ignored = &event.Ignored{By: event.IgnoredByInput}
			r.counts.Ignored++
		case d.Severity == appspec.Error:
			r.counts.Errors++
		default:
			r.counts.Warnings++
		}
		events = append(events, e)
	}
	for _, d := range ignored {
		e := r.event(env, d.Diagnostic)
		e.Ignored = &event.Ignored{By: event.IgnoredInFile, Reason: d.Reason}
		r.counts.Ignored++
		events = append(events, e)
	}
	slices.SortStableFunc(events, byPlace)
	for _, e := range events {
		env.Events.Emit(e)
	}
	from := t.FailFrom
	if from == "" {
		from = appspec.Error
	}
	env.Events.Emit(event.Checked{File: r.place(env, name), Errors: r.counts.Errors, Warnings: r.counts.Warnings, Ignored: r.counts.Ignored, FailFrom: string(from)})
}

// byPlace orders findings by file, then line; those about a whole file are its last.
func byPlace(a, b event.Diagnostic) int {
	if c := strings.Compare(a.File, b.File); c != 0 {
		return c
	}
	switch {
	case a.Line == 0 && b.Line > 0:
		return 1
	case a.Line > 0 && b.Line == 0:
		return -1
	case a.Line != b.Line:
		return a.Line - b.Line
	}
	return a.Column - b.Column
}

func (r *Revision) event(env *step.Env, d appspec.Diagnostic) event.Diagnostic {
	help := d.Help
	if d.Agent != "" {
		help = strings.TrimSpace("The CodeDeploy agent would say: " + d.Agent + "\n" + help)
	}
	return event.Diagnostic{
		Rule: d.Rule, Severity: string(d.Severity), File: r.place(env, d.File),
		Line: d.Range.Start.Line, Column: d.Range.Start.Column, EndLine: d.Range.End.Line, EndColumn: d.Range.End.Column,
		Message: d.Message, Help: help, Snippet: d.Snippet,
	}
}
