package appspec

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// validations reads the hooks of a document for Amazon ECS or AWS Lambda: a
// list of events, each with one Lambda function
// (reference-appspec-file-structure-hooks.md).
func (r *reader) validations(d dialect, hooks entry) []Validation {
	const help = "Write a list: - BeforeAllowTraffic: and the function's name."
	switch {
	case hooks.node == nil:
		return nil
	case isNull(hooks):
		r.warn(d.ids.hooks, hooks.key.Range(), "Hooks is empty", "Fill it in or remove it.")
		return nil
	case hooks.node.Kind != yaml.SequenceNode:
		r.fails(d.ids.hooks, r.valueRange(hooks), "Hooks is not a list", "", "Begin each event with a dash; the form without is for EC2/on-premises.")
		if hooks.node.Kind != yaml.MappingNode {
			return nil
		}
	}
	items := []*yaml.Node{hooks.node}
	if hooks.node.Kind == yaml.SequenceNode {
		items = r.items(hooks.node)
	}
	var list []Validation
	for _, item := range items {
		if item.Kind != yaml.MappingNode || len(item.Content) == 0 {
			v := stringOf(r.text, item)
			if p, ok := r.missingSpace(item.Line, item.Line); ok && v.Kind == Text && !v.Quoted {
				r.fails(p.rule, p.at, p.message, "", p.help)
				continue
			}
			r.fails(d.ids.hooks, v.Range(), "an item of Hooks is no event with a function", "", help)
			continue
		}
		entries := r.entries(item)
		if item != hooks.node && len(entries) > 1 {
			r.fails(d.ids.hooks, entries[1].key.Range(), "one item of Hooks holds several events", "", "Begin each event with a dash.")
		}
		for _, e := range entries {
			list = append(list, r.validation(d, e))
		}
	}
	r.checkOrder(d, list)
	return list
}

// validation reads one event and its function.
func (r *reader) validation(d dialect, e entry) Validation {
	name, v := e.key, r.value(e)
	if event, ok := foldName(name, d.events); ok {
		r.checkCase(d, name, event)
		name.Value = event
	} else if !r.isTemplate(name) {
		r.noSuchEvent(d, name)
	}
	const help = "Give the name or the ARN of one Lambda function."
	switch {
	case r.isTemplate(v):
	case v.Kind == List || v.Kind == Mapping:
		r.fails(d.ids.scripts, v.Range(), fmt.Sprintf("%s has a list or mapping; scripts are for EC2/on-premises", keyName(name)), "", help)
	case isBlank(v):
		r.fails(d.ids.function, r.valueRange(e), keyName(name)+" names no function", "", "Give the name or the ARN of one Lambda function, or remove the event.")
	case v.Kind != Text:
		r.fails(d.ids.function, v.Range(), fmt.Sprintf("the function of %s is %s, which is not text", keyName(name), show(v.Raw)), "", "Quote it.")
	default:
		if _, ok := parseFunction(v.Value); !ok {
			r.fails(d.ids.function, v.Range(), fmt.Sprintf("the function of %s, %s, is neither a name nor an ARN of a Lambda function", keyName(name), show(v.Value)), "", help)
		}
	}
	return Validation{name, v}
}

// noSuchEvent reports a hook that runs nothing.
func (r *reader) noSuchEvent(d dialect, name String) {
	help := "Events are " + strings.Join(d.events, ", ") + "."
	if _, ok := foldName(name, d.reserved); ok {
		r.fails(d.ids.reserved, name.Range(), "the event "+name.Value+" is reserved: no function can run at it", "", help)
		return
	}
	message := "there is no lifecycle event " + show(keyName(name)) + " for " + d.platform.Name()
	if _, ok := foldName(name, ecsDialect().events); ok {
		message = "the event " + name.Value + " exists for Amazon ECS, not for " + d.platform.Name()
	} else if _, ok := foldName(name, Events()); ok {
		message = "the event " + name.Value + " exists for EC2/on-premises, not for " + d.platform.Name()
	} else if near, ok := nearest(name.Value, d.events, 3); ok && name.Kind == Text {
		help = fmt.Sprintf("Did you mean %s?", near)
	}
	r.fails(d.ids.event, name.Range(), message, "", help)
}

// checkOrder compares the events with each other.
func (r *reader) checkOrder(d dialect, list []Validation) {
	last, ordered := -1, true
	lines := map[string]int{}
	for _, hook := range list {
		at := slices.Index(d.events, hook.Event.Value)
		if at < 0 {
			continue
		}
		if line, twice := lines[hook.Event.Value]; twice {
			r.fails(d.ids.twice, hook.Event.Range(), fmt.Sprintf("the event %s stands twice, first in line %d; it runs once in a deployment", hook.Event.Value, line), "",
				"Keep one; one function may do both checks.")
			continue
		}
		lines[hook.Event.Value] = hook.Event.Pos.Line
		if at < last && ordered && d.platform == ECS {
			ordered = false
			r.warn("ECS-030", hook.Event.Range(), fmt.Sprintf("%s stands after %s, but runs before it", hook.Event.Value, d.events[last]),
				"Put the events into the order in which they run: "+strings.Join(d.events, ", ")+".")
		}
		last = max(last, at)
	}
}
