package revision

import (
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
func (r *Revision) Check(env *step.Env) (*appspec.File, error) { return r.CheckOn(env, Terms{}) }

// CheckBeside is Check, which calls begin when the AppSpec is read and found right in itself, before it looks at the files around it: what
// need not wait for their check can begin. After an earlier Check it is not called, nor where there is nothing to look at.
func (r *Revision) CheckBeside(env *step.Env, begin func()) (*appspec.File, error) {
	r.begin = begin
	return r.Check(env)
}

// CheckOn is Check on the terms given.
func (r *Revision) CheckOn(env *step.Env, t Terms) (*appspec.File, error) {
	if !r.done {
		r.done = true
		r.spec, r.checked = r.check(env, t)
	}
	return r.spec, r.checked
}

// Counts is how many findings the check had.
func (r *Revision) Counts() Counts { return r.counts }

func (r *Revision) check(env *step.Env, t Terms) (*appspec.File, error) {
	name, text, found, err := r.read(env)
	if err != nil {
		return nil, err
	}
	if t.Target.Archive == "" {
		t.Target.Archive = string(r.Archive)
	}
	var spec *appspec.File
	if text != nil {
		var more []appspec.Diagnostic
		spec, more = t.Options.Parse(name, text)
		if !deployed(spec) {
			// Its hooks are functions: no hook runner looks for the name.
			found = slices.DeleteFunc(found, func(d appspec.Diagnostic) bool { return d.Rule == "REV-002" })
		}
		found = append(found, more...)
		// What is around a file that is wrong is not looked at.
		if kept, _ := appspec.Ignore(name, text, found); spec != nil && !failing(kept, t.Ignore) {
			if r.begin != nil {
				r.begin()
			}
			found = append(found, appspec.Check(spec, r.files)...)
			found = append(found, appspec.CheckTarget(spec, t.Target)...)
		}
	}
	r.tell(env, name, text, found, t)
	r.found, r.text = found, text
	if r.counts.Errors > 0 || t.FailFrom == appspec.Warning && r.counts.Warnings > 0 {
		return nil, step.ShownError(step.Failed, "%s: %s", r.place(env, name), r.counts)
	}
	return spec, nil
}

// CheckBundle looks once more at the revision as its bundle will hold it, where
// patterns left things out. What Check has told is not told again.
func (r *Revision) CheckBundle(env *step.Env, files fs.FS) error {
	if r.spec == nil {
		return nil
	}
	more := slices.DeleteFunc(appspec.Check(r.spec, files), func(d appspec.Diagnostic) bool {
		return slices.ContainsFunc(r.found, func(old appspec.Diagnostic) bool { return old.Rule == d.Rule && old.Range == d.Range })
	})
	if len(more) == 0 {
		return nil
	}
	for i := range more {
		if more[i].Severity == appspec.Error {
			more[i].Help = "It is in the folder, and left out of the bundle: look at --include, --exclude and " + bundle.IgnoreName + "."
		}
	}
	before := r.counts.Errors
	r.tell(env, r.spec.Name, r.text, more, Terms{})
	if r.counts.Errors > before {
		return step.ShownError(step.Failed, "%s: %s", r.place(env, r.spec.Name), r.counts)
	}
	return nil
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
