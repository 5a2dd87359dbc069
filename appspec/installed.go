package appspec

import (
	"fmt"
	"path"
	"strings"
)

// installedFrom finds the script of the revision that a location means which
// names the place where files installs it, "" if there is none.
func (c *checker) installedFrom(v String) string {
	location := c.installPath(v.Value)
	for _, e := range c.f.Files {
		if e.Source.Kind != Text || e.Destination.Kind != Text || !absolute(c.f, e.Destination.Value) || climbs(e.Source.Value) {
			continue
		}
		below, ok := strings.CutPrefix(location, strings.TrimSuffix(c.installPath(e.Destination.Value), "/")+"/")
		if !ok {
			continue
		}
		source := c.inside(e.Source.Value)
		meant := path.Join(source, below)
		if c.revision == nil {
			if absolute(c.f, v.Value) && meant != strings.TrimPrefix(location, "/") {
				return meant
			}
			continue
		}
		if info, err := c.revision.stat(source); err == nil && !info.IsDir() && path.Base(source) == below {
			meant = source
		}
		if info, err := c.revision.stat(meant); err == nil && !info.IsDir() {
			return meant
		}
	}
	return ""
}

// installPath is a path as it can be compared with a destination.
func (c *checker) installPath(p string) string {
	if c.windows {
		return strings.ToLower(path.Clean(strings.ReplaceAll(p, `\`, "/")))
	}
	return path.Clean("/" + p)
}

// checkInstalled is true if a location names an installed copy.
func (c *checker) checkInstalled(v String) bool {
	meant := c.installedFrom(v)
	if meant != "" {
		c.warn("REV-035", v.Range(), "location "+show(v.Value)+" is where files installs the script; hooks run the one in the revision",
			fmt.Sprintf("Write the path below the revision's root: %s.", meant))
	}
	return meant != ""
}
