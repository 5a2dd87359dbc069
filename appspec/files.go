package appspec

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"
)

// files reads the section; cautious is true if no file_exists_behavior is given,
// so that a file that exists may fail the deployment.
func (r *reader) files(f *File, section entry, cautious bool) {
	switch {
	case isNothing(section), section.node.Kind == yaml.MappingNode && len(section.node.Content) == 0:
		return
	case section.node.Kind == yaml.MappingNode:
		r.refused("EC2-020", r.valueRange(section), "files is a mapping, not a list", saysNoIndex, r.dashHelp(section, "source", "Begin each entry with a dash: - source: …"))
		return
	case section.node.Kind != yaml.SequenceNode:
		r.refused("EC2-020", r.valueRange(section), "files is a single value, not a list", saysNotAList, "Write a list of - source: … and destination: …")
		return
	}
	f.Files = slices.Grow(f.Files, len(section.node.Content))
	for _, item := range r.items(section.node) {
		if item.Kind != yaml.MappingNode {
			r.notAFile(item)
			continue
		}
		f.Files = append(f.Files, r.fileEntry(f, item, cautious))
	}
}

// notAFile reports an item of files that is no mapping.
func (r *reader) notAFile(item *yaml.Node) {
	v := stringOf(r.text, item)
	says, report := "NoMethodError: undefined method '[]' for nil", r.refused
	switch v.Kind {
	case List:
		says = saysNoIndex
	case Text:
		// Ruby finds the key in the text, and takes the key's name for the value.
		switch {
		case strings.Contains(v.Value, "source") && strings.Contains(v.Value, "destination"):
			says, report = "", r.fails // it copies a file named source
		case strings.Contains(v.Value, "source"):
			says = fmt.Sprintf(saysNoDestination, "source")
		default:
			says = saysNoSource
		}
	}
	if p, ok := r.missingSpace(item.Line, item.Line); ok && v.Kind == Text && !v.Quoted {
		report(p.rule, p.at, p.message, says, p.help)
		return
	}
	message := "an entry of files is empty"
	if v.Kind != Null {
		message = "an entry of files is " + show(v.Value) + ", not a source and a destination"
	}
	report("EC2-021", v.Range(), message, says, "Write - source: … and, indented below it, destination: …")
}

func (r *reader) fileEntry(f *File, item *yaml.Node, cautious bool) FileEntry {
	entries := r.entries(item)
	source, destination := find(entries, "source"), find(entries, "destination")
	e := FileEntry{Source: r.value(source), Destination: r.value(destination), Pos: Pos{item.Line, item.Column}}
	at := stringOf(r.text, item).Range()
	switch v := e.Source; {
	case source.node == nil:
		r.refused("EC2-022", at, "an entry of files has no source", saysNoSource, "Add source: and a path in the revision.")
	case !v.Present():
		r.refused("EC2-022", source.key.Range(), "source has no value", saysNoSource, "Give a path in the revision; / is all of it.")
	case v.Kind != Text:
		r.fails("EC2-024", v.Range(), "source is not text but "+show(keyName(v)), "TypeError: no implicit conversion into String", notTextHelp(v))
	default:
		r.checkSource(f, v)
	}
	says := fmt.Sprintf(saysNoDestination, e.Source.Value)
	switch v := e.Destination; {
	case destination.node == nil:
		r.refused("EC2-023", at, "an entry of files has no destination", says, "Add destination: and a folder on the server.")
	case !v.Present():
		r.refused("EC2-023", destination.key.Range(), "destination has no value", says, "Give a folder on the server.")
	case v.Kind != Text:
		r.fails("EC2-024", v.Range(), "destination is not text but "+show(keyName(v)), "TypeError: no implicit conversion into String", notTextHelp(v))
	default:
		r.checkDestination(f, v, cautious)
	}
	r.checkServed(f, e)
	r.extraFileKeys(entries)
	return e
}

