package appspec

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

func networkKeys() []string { return []string{"Subnets", "SecurityGroups", "AssignPublicIp"} }

// network reads where the tasks run: all of its settings are given, or none.
func (r *reader) network(d dialect, e entry) *Network {
	const awsvpc = "AwsvpcConfiguration"
	switch {
	case isNull(e), r.isTemplate(r.value(e)):
		return nil
	case e.node.Kind != yaml.MappingNode:
		r.fails("ECS-018", r.valueRange(e), "NetworkConfiguration is not a mapping", "", "Write AwsvpcConfiguration: below it.")
		return nil
	}
	keys, others := r.keys(d, r.entries(e.node), awsvpc)
	direct := slices.DeleteFunc(slices.Clone(others), func(o entry) bool { _, ok := foldName(o.key, networkKeys()); return !ok })
	if len(direct) > 0 {
		r.fails("ECS-018", direct[0].key.Range(), direct[0].key.Value+" stands in NetworkConfiguration itself, not in its AwsvpcConfiguration", "",
			"Write AwsvpcConfiguration: below NetworkConfiguration, and the three settings below that.")
	}
	others = slices.DeleteFunc(others, func(o entry) bool { return slices.Contains(direct, o) })
	r.unknownProperties(d, others, awsvpc)
	inner := keys[awsvpc]
	switch {
	case len(direct) > 0 && inner.node == nil:
		return r.awsvpc(d, e, direct)
	case isNull(inner), r.isTemplate(r.value(inner)):
		return nil
	case inner.node.Kind != yaml.MappingNode:
		r.fails("ECS-018", r.valueRange(inner), "AwsvpcConfiguration is not a mapping", "", "Write Subnets, SecurityGroups and AssignPublicIp below it.")
		return nil
	}
	return r.awsvpc(d, inner, r.entries(inner.node))
}

func (r *reader) awsvpc(d dialect, parent entry, entries []entry) *Network {
	keys, others := r.keys(d, entries, networkKeys()...)
	r.unknownProperties(d, others, networkKeys()...)
	var missing []string
	for _, key := range networkKeys() {
		if isNull(keys[key]) {
			missing = append(missing, key)
		}
	}
	switch {
	case len(missing) == len(networkKeys()):
		return nil
	case len(missing) > 0:
		r.fails("ECS-014", parent.key.Range(), strings.Join(missing, " and ")+" missing: all three of "+strings.Join(networkKeys(), ", ")+" are given, or none", "",
			"Add what is missing, or leave NetworkConfiguration out.")
	}
	n := &Network{
		Subnets:        r.names(keys["Subnets"], "subnet-"),
		SecurityGroups: r.names(keys["SecurityGroups"], "sg-"),
		AssignPublicIP: r.value(keys["AssignPublicIp"]),
	}
	switch v := n.AssignPublicIP; {
	case !v.Present(), r.isTemplate(v), v.Kind == Text && (v.Value == "ENABLED" || v.Value == "DISABLED"):
	case v.Kind == Bool:
		r.fails("ECS-017", v.Range(), fmt.Sprintf("AssignPublicIp %s is the boolean %s to YAML", v.Raw, v.Value), "", "Write ENABLED or DISABLED.")
	default:
		r.fails("ECS-017", v.Range(), "AssignPublicIp is "+show(v.Value), "", "Write ENABLED or DISABLED, in upper case.")
	}
	return n
}

// names reads a list of ids that begin alike.
func (r *reader) names(e entry, prefix string) []String {
	help := fmt.Sprintf("Write a list: [%s…].", prefix)
	switch {
	case isNull(e), r.isTemplate(r.value(e)):
		return nil
	case e.node.Kind != yaml.SequenceNode:
		r.fails("ECS-015", r.valueRange(e), e.key.Value+" is not a list", "", help)
		return nil
	case len(e.node.Content) == 0:
		r.fails("ECS-015", e.key.Range(), e.key.Value+" is an empty list", "", help)
		return nil
	}
	var list []String
	for _, item := range r.items(e.node) {
		v := stringOf(r.text, item)
		list = append(list, v)
		switch {
		case r.isTemplate(v):
		case v.Kind != Text || isBlank(v):
			r.fails("ECS-015", v.Range(), "an item of "+e.key.Value+" is empty or no text", "", help)
		case !strings.HasPrefix(v.Value, prefix):
			r.warn("ECS-016", v.Range(), fmt.Sprintf("%s in %s does not begin with %s", show(v.Value), e.key.Value, prefix), "Give the id, not the name.")
		}
	}
	return list
}
