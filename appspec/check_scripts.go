package appspec

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// checkScript applies the rules about one script and its path.
func (c *checker) checkScript(s Script) {
	v := s.Location
	if !v.Present() || v.Value == "" || v.Kind == List || v.Kind == Mapping {
		return // reported by Parse
	}
	if climbs(v.Value) || c.windows && climbs(strings.ReplaceAll(v.Value, `\`, "/")) {
		c.fails("REV-031", v.Range(), "location "+show(v.Value)+" lies outside the revision", "", "Give a path below the revision's root.")
		return
	}
	installed := c.isMissing(v) && c.checkInstalled(v)
	for part := range strings.SplitSeq(c.inside(v.Value), "/") {
		if strings.HasPrefix(part, ".") && part != "." {
			c.warn("REV-038", v.Range(), show(part)+" is hidden; a push that ignores hidden files leaves it out", "Give it a name without a leading dot.")
			break
		}
	}
	info, err := c.find(v)
	if err == nil && !installed && (strings.HasPrefix(v.Value, "/") || strings.HasPrefix(v.Value, "./")) {
		c.warn("REV-030", v.Range(), "location is a path below the revision's root, in spite of how it begins", "Leave the beginning out.")
	}
	if c.checkCharacters(v, err == nil && info != nil) || info == nil {
		return
	}
	switch {
	case info.IsDir():
		c.fails("REV-023", v.Range(), "location "+show(v.Value)+" is a folder", fmt.Sprintf(saysScriptError, v.Value, "Errno::EACCES", "Permission denied"), "Name the script.")
	case c.windows:
		c.checkWindowsScript(v)
	case !info.Mode().IsRegular():
		c.fails("REV-022", v.Range(), "script "+show(v.Value)+" is no file", fmt.Sprintf(saysScriptError, v.Value, "Errno::EACCES", "Permission denied"), "Name the script.")
	default:
		c.checkMode(s, info.Mode())
		c.checkContent(v)
	}
}

// isMissing is true unless the script is known to be in the revision.
func (c *checker) isMissing(v String) bool {
	if c.revision == nil {
		return true
	}
	_, err := c.revision.stat(c.inside(v.Value))
	return err != nil
}

// find looks the script up; info is nil if there is no revision.
func (c *checker) find(v String) (info fs.FileInfo, err error) {
	if c.revision == nil {
		return nil, nil
	}
	if info, err = c.revision.stat(c.inside(v.Value)); err == nil {
		return info, nil
	}
	if c.hasBlank(v) {
		return nil, err // REV-024 explains it
	}
	if !errors.Is(err, fs.ErrNotExist) {
		c.fails("REV-022", v.Range(), "script "+show(v.Value)+" cannot be read: "+err.Error(), "", "")
		return nil, err
	}
	help := "Give a path that starts at the revision's root."
	if strings.HasPrefix(v.Value, "/") {
		help = "A location is a path in the revision, not a path of the server: put the script into the revision."
	}
	c.fails("REV-022", v.Range(), "script "+show(v.Value)+" is not in the revision", fmt.Sprintf(saysNoScript, "<archive>/"+v.Value),
		c.revision.missingHelp(c.inside(v.Value), err, help))
	return nil, err
}

func (c *checker) hasBlank(v String) bool { return !c.windows && strings.ContainsAny(v.Value, " \t\n") }

// checkCharacters reports what the shell makes of a path that it is given
// without quotes. It is true if the script cannot run.
func (c *checker) checkCharacters(v String, exists bool) bool {
	switch {
	case c.windows:
	case c.hasBlank(v):
		first := v.Value[:strings.IndexAny(v.Value, " \t\n")]
		says := fmt.Sprintf(saysNoScript, "<archive>/"+v.Value)
		if exists {
			says = fmt.Sprintf(saysScriptError, v.Value, "Errno::ENOENT", "No such file or directory - <archive>/"+first)
		}
		c.fails("REV-024", v.Range(), "location "+show(v.Value)+" holds a blank; scripts take no arguments, and the path is split at it", says,
			"Put arguments into the script; rename files that have blanks.")
		return true
	case strings.ContainsAny(v.Value, ";&|$()<>'\"\\`"):
		c.fails("REV-025", v.Range(), "location "+show(v.Value)+" holds characters that the shell acts on", fmt.Sprintf(saysScriptExit, v.Value, 127),
			"Rename the file.")
		return true
	case strings.ContainsAny(v.Value, "*?[]{}~#=%!"):
		c.warn("REV-025", v.Range(), "location "+show(v.Value)+" holds characters that the shell may act on", "Rename the file.")
	}
	return false
}

func (c *checker) checkWindowsScript(v String) {
	switch strings.ToLower(path.Ext(v.Value)) {
	case ".ps1", ".bat", ".cmd":
		c.checkContent(v)
	case ".exe":
	default:
		c.warn("REV-034", v.Range(), show(v.Value)+" has no ending that Windows runs", "Use .ps1, .bat, .cmd or .exe.")
	}
}

func (c *checker) checkMode(s Script, mode fs.FileMode) {
	v := s.Location
	switch perm := mode.Perm(); {
	case perm&0o111 == 0:
		c.warn("REV-026", v.Range(), "script "+show(v.Value)+" is not executable; the agent makes it so", "Run chmod +x on it; archives packed on Windows lose the bit.")
	case perm&0o005 != 0o005 && s.RunAs.Value != "" && s.RunAs.Value != "root":
		c.fails("REV-037", v.Range(), fmt.Sprintf("script %s has mode %04o, so the user %s cannot run it", show(v.Value), perm, show(s.RunAs.Value)),
			fmt.Sprintf("Script at specified location: %s run as user %s failed with exit code 126", v.Value, s.RunAs.Value), "Run chmod o+rx on it.")
	}
}
