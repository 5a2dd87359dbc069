package appspec

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Bounds of the walk through the sources: links to folders are followed, as
// the agent does, and may lead in circles.
const (
	maxFolders = 50
	maxCopies  = 500_000
)

// installation is what the agent would copy and make, found without a server.
type installation struct {
	copies  map[string]copied // by the path on the server
	folders map[string]int    // made for which entry of files
	inner   map[string]bool   // folders of sources: unlike the ones above them, they are new on the server
	claimed map[[2]int]bool   // pairs of entries that are reported already
	long    map[int]bool      // entries whose paths are reported as too long already
	partial bool              // not all that is copied is known
	alone   bool              // nothing else can be in the way of what is copied, and nothing asks for it: it isn't kept
	walked  int               // files and folders
}

type copied struct {
	source string
	entry  int
}

func (c *checker) checkFiles() {
	plan := &installation{copies: map[string]copied{}, folders: map[string]int{}, inner: map[string]bool{}, claimed: map[[2]int]bool{}, long: map[int]bool{}}
	plan.alone = len(c.f.Files) == 1 && len(c.f.Permissions) == 0
	for i, e := range c.f.Files {
		if e.Source.Kind != Text || climbs(e.Source.Value) {
			plan.partial = true
			continue
		}
		source := c.inside(e.Source.Value)
		info, err := c.revision.stat(source)
		if err != nil {
			c.noSource(e.Source, err)
		}
		if err != nil || e.Destination.Kind != Text || !absolute(c.f, e.Destination.Value) {
			plan.partial = true
			continue
		}
		destination := path.Clean(strings.ReplaceAll(e.Destination.Value, `\`, "/"))
		if info.IsDir() {
			c.ancestors(plan, i, destination)
			c.copyFolder(plan, i, source, destination, maxFolders)
			continue
		}
		c.checkLink(i, source)
		c.checkFileName(e, source)
		target := path.Join(destination, path.Base(source))
		c.ancestors(plan, i, target)
		c.copyFile(plan, i, source, target)
	}
	c.checkPermissions(plan)
}

func (c *checker) noSource(v String, err error) {
	says := "No such file or directory @ rb_sysopen - <archive>/" + v.Value
	switch {
	case !errors.Is(err, fs.ErrNotExist):
		c.fails("EC2-028", v.Range(), "source "+show(v.Value)+" cannot be read: "+err.Error(), "", "")
	case strings.ContainsAny(v.Value, "*?["):
		c.fails("EC2-029", v.Range(), "source "+show(v.Value)+" is not in the revision; wildcards are not expanded", says, "Name the folder: its contents are copied.")
	default:
		c.fails("EC2-028", v.Range(), "source "+show(v.Value)+" is not in the revision", says,
			c.revision.missingHelp(c.inside(v.Value), err, "Give a path that starts at the revision's root; / is all of it."))
	}
}

// checkFileName warns of a destination that was meant as the file's new name.
func (c *checker) checkFileName(e FileEntry, source string) {
	base, last := path.Base(source), path.Base(path.Clean(strings.ReplaceAll(e.Destination.Value, `\`, "/")))
	if last == base || path.Ext(base) != "" && path.Ext(base) != base && path.Ext(last) == path.Ext(base) {
		c.warn("EC2-031", e.Destination.Range(), fmt.Sprintf("destination is always a folder: the file becomes %s", show(path.Join(e.Destination.Value, base))),
			"Give the folder; a file keeps its name.")
	}
}

func (c *checker) copyFolder(plan *installation, i int, source, destination string, depth int) {
	c.makeFolder(plan, i, source, destination)
	entries, err := c.revision.list(source)
	if err != nil {
		c.fails("EC2-028", c.f.Files[i].Source.Range(), "the folder "+show(source)+" cannot be read: "+err.Error(), "", "")
		return
	}
	for _, entry := range entries {
		if plan.alone && !c.windows && entry.Type().IsRegular() && plan.walked <= maxCopies {
			plan.walked++ // nothing can be in its way, and no path is too long
			continue
		}
		from, to := within(source, entry.Name()), within(destination, entry.Name())
		isFolder := entry.IsDir()
		if entry.Type()&fs.ModeSymlink != 0 {
			c.checkLink(i, from)
			info, err := fs.Stat(c.revision.fsys, from)
			isFolder = err == nil && info.IsDir()
		}
		switch {
		case plan.walked > maxCopies || isFolder && depth == 0:
			plan.partial = true
			return
		case isFolder:
			if !plan.alone {
				plan.inner[to] = true
			}
			c.copyFolder(plan, i, from, to, depth-1)
		default:
			c.copyFile(plan, i, from, to)
		}
	}
}

// within is path.Join for a folder's clean path and a name.
func within(folder, name string) string {
	switch folder {
	case ".":
		return name
	case "/":
		return "/" + name
	}
	return folder + "/" + name
}

// checkLink warns of a link that leads nowhere or out of the revision.
func (c *checker) checkLink(i int, name string) {
	target, err := fs.ReadLink(c.revision.fsys, name)
	if err != nil {
		return
	}
	at := c.f.Files[i].Source.Range()
	const help = "Links to files are made again on the server, not copied; links to folders are followed."
	if path.IsAbs(target) || climbs(path.Join(path.Dir(name), target)) {
		c.warn("EC2-038", at, fmt.Sprintf("the link %s points outside the revision, to %s", show(name), show(target)), help)
	} else if _, err := fs.Stat(c.revision.fsys, name); err != nil {
		c.warn("EC2-038", at, fmt.Sprintf("the link %s points to %s, which is not there", show(name), show(target)), help)
	}
}

func (c *checker) ancestors(plan *installation, i int, name string) {
	for parent := path.Dir(name); parent != "/" && parent != "."; parent = path.Dir(parent) {
		c.makeFolder(plan, i, parent, parent)
	}
}

func (c *checker) makeFolder(plan *installation, i int, source, destination string) {
	c.checkLength(plan, i, destination)
	if plan.walked++; plan.alone {
		return
	}
	if file, ok := plan.copies[destination]; ok {
		c.conflict(plan, i, file.entry, "EC2-033", fmt.Sprintf("the folder %s is needed where %s is copied to", show(destination), show(file.source)),
			fmt.Sprintf(saysFolderOnFile, destination, file.source))
		return
	}
	if _, ok := plan.folders[destination]; !ok {
		plan.folders[destination] = i
	}
}

func (c *checker) copyFile(plan *installation, i int, source, destination string) {
	c.checkLength(plan, i, destination)
	if plan.walked++; plan.alone {
		return
	}
	if earlier, ok := plan.copies[destination]; ok {
		c.conflict(plan, i, earlier.entry, "EC2-032", fmt.Sprintf("%s is copied to %s, where %s is copied to already", show(source), show(destination), show(earlier.source)),
			fmt.Sprintf(saysSameFile, source, earlier.source, destination))
		return
	}
	if folder, ok := plan.folders[destination]; ok {
		c.conflict(plan, i, folder, "EC2-033", fmt.Sprintf("%s is copied to %s, where a folder is needed", show(source), show(destination)),
			fmt.Sprintf(saysFileOnFolder, source, destination))
		return
	}
	plan.copies[destination] = copied{source, i}
}

// checkLength reports the first path of an entry that Windows does not take;
// Parse has reported a destination that is too long by itself.
func (c *checker) checkLength(plan *installation, i int, name string) {
	destination := c.f.Files[i].Destination
	if c.windows && !plan.long[i] && tooLong(name) && !tooLong(destination.Value) {
		plan.long[i] = true
		c.longDestination(destination, strings.ReplaceAll(name, "/", `\`))
	}
}

// conflict reports the first collision of two entries of files.
func (c *checker) conflict(plan *installation, i, earlier int, rule, message, says string) {
	if plan.claimed[[2]int{i, earlier}] {
		return
	}
	plan.claimed[[2]int{i, earlier}] = true
	c.fails(rule, c.f.Files[i].Destination.Range(), message, says,
		fmt.Sprintf("The other entry stands in line %d: change or remove one.", c.f.Files[earlier].Pos.Line))
}
