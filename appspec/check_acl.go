package appspec

import (
	"fmt"
	"io/fs"
	"slices"
)

// newFolder is the mode of a folder that the agent makes.
const newFolder fs.FileMode = 0o755

// checkACLs looks at a list and the paths that it is set on.
func (c *checker) checkACLs(plan *installation, p Permission, reached []string) {
	if len(p.ACLs) == 0 {
		return
	}
	if i := slices.IndexFunc(reached, plan.copied); i >= 0 {
		c.checkDefaultACE(p, reached[i])
	}
	if !p.Mode.Present() {
		c.checkSharedACL(plan, p, reached)
	}
}

// checkDefaultACE reports an entry that is for folders only.
func (c *checker) checkDefaultACE(p Permission, file string) {
	for _, text := range p.ACLs {
		if ace, err := ParseACE(text.Value); err == nil && ace.Default {
			c.fails("EC2-079", text.Range(), show(file)+" is a file, which takes no default entry", saysACLDefault,
				"Set type: [directory], and give files an entry of permissions of their own.")
			return
		}
	}
}

// checkSharedACL warns of a list for paths of different modes. The agent fills
// it up with the mode of the first path, and keeps that for the others.
func (c *checker) checkSharedACL(plan *installation, p Permission, reached []string) {
	var first fs.FileMode
	for i, name := range reached {
		mode, err := c.modeOf(plan, name)
		switch {
		case err != nil:
			return // a link that leads nowhere: reported by EC2-038
		case i == 0:
			first = mode
		case mode != first:
			c.warn("EC2-088", p.ACLs[0].Range(), fmt.Sprintf("the paths that these acls are set on differ in mode, such as %04o for %s and %04o for %s, and the agent goes by one of them for all",
				first, show(reached[0]), mode, show(name)), "Give the entry a mode, or write an entry for each mode.")
			return
		}
	}
}

// modeOf is the mode that a path has on the server before permissions are set.
func (c *checker) modeOf(plan *installation, name string) (fs.FileMode, error) {
	file, ok := plan.copies[name]
	if !ok {
		return newFolder, nil
	}
	info, err := fs.Stat(c.revision.fsys, file.source)
	if err != nil {
		return 0, err
	}
	return info.Mode().Perm(), nil
}
