package appspec

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// DefaultNames returns the names under which an AppSpec file is looked for, in
// this order.
func DefaultNames() []string { return []string{"appspec.yml", "appspec.yaml"} }

// Find names the AppSpec file of a revision, given its root: name if it is not
// "", else the first of [DefaultNames] that is there, else an appspec.json for
// Amazon ECS or AWS Lambda. The name is "" if there is none; the diagnostics say what was found instead. They have no position.
func Find(revision fs.FS, name string) (string, []Diagnostic) {
	f := &finder{tree: tree{fsys: revision, folders: map[string][]fs.DirEntry{}}}
	found := f.find(name)
	return found, f.sorted()
}

// agentsName is the only name that the agent's hooks look for by themselves.
const agentsName = "appspec.yml"

type finder struct {
	findings
	tree
}

func (f *finder) find(name string) string {
	if f.text = newSource(""); name != "" {
		f.file = name
		clean := path.Clean(strings.ReplaceAll(name, `\`, "/"))
		if !fs.ValidPath(clean) {
			f.missing(name, "the AppSpec file "+show(name)+" lies outside the revision", "Give a path that starts at the revision's root.")
			return ""
		}
		info, err := f.stat(clean)
		switch {
		case err != nil:
			f.missing(name, "the revision has no "+show(name), caseHelp(err, f.suggest()))
			return ""
		case info.IsDir():
			f.missing(name, show(name)+" is a folder, not an AppSpec file", f.suggest())
			return ""
		}
		return clean
	}
	f.file = DefaultNames()[0]
	yml, yaml := f.isFile("appspec.yml"), f.isFile("appspec.yaml")
	if f.checkFinder(yml || yaml) {
		return ""
	}
	switch {
	case yml && yaml:
		f.checkBoth()
		return "appspec.yml"
	case yml:
		return "appspec.yml"
	case yaml:
		f.file = "appspec.yaml"
		if f.forService("appspec.yaml") {
			return "appspec.yaml"
		}
		f.warn("REV-002", Range{}, "the AppSpec file is named appspec.yaml; hooks look for appspec.yml unless the deployment names the file", "Rename it to appspec.yml.")
		return "appspec.yaml"
	}
	if f.isFile("appspec.json") && f.forService("appspec.json") {
		return "appspec.json"
	}
	f.noneFound()
	return ""
}

// forService is true for a file of Amazon ECS or AWS Lambda: no agent looks
// for it, so its name does not matter, and JSON is as good as YAML.
func (f *finder) forService(name string) bool {
	file, err := f.fsys.Open(name)
	if err != nil {
		return false
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxText+1))
	return err == nil && new(reader).forService(text)
}

func (f *finder) isFile(name string) bool {
	info, err := f.stat(name)
	return err == nil && !info.IsDir()
}

func (f *finder) missing(name, message, help string) {
	f.fails("REV-001", Range{}, message, fmt.Sprintf(saysNoAppSpec, name), help)
}

// checkBoth compares the two files if both are there.
func (f *finder) checkBoth() {
	yml, errA := ReadFile(f.fsys, "appspec.yml")
	yaml, errB := ReadFile(f.fsys, "appspec.yaml")
	if errA == nil && errB == nil && !bytes.Equal(yml, yaml) {
		f.warn("REV-003", Range{}, "appspec.yml and appspec.yaml are both there and differ; appspec.yml is used", "Remove one of them.")
	}
}

// noneFound says what there is instead of an AppSpec file.
func (f *finder) noneFound() {
	entries, err := f.readDir(".")
	if err != nil {
		f.fails("REV-001", Range{}, "the revision cannot be read: "+err.Error(), "", "")
		return
	}
	for _, entry := range entries {
		lower := strings.ToLower(entry.Name())
		switch {
		case entry.IsDir():
		case lower == "appspec.yml" || lower == "appspec.yaml":
			f.fails("REV-004", Range{}, "the AppSpec file is named "+show(entry.Name())+"; on Linux names differ by case", fmt.Sprintf(saysNoAppSpec, agentsName),
				"Rename it to appspec.yml.")
			return
		case lower == "appspec.json":
			f.fails("REV-008", Range{}, "the AppSpec file is named "+show(entry.Name())+"; for EC2/on-premises it is YAML", fmt.Sprintf(saysNoAppSpec, agentsName),
				"Write it as YAML in appspec.yml.")
			return
		}
	}
	if below := f.below(); below != "" {
		f.fails("REV-005", Range{}, "the AppSpec file is in a folder of the revision, "+show(below)+", not at its root", fmt.Sprintf(saysNoAppSpec, agentsName),
			fmt.Sprintf("Take the folder %q as the revision, or move the file to the root.", path.Dir(below)))
		return
	}
	if near := f.misspelt(entries); near != "" {
		f.missing(agentsName, "the revision has no appspec.yml at its root, but "+show(near), "Rename it to appspec.yml.")
		return
	}
	f.missing(agentsName, "the revision has no AppSpec file, appspec.yml, at its root", "Is this the revision's folder?")
}

// misspelt finds the name of a file that may be meant as the AppSpec file.
func (f *finder) misspelt(entries []fs.DirEntry) string {
	var names []string
	for _, entry := range entries {
		if !entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	near, _ := nearest(agentsName, names, 4)
	return near
}

// suggest names an AppSpec file that is there.
func (f *finder) suggest() string {
	for _, name := range DefaultNames() {
		if f.isFile(name) {
			return "There is " + name + "."
		}
	}
	if below := f.below(); below != "" {
		return fmt.Sprintf("There is %q.", below)
	}
	return "Give a path that starts at the revision's root."
}

// below looks for an AppSpec file in folders: near ones first, and not
// without end.
func (f *finder) below() string {
	return f.search(func(folder string, entry fs.DirEntry) bool {
		lower := strings.ToLower(entry.Name())
		return !entry.IsDir() && folder != "." && (lower == "appspec.yml" || lower == "appspec.yaml")
	})
}

var looksLikeAppSpec = lazily(`(?i)appspec`)

// Root returns what the agent takes for the root of an unpacked archive: if
// all of it lies in one folder that has an AppSpec file, that folder, and its
// name. Otherwise it is the archive itself and "".
func Root(archive fs.FS) (root fs.FS, folder string) {
	entries, err := fs.ReadDir(archive, ".")
	if err != nil || len(entries) != 1 || !entries[0].IsDir() {
		return archive, ""
	}
	folder = entries[0].Name()
	inner, err := fs.ReadDir(archive, folder)
	if err != nil {
		return archive, ""
	}
	for _, entry := range inner {
		if looksLikeAppSpec().MatchString(entry.Name()) {
			if root, err = fs.Sub(archive, folder); err == nil {
				return root, folder
			}
		}
	}
	return archive, ""
}
