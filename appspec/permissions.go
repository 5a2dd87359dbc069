package appspec

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

func (r *reader) permissions(f *File, section entry) {
	switch {
	case isNothing(section), section.node.Kind == yaml.MappingNode && len(section.node.Content) == 0:
		return
	case section.node.Kind == yaml.MappingNode:
		r.refused("EC2-051", r.valueRange(section), "permissions is a mapping, not a list", saysNotAMapping, r.dashHelp(section, "object", "Begin each entry with a dash: - object: …"))
		return
	case section.node.Kind != yaml.SequenceNode:
		r.refused("EC2-051", r.valueRange(section), "permissions is a single value, not a list", saysNotAList, "Write a list of - object: …")
		return
	}
	f.Permissions = slices.Grow(f.Permissions, len(section.node.Content))
	for _, item := range r.items(section.node) {
		if item.Kind != yaml.MappingNode {
			v := stringOf(r.text, item)
			r.refused("EC2-051", v.Range(), "an entry of permissions is not a mapping", saysNotAMapping, "Write - object: … and the other keys below it.")
			continue
		}
		f.Permissions = append(f.Permissions, r.permission(f, item))
	}
	if f.OS.Kind == Text && f.OS.Value == "windows" && len(section.node.Content) > 0 {
		r.refused("EC2-050", section.key.Range(), "permissions are for Linux only, and os is windows", saysWindows, "Remove the section.")
	}
}

func (r *reader) permission(f *File, item *yaml.Node) Permission {
	entries := r.entries(item)
	p := Permission{Pos: Pos{item.Line, item.Column}}
	object := find(entries, "object")
	p.Object = r.value(object).trimmed()
	switch v := p.Object; {
	case object.node == nil:
		r.refused("EC2-052", stringOf(r.text, item).Range(), "a permission has no object", saysNoObject, "Add object: and the path of a file or folder on the server.")
	case !v.Present() || v.Value == "":
		r.refused("EC2-052", object.key.Range(), "object has no value", saysNoObject, "Give the path of a file or folder on the server.")
	case f.OS.Value != "windows" && !strings.HasPrefix(v.Value, "/"):
		r.fails("EC2-053", v.Range(), "object "+show(v.Value)+" is not absolute: it never matches", "", "Give an absolute path: /…")
	}
	r.patterns(&p, find(entries, "pattern"), find(entries, "except"))
	r.types(&p, find(entries, "type"))
	p.Owner = r.account("owner", find(entries, "owner"))
	p.Group = r.account("group", find(entries, "group"))
	r.mode(&p, find(entries, "mode"))
	acls, context := find(entries, "acls"), find(entries, "context")
	r.acls(&p, acls)
	r.context(&p, context)
	r.unknownKeys("EC2-085", entries, permissionKeys())
	r.checkEffect(p)
	switch {
	case len(p.ACLs) > 0:
		r.warn("EC2-089", acls.key.Range(), "acls need the program setfacl on the server", "See that it is installed.")
	case p.Context != nil:
		r.warn("EC2-089", context.key.Range(), "context needs the programs semanage and restorecon on the server", "See that they are installed.")
	}
	return p
}

// patterns reads pattern and except: names of one path segment below object,
// in which only * is special.
func (r *reader) patterns(p *Permission, pattern, except entry) {
	p.Pattern = r.value(pattern)
	if !p.Pattern.Present() {
		p.Pattern = String{Value: "**", Kind: Text}
	} else {
		r.checkPattern("pattern", p.Pattern)
	}
	switch {
	case isNothing(except):
	case except.node.Kind == yaml.MappingNode:
		r.fails("EC2-064", r.valueRange(except), "except is a mapping, not a list", "NoMethodError: undefined method 'chars'", "Write except: [name, …].")
	case except.node.Kind != yaml.SequenceNode:
		r.refused("EC2-064", r.valueRange(except), "except is not a list", saysNotAList, "Write except: [name, …].")
	default:
		for _, item := range r.items(except.node) {
			v := stringOf(r.text, item)
			r.checkPattern("an item of except", v)
			p.Except = append(p.Except, v)
		}
	}
}

func (r *reader) checkPattern(what string, v String) {
	switch {
	case v.Kind != Text:
		r.fails("EC2-059", v.Range(), what+" is not text but "+show(keyName(v)), "NoMethodError: undefined method 'chars'", "Quote it.")
	case strings.Contains(v.Value, "/"):
		r.warn("EC2-065", v.Range(), what+" holds a /, so it matches nothing", "It is compared with single names directly in object: for what lies deeper, let object be its folder.")
	case strings.ContainsAny(v.Value, "?[{"):
		r.warn("EC2-066", v.Range(), "only * is special; "+show(v.Value)+" is taken literally", "Use *.")
	case strings.Contains(v.Value, "**") && v.Value != "**":
		r.warn("EC2-067", v.Range(), "** counts as one * here and does not reach into folders", "Leave pattern out to reach everything below object.")
	}
}

// types reads the list of kinds of object; both if there is none.
func (r *reader) types(p *Permission, e entry) {
	p.Type = TypeSet{File: true, Directory: true}
	if isNothing(e) {
		return
	}
	p.Type = TypeSet{}
	if e.node.Kind != yaml.SequenceNode {
		says := saysNotAList
		if e.node.Kind == yaml.MappingNode {
			says = fmt.Sprintf(saysType, inspect(e.node))
		}
		r.refused("EC2-068", r.valueRange(e), "type is not a list", says, "Write type: [file], [directory] or both.")
		return
	}
	items := r.items(e.node)
	if len(items) == 0 {
		r.warn("EC2-070", e.key.Range(), "type is empty, so the entry matches nothing", "Leave it out for files and folders.")
	}
	for _, item := range items {
		switch v := stringOf(r.text, item); {
		case v.Kind == Text && v.Value == "file":
			p.Type.File = true
		case v.Kind == Text && v.Value == "directory":
			p.Type.Directory = true
		default:
			r.refused("EC2-069", v.Range(), "there is no type "+show(v.Value), fmt.Sprintf(saysType, v.Value), "Types are file and directory.")
		}
	}
}

// account reads an owner or a group.
func (r *reader) account(what string, e entry) String {
	v := r.value(e)
	if v.Present() && v.Kind != Text {
		r.fails("EC2-087", v.Range(), what+" is not a name but "+show(keyName(v)), "TypeError: no implicit conversion into String", "Give a name; numeric ids are not supported.")
	}
	return v
}

// checkEffect warns of entries that do nothing, or not all of what they say.
func (r *reader) checkEffect(p Permission) {
	bits, _ := p.Bits()
	switch {
	case !p.Mode.Present() && !p.Owner.Present() && !p.Group.Present() && p.ACLs == nil && p.Context == nil:
		if p.Object.Present() {
			r.warn("EC2-074", p.Object.Range(), "the permission sets nothing", "Give a mode, owner, group, acls or context.")
		}
	case bits&0o6000 != 0 && (p.Owner.Present() || p.Group.Present()):
		r.warn("EC2-086", p.Mode.Range(), "the agent sets the owner after the mode, which clears the set-uid and set-gid bits of "+p.Mode.Value,
			"Set these bits in an AfterInstall script.")
	}
}
