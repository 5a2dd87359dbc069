package appspec

import (
	"fmt"
	"path"
	"slices"
)

// maxMatches bounds how many paths are compared with permissions.
const maxMatches = 5_000_000

// checkPermissions compares the permissions with what is copied and made.
func (c *checker) checkPermissions(plan *installation) {
	names := plan.names()
	if c.windows || len(names)*len(c.f.Permissions) > maxMatches {
		return
	}
	setBy := map[string]int{}
	reachesCopies := false
	for i, p := range c.f.Permissions {
		if p.Object.Value == "" {
			continue
		}
		var reached []string
		if object := path.Clean(p.Object.Value); plan.copied(object) {
			c.checkFilePermission(p)
			if p.Type.File {
				reached = []string{object}
			}
		} else {
			for _, name := range names {
				if p.Matches(name, !plan.copied(name)) {
					reached = append(reached, name)
				}
			}
			c.checkReach(plan, p, object, len(reached))
		}
		c.setTwice(plan, setBy, i, reached)
		c.checkACLs(plan, p, reached)
		reachesCopies = reachesCopies || slices.ContainsFunc(reached, plan.copied)
	}
	if v := c.f.FileExistsBehavior; v.Value == "RETAIN" && reachesCopies {
		c.warn("EC2-072", v.Range(), "files that RETAIN keeps on the server keep their permissions too",
			"Set the permissions of files that may be there already in an AfterInstall script.")
	}
}

// names gives all paths that are copied or made, sorted.
func (plan *installation) names() []string {
	names := make([]string, 0, len(plan.copies)+len(plan.folders))
	for name := range plan.copies {
		names = append(names, name)
	}
	for name := range plan.folders {
		if !plan.copied(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (plan *installation) copied(name string) bool {
	_, ok := plan.copies[name]
	return ok
}

// checkFilePermission reports what is only for folders on a copied file.
func (c *checker) checkFilePermission(p Permission) {
	object := p.Object.Value
	switch {
	case !p.Type.File:
		c.warn("EC2-057", p.Object.Range(), show(object)+" is a file, but type is only directory: the entry does nothing", "Write type: [file].")
	case p.Pattern.Value != "**":
		c.fails("EC2-055", p.Pattern.Range(), show(object)+" is a file, so it takes no pattern", fmt.Sprintf(saysPattern, object, p.Pattern.Value), "Remove pattern.")
	case len(p.Except) > 0:
		list := make([]string, len(p.Except))
		for i, e := range p.Except {
			list[i] = e.Value
		}
		c.fails("EC2-056", p.Except[0].Range(), show(object)+" is a file, so it takes no except", fmt.Sprintf(saysExcept, fmt.Sprintf("%q", list), object), "Remove except.")
	}
}

// checkReach warns of an entry for a folder that does nothing: nothing of this
// revision lies there, or it was meant for the folder itself.
func (c *checker) checkReach(plan *installation, p Permission, object string, reached int) {
	_, made := plan.folders[object]
	switch {
	case plan.partial || reached > 0:
	case !made && object != "/":
		c.warn("EC2-054", p.Object.Range(), "this revision installs nothing at "+show(object)+": the entry does nothing",
			"Name a file that files copies, or a folder above or below its destinations.")
	case !p.Type.File && p.Pattern.Value == "**" && len(p.Except) == 0:
		c.warn("EC2-071", p.Object.Range(), "the entry does nothing: it never sets "+show(object)+" itself, and there is no folder below it",
			fmt.Sprintf("Write object: %s and pattern: %q.", path.Dir(object), path.Base(object)))
	}
}

// setTwice reports the first path that an earlier permission reaches too.
// Folders above the sources may be on the server already, and are then not set.
func (c *checker) setTwice(plan *installation, setBy map[string]int, i int, reached []string) {
	for _, name := range reached {
		if !plan.copied(name) && !plan.inner[name] {
			continue
		}
		earlier, ok := setBy[name]
		if !ok {
			setBy[name] = i
			continue
		}
		c.fails("EC2-058", c.f.Permissions[i].Object.Range(),
			fmt.Sprintf("the permissions of %s are set twice, first by the entry in line %d", show(name), c.f.Permissions[earlier].Pos.Line),
			fmt.Sprintf(saysTwice, name), "Let one of the two leave it out by except, pattern or type.")
		return
	}
}