func (r *reader) extraFileKeys(entries []entry) {
	if e := find(entries, "file_exists_behavior"); e.node != nil {
		r.fails("EC2-035", e.key.Range(), "file_exists_behavior stands in an entry of files, where the agent ignores it", "",
			"It holds for all files: put it at the top level.")
		entries = slices.DeleteFunc(slices.Clone(entries), func(x entry) bool { return x.key == e.key })
	}
	if e := find(entries, "overwrite"); e.node != nil {
		r.warn("EC2-040", e.key.Range(), "the agent ignores the unknown key "+show(e.key.Value), "To replace files that are there, write file_exists_behavior: OVERWRITE at the top level.")
		entries = slices.DeleteFunc(slices.Clone(entries), func(x entry) bool { return x.key == e.key })
	}
	r.unknownKeys("EC2-040", entries, fileKeys())
}

func (r *reader) checkSource(f *File, v String) {
	switch slashed := strings.ReplaceAll(v.Value, `\`, "/"); {
	case escaped(f, v):
		r.warn("EC2-036", v.Range(), saysEscaped, "Use single quotes or none.")
	case v.Value == "":
		r.warn("EC2-025", v.Range(), "source is empty, which acts like /: all of the revision", "Write source: / if that is meant.")
	case climbs(v.Value), f.OS.Value == "windows" && climbs(slashed):
		r.fails("EC2-030", v.Range(), "source "+show(v.Value)+" lies outside the revision", "", "Give a path below the revision's root.")
	case f.OS.Value != "windows" && strings.Contains(v.Value, `\`):
		r.warn("EC2-036", v.Range(), `on Linux a backslash is part of a file's name`, "Separate folders by /.")
	}
}

const saysEscaped = `a backslash in double quotes begins an escape: \t is a tab, \n a new line`

// escaped is true for a path of Windows with an escape that was not meant.
func escaped(f *File, v String) bool {
	return f.OS.Value == "windows" && strings.ContainsFunc(v.Value, unicode.IsControl)
}

// climbs is true for a path that leads out of the folder it is joined to.
func climbs(p string) bool {
	clean := path.Clean(strings.TrimLeft(p, "/"))
	return clean == ".." || strings.HasPrefix(clean, "../")
}

var windowsRoot = lazily(`^(?:[A-Za-z]:[\\/]|\\\\[^\\])`)

// absolute is true for a path that does not depend on the agent's own folder.
func absolute(f *File, p string) bool {
	if f.OS.Value == "windows" {
		return windowsRoot().MatchString(p)
	}
	return strings.HasPrefix(p, "/")
}

// notTextHelp tells how to write a path that is none to YAML.
func notTextHelp(v String) string {
	switch v.Kind {
	case List:
		return "Give one path, and write an entry for each."
	case Mapping:
		return "Give one path, as text."
	}
	return "Quote it."
}

func (r *reader) checkDestination(f *File, v String, cautious bool) {
	const help = "Give an absolute path: /… on Linux, C:\\… on Windows."
	switch {
	case v.Value == "":
		r.fails("EC2-026", v.Range(), "destination is empty", "Errno::EEXIST: File exists @ dir_s_mkdir", help)
	case escaped(f, v):
		r.warn("EC2-036", v.Range(), saysEscaped, "Use single quotes or none.")
	case !absolute(f, v.Value) && strings.HasPrefix(v.Value, "~"):
		r.fails("EC2-027", v.Range(), "destination "+show(v.Value)+" is not absolute: ~ is not expanded to a folder of files", "Errno::EEXIST: File exists @ dir_s_mkdir", help)
	case !absolute(f, v.Value) && isCurly(v.Value):
		r.fails("EC2-027", v.Range(), "destination "+show(v.Value)+" is not absolute: files would land below the agent's own folder", "", curlyHelp)
	case !absolute(f, v.Value):
		r.fails("EC2-027", v.Range(), "destination "+show(v.Value)+" is not absolute: files would land below the agent's own folder", "", help+" Variables are not expanded.")
	case strings.Contains(v.Value, "$") || strings.Contains(v.Value, "<%") || strings.Contains(v.Value, "{{") || f.OS.Value == "windows" && strings.Count(v.Value, "%") > 1:
		r.warn("EC2-027", v.Range(), "variables are not expanded: a folder named "+show(v.Value)+" is made", "Write the path out.")
	case f.OS.Value == "windows" && tooLong(v.Value):
		r.longDestination(v, v.Value)
	case cautious && sharedFolder(v.Value):
		r.warn("EC2-041", v.Range(), "other programs keep files in "+show(v.Value)+" too; a file that is already there fails the deployment",
			"Set file_exists_behavior, or use a folder of its own.")
	}
}
