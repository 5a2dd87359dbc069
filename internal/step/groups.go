package step

import (
	"path"
	"reflect"
	"slices"
	"strings"
)

// Group is the inputs of a step that stand below one heading.
type Group struct {
	Heading string // "" for the step's own, which come first
	Fields  []*Field
}

// everyStep is the heading of Common: hardly what somebody looks for.
const everyStep = "Every step"

// headings are the groups in the order of their use. Others come after them,
// and what every step takes comes last.
var headings = [...]string{
	"", "Where", "Fix", "Target", "Whose jobs", "Deploy", "Waiting", "Reports",
	"Revision", "Preview", "Selection", "Bundle", "Push", "Object", "Role", "Engine", "GitHub", "GitLab",
}

// Groups puts inputs in the order in which a reader needs them: what has to be
// set, the positional arguments, the rest of the step's own, and below headings
// what it has in common with others.
func Groups(fields []*Field) []Group {
	var groups []Group
	for _, f := range fields {
		heading := f.Group
		if f.Arg || f.Required != "" {
			heading = ""
		}
		i := slices.IndexFunc(groups, func(g Group) bool { return g.Heading == heading })
		if i < 0 {
			i, groups = len(groups), append(groups, Group{Heading: heading})
		}
		groups[i].Fields = append(groups[i].Fields, f)
	}
	slices.SortStableFunc(groups, func(a, b Group) int { return rank(a.Heading) - rank(b.Heading) })
	for _, g := range groups {
		slices.SortStableFunc(g.Fields, func(a, b *Field) int { return a.rank() - b.rank() })
	}
	return groups
}

func rank(heading string) int {
	if heading == everyStep {
		return len(headings) + 1
	}
	if i := slices.Index(headings[:], heading); i >= 0 {
		return i
	}
	return len(headings)
}

func (f *Field) rank() int {
	switch {
	case f.Required != "":
		return 0
	case f.Arg:
		return 1
	}
	return 2
}

// heading is that of a struct of inputs that others embed: the tag group of a
// field _, or else its name, and where that is Inputs or Options its package's.
func heading(t reflect.Type) string {
	if mark, ok := t.FieldByName("_"); ok && mark.Tag.Get("group") != "" {
		return mark.Tag.Get("group")
	}
	name := t.Name()
	if name == "" {
		return ""
	}
	if name == "Inputs" || name == "Options" {
		name = path.Base(t.PkgPath())
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

// Need says whether an input has to be set, as a sentence after its help.
func (f *Field) Need() string {
	switch f.Required {
	case "":
		return ""
	case "aws":
		return " Required, but for the endpoint local."
	}
	return " Required."
}
