package appspec

import (
	"fmt"

	"gopkg.in/yaml.v3"
)

func (r *reader) hooks(f *File, section entry) {
	switch {
	case isNothing(section):
		return
	case section.node.Kind != yaml.MappingNode:
		r.refused("EC2-100", r.valueRange(section), "hooks is not a mapping of events", "NoMethodError: undefined method 'each_pair'",
			"Write each event as a key below hooks, without a dash; the list form is for Amazon ECS and AWS Lambda.")
		return
	}
	for _, e := range r.entries(section.node) {
		hook := Hook{Name: e.key, Scripts: r.scripts(f, e)}
		r.event(e.key, len(hook.Scripts) > 0)
		if len(hook.Scripts) > 0 {
			r.checkTotal(hook)
			f.Hooks = append(f.Hooks, hook)
		}
	}
}

// scripts reads the list of one event.
func (r *reader) scripts(f *File, event entry) []Script {
	name := keyName(event.key)
	switch {
	case isNothing(event), len(event.node.Content) == 0 && event.node.Kind != yaml.ScalarNode:
		r.warn("EC2-102", event.key.Range(), "the event "+show(name)+" has no scripts", "Add scripts or remove it.")
		return nil
	case event.node.Kind == yaml.MappingNode:
		r.refused("EC2-101", r.valueRange(event), "the event "+show(name)+" holds a mapping, not a list of scripts", saysNotAMapping,
			r.dashHelp(event, "location", "Begin each script with a dash: - location: …"))
		return nil
	case event.node.Kind != yaml.SequenceNode:
		r.refused("EC2-101", r.valueRange(event), "the event "+show(name)+" holds a single value, not a list of scripts", saysNotAList,
			"Write a list: - location: …")
		return nil
	}
	scripts := make([]Script, 0, len(event.node.Content))
	for _, item := range r.items(event.node) {
		if item.Kind != yaml.MappingNode {
			r.notAScript(item)
			continue
		}
		scripts = append(scripts, r.script(f, item))
	}
	return scripts
}

// notAScript reports an item of an event that is no mapping.
func (r *reader) notAScript(item *yaml.Node) {
	v := stringOf(r.text, item)
	if p, ok := r.missingSpace(item.Line, item.Line); ok && v.Kind == Text && !v.Quoted {
		r.refused(p.rule, p.at, p.message, saysNotAMapping, p.help)
		return
	}
	message, help := "an item of the event is "+show(v.Value)+", not a script", "Write - location: "+v.Raw
	if v.Kind != Text {
		message, help = "an item of the event is empty or no script", "Write - location: and the path of the script."
	}
	r.refused("EC2-103", v.Range(), message, saysNotAMapping, help)
}

func (r *reader) script(f *File, item *yaml.Node) Script {
	entries := r.entries(item)
	s := Script{Pos: Pos{item.Line, item.Column}}
	location := find(entries, "location")
	s.Location = r.value(location).trimmed()
	switch v := s.Location; {
	case location.node == nil:
		r.refused("EC2-104", stringOf(r.text, item).Range(), "a script has no location", saysNoLocation, "Add location: and the path of the script in the revision.")
	case !v.Present() || v.Value == "":
		r.refused("EC2-104", location.key.Range(), "location has no value", saysNoLocation, "Give the path of the script in the revision.")
	case v.Kind == List || v.Kind == Mapping:
		r.fails("EC2-123", v.Range(), "location is not a path", fmt.Sprintf(saysNoScript, v.Value), "Give the path of one script; arguments are not supported.")
	case v.Kind != Text:
		r.warn("EC2-123", v.Range(), "location is not text; the agent looks for a script named "+show(v.Value), "Quote it.")
	}
	r.timeout(&s, find(entries, "timeout"))
	r.runAs(&s, f, find(entries, "runas"))
	if sudo := find(entries, "sudo"); sudo.node != nil {
		s.Sudo = r.value(sudo).truthy()
		r.warn("EC2-117", sudo.key.Range(), fmt.Sprintf("sudo is not documented; %s makes it %t", show(r.value(sudo).Raw), s.Sudo),
			"Any value but false and null, the text no included, runs the script through sudo. Use runas.")
	}
	r.unknownKeys("EC2-119", entries, scriptKeys())
	return s
}

func (r *reader) runAs(s *Script, f *File, e entry) {
	v := r.value(e).trimmed()
	if !v.Present() {
		return
	}
	s.RunAs = v
	switch {
	case f.OS.Value == "windows":
		r.fails("EC2-116", v.Range(), "runas is not supported on Windows; the agent ignores it", "", "Leave it out.")
	case v.Value == "":
		r.warn("EC2-118", v.Range(), "runas is empty, so the script runs as root", "Name the user or leave runas out.")
	case v.Kind == Int || v.Kind == Float:
		r.warn("EC2-124", v.Range(), "runas is a number; su wants a login name", "Give the user's name.")
	case v.Kind != Text:
		r.warn("EC2-124", v.Range(), "runas is not a name but "+show(v.Value), "Give the user's name.")
	}
}
