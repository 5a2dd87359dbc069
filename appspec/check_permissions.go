package appspec

import (
	"fmt"
	"path"
	"slices"
)

// maxMatches bounds how many paths are compared with permissions.
const maxMatches = 5_000_000

// checkPermissions compares the permissions with the files that are copied.
func (c *checker) checkPermissions(plan *installation) {
	if c.windows || len(plan.copies)*len(c.f.Permissions) > maxMatches {
		return
	}
	names := make([]string, 0, len(plan.copies))
	for name := range plan.copies {
		names = append(names, name)
	}
	slices.Sort(names)
	setBy := map[string]int{}
	for i, p := range c.f.Permissions {
		if p.Object.Value == "" {
			continue
		}
		object := path.Clean(p.Object.Value)
		if _, ok := plan.copies[object]; ok {
			c.checkFilePermission(p)
			if p.Type.File {
				c.setTwice(setBy, i, object)
			}
			continue
		}
		for _, name := range names {
			if p.Matches(name, false) && c.setTwice(setBy, i, name) {
				break
			}
		}
	}
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
	for _, text := range p.ACLs {
		if ace, err := ParseACE(text.Value); err == nil && ace.Default && p.Type.File {
			c.fails("EC2-079", text.Range(), show(object)+" is a file, which takes no default entry", saysACLDefault, "Remove it, or set type: [directory].")
			return
		}
	}
}

// setTwice reports a path that an earlier permission reaches too.
func (c *checker) setTwice(setBy map[string]int, i int, name string) bool {
	earlier, ok := setBy[name]
	if !ok {
		setBy[name] = i
		return false
	}
	c.fails("EC2-058", c.f.Permissions[i].Object.Range(),
		fmt.Sprintf("the permissions of %s are set twice, first by the entry in line %d", show(name), c.f.Permissions[earlier].Pos.Line),
		fmt.Sprintf(saysTwice, name), "Let one of the two leave it out by except, pattern or type.")
	return true
}
