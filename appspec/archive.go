package appspec

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// ArchiveKinds returns the kinds of archive that a revision may be packed in,
// by the names that CodeDeploy has for them (limits.md).
func ArchiveKinds() []string { return []string{"zip", "tar", "tgz"} }

// CheckArchive applies the rules about an archive that need not its contents:
// its kind, as in [Target]; if that is "", the ending of name tells it. entries
// are the names in the archive as they are stored, or those of them that are in doubt.
// The diagnostics have no position; their file is name.
func CheckArchive(name, kind string, entries []string) []Diagnostic {
	f := &findings{file: name}
	if kind == "" {
		kind = kindByName(name)
	}
	if !slices.Contains(ArchiveKinds(), kind) {
		what := show(name) + " is no archive"
		if kind != "" {
			what = fmt.Sprintf("%s is an archive of the kind %s", show(name), kind)
		}
		f.fails("REV-009", Range{}, what+"; CodeDeploy takes zip, tar and tgz", "", "Pack the revision as .zip, .tar or .tar.gz.")
	}
	for _, entry := range entries {
		how := ""
		switch slashed := strings.ReplaceAll(entry, `\`, "/"); {
		case strings.HasPrefix(slashed, "/"), windowsRoot().MatchString(entry):
			how = "is absolute"
		case slices.Contains(strings.Split(slashed, "/"), ".."):
			how = `climbs out with ".."`
		default:
			continue
		}
		f.fails("REV-010", Range{}, fmt.Sprintf("the name %s in the archive %s", show(entry), how), "",
			"Pack the revision again from within its folder; do not unpack this archive.")
	}
	return f.sorted()
}

// LeaveOut says what to do about what no bundle may hold.
const LeaveOut = "Put it right, or leave it out: --exclude, or a line in .codedeployignore."

// CheckBundle applies the rules about what a bundle of a folder would hold, to what whoever lists the folder says of it: refused tells what no
// bundle may hold, alike which names are taken for one on some systems. The diagnostics have no position; their file is name, the AppSpec file.
func CheckBundle(name string, refused, alike []string) []Diagnostic {
	f := &findings{file: name}
	for _, says := range refused {
		f.fails("REV-011", Range{}, says, "", LeaveOut)
	}
	for _, says := range alike {
		f.warn("REV-012", Range{}, says, "Rename one of the two.")
	}
	return f.sorted()
}

// kindByName is what the ending of an archive's name stands for.
func kindByName(name string) string {
	lower := strings.ToLower(name)
	if strings.HasSuffix(lower, ".tar.gz") {
		return "tgz"
	}
	return strings.TrimPrefix(path.Ext(lower), ".")
}

// checkPacking reports tar archives for Windows (reference-appspec-file.md).
func (c *findings) checkPacking(f *File, target Target) {
	if f.OS.Value == "windows" && (target.Archive == "tar" || target.Archive == "tgz") {
		c.warn("REV-007", f.OS.Range(), "the revision is packed as "+target.Archive+", which is not supported for Windows: the agent only tries to unpack it", "Pack it as zip.")
	}
}

// finderFolder is what the Finder of macOS adds to the archives that it makes.
const finderFolder = "__MACOSX"

// checkFinder reports an archive made by the Finder. It is true if that is why
// the AppSpec file is not at the root: the agent strips a single top folder only.
func (f *finder) checkFinder(atRoot bool) bool {
	const help = "Pack it with the zip command or with codedeploy-bundle, or delete __MACOSX from it."
	entries, err := f.readDir(".")
	if err != nil || !slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == finderFolder && e.IsDir() }) {
		return false
	}
	for _, e := range entries {
		if atRoot || len(entries) != 2 || e.Name() == finderFolder || !e.IsDir() {
			continue
		}
		inner, _ := f.readDir(e.Name())
		if slices.ContainsFunc(inner, func(e fs.DirEntry) bool { return looksLikeAppSpec().MatchString(e.Name()) }) {
			f.fails("REV-006", Range{}, fmt.Sprintf("the archive holds __MACOSX beside the folder %s, so the agent does not look into that folder for the AppSpec file", show(e.Name())),
				fmt.Sprintf(saysNoAppSpec, DefaultNames()[0]), help)
			return true
		}
	}
	f.warn("REV-006", Range{}, "the revision holds __MACOSX, which the Finder of macOS adds to archives; with source: / it is installed as well", help)
	return false
}
