package revision

import (
	"slices"

	"github.com/codedeploy-steps/codedeploy-steps/appspec"
)

// notLooked is told with the last of the errors that keep the check from the files around the AppSpec.
const notLooked = "The files of the revision were not looked at, because the AppSpec has errors: missing scripts and sources are told when it has none."

// hints tells of each finding what there is to add to its help: how validate mends it, and what was not looked at for it.
func (r *Revision) hints(name string, text []byte, o appspec.Options, found []appspec.Diagnostic) func(appspec.Diagnostic) string {
	var last *appspec.Diagnostic
	if failing(found, nil) {
		last = lastError(name, text, o)
	}
	mends := r.mends(name, text, o, found)
	return func(d appspec.Diagnostic) string {
		hint := mends(d)
		if last != nil && d.Rule == last.Rule && d.Range == last.Range {
			if hint != "" {
				hint += "\n"
			}
			hint += notLooked
		}
		return hint
	}
}

// lastError gives the last error in the text itself, nil if there is none or there are no files to look at.
func lastError(name string, text []byte, o appspec.Options) *appspec.Diagnostic {
	if text == nil {
		return nil
	}
	spec, found := o.Parse(name, text)
	if !deployed(spec) {
		return nil
	}
	kept, _ := appspec.Ignore(name, text, found)
	for _, d := range slices.Backward(kept) {
		if d.Severity == appspec.Error {
			return &d
		}
	}
	return nil
}

// mends tells of each finding in a folder how validate mends it, "" if it does not.
func (r *Revision) mends(name string, text []byte, o appspec.Options, found []appspec.Diagnostic) func(appspec.Diagnostic) string {
	if r.Archive != "" || len(found) == 0 {
		return func(appspec.Diagnostic) string { return "" }
	}
	safe, _ := appspec.Repair{Options: o}.Revision(name, text, r.files) // what cannot be read is not mended
	unsafe, _ := appspec.Repair{Options: o, Unsafe: true}.Revision(name, text, r.files)
	return func(d appspec.Diagnostic) string {
		mends := func(m appspec.Mended) bool { return m.Mends(d) }
		switch {
		case slices.ContainsFunc(safe, mends):
			return "`validate --fix` mends this."
		case slices.ContainsFunc(unsafe, mends):
			return "`validate --fix=unsafe` mends this; the deployment then does what it did not do before."
		}
		return ""
	}
}
