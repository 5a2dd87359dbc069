package appspec

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// service reads a document for Amazon ECS or AWS Lambda. No agent sees it: the
// service reads it when the deployment is created, so the User Guide alone
// says what is right.
func (r *reader) service(f *File, root *yaml.Node, top []entry) {
	d := dialectOf(f.Platform)
	start := stringOf(r.text, root).Range() // where missing keys are reported
	if len(root.Content) > 0 {
		start = stringOf(r.text, root.Content[0]).Range()
	}
	keys, others := r.keys(d, top, documentKeys()...)
	r.checkOthers(d, others)
	f.Version = r.serviceVersion(d, keys["version"], start)
	name, properties := r.resource(d, keys["Resources"], start)
	f.Validations = r.validations(d, keys["Hooks"])
	if f.Platform == ECS {
		f.Service = r.ecsService(d, name, properties)
		r.checkPlaces(f)
		return
	}
	f.Function = r.lambdaFunction(d, name, properties)
	r.checkLiveCode(f)
}

// checkOthers reports top-level keys that mean nothing for the platform.
func (r *reader) checkOthers(d dialect, others []entry) {
	for _, e := range others {
		switch name, server := foldName(e.key, []string{"os", "files", "permissions"}); {
		case server && r.mixed: // YAML-020
		case server:
			r.fails(d.ids.servers, e.key.Range(), name+" is for EC2/on-premises, not for "+d.platform.Name(), "", "Remove it: nothing is copied to a server here.")
		default:
			r.warn("YAML-023", e.key.Range(), "an AppSpec file for "+d.platform.Name()+" has no top-level key "+show(keyName(e.key)), r.whereKnown(d, e.key, documentKeys()))
		}
	}
}

func (r *reader) serviceVersion(d dialect, e entry, start Range) String {
	v := r.value(e)
	const help = "Write version: 0.0."
	isZero := strings.Trim(v.Value, "-0.") == "" && strings.Contains(v.Value, "0")
	switch {
	case e.node == nil:
		r.fails(d.ids.version, start, "version is missing", "", "Begin the file with version: 0.0.")
	case isBlank(v):
		r.fails(d.ids.version, r.valueRange(e), "version has no value", "", help)
	case v.Kind == Text && v.Quoted && isZero:
		r.warn(d.ids.version, v.Range(), "version is the text "+show(v.Value)+"; the User Guide's files have the number 0.0", "Remove the quotes: version: 0.0.")
	case (v.Kind == Int || v.Kind == Float) && isZero:
		if v.Raw != "0.0" {
			r.warn(d.ids.version, v.Range(), "version is zero, but not written 0.0", help)
		}
	default:
		r.fails(d.ids.version, v.Range(), "version is "+show(v.Value)+"; only 0.0 exists", "", help)
	}
	return v
}

// resource finds the one resource of a document: its own key, and its
// properties, which are missing if they cannot be read.
func (r *reader) resource(d dialect, resources entry, start Range) (name String, properties entry) {
	help := "Write a list of one: - " + d.example() + ": with Type: " + d.resource + " and Properties below it."
	switch {
	case resources.node == nil:
		r.fails(d.ids.resources, start, "Resources is missing: the file names nothing to deploy", "", help)
		return
	case isNull(resources) || resources.node.Kind == yaml.SequenceNode && len(resources.node.Content) == 0:
		r.fails(d.ids.resources, resources.key.Range(), "Resources is empty: the file names nothing to deploy", "", help)
		return
	}
	items := []*yaml.Node{resources.node}
	if resources.node.Kind == yaml.SequenceNode {
		items = r.items(resources.node)
	} else {
		r.fails(d.ids.resources, r.valueRange(resources), "Resources is not a list", "", r.dashHelp(resources, d.example(), "Begin the resource with a dash: - "+d.example()+":"))
	}
	if len(items) > 1 {
		r.fails(d.ids.single, stringOf(r.text, items[1]).Range(), fmt.Sprintf("Resources has %d items; a deployment has one", len(items)), "", "Write one AppSpec file for each.")
	}
	if len(items) == 0 || items[0].Kind != yaml.MappingNode {
		if resources.node.Kind == yaml.SequenceNode && len(items) > 0 {
			r.fails(d.ids.resources, stringOf(r.text, items[0]).Range(), "the resource is no mapping", "", help)
		}
		return
	}
	return r.resourceBody(d, items[0])
}

// resourceBody reads the item of the list. People indent it too little, or
// leave the resource's own key out: the rest is then read all the same.
func (r *reader) resourceBody(d dialect, item *yaml.Node) (name String, properties entry) {
	entries := r.entries(item)
	var own, rest []entry
	for _, e := range entries {
		if _, ok := foldName(e.key, []string{"Type", "Properties"}); ok {
			rest = append(rest, e)
		} else {
			own = append(own, e)
		}
	}
	switch {
	case len(rest) > 0 && len(own) == 0:
		r.fails(d.ids.single, rest[0].key.Range(), "the resource has no key of its own: "+rest[0].key.Value+" stands in its place", "",
			"Write - "+d.example()+": and indent the rest below it.")
		return r.readBody(d, rest[0].key, String{}, rest)
	case len(rest) > 0:
		r.fails(d.ids.single, rest[0].key.Range(), fmt.Sprintf("%s stands beside %s, not below it", rest[0].key.Value, show(keyName(own[0].key))), "", "Indent it further.")
		return r.readBody(d, own[0].key, own[0].key, rest)
	case len(own) == 0:
		r.fails(d.ids.resources, stringOf(r.text, item).Range(), "the resource is empty", "", "Write "+d.example()+": with Type and Properties below it.")
		return
	case len(own) > 1:
		r.fails(d.ids.single, own[1].key.Range(), fmt.Sprintf("the item has a second resource, %s; a deployment has one", show(keyName(own[1].key))), "", "Write one AppSpec file for each.")
	}
	e := own[0]
	if e.node.Kind != yaml.MappingNode {
		r.fails(d.ids.kind, e.key.Range(), "the resource "+show(keyName(e.key))+" has no Type", "", "Write Type: "+d.resource+" and Properties below it.")
		return e.key, entry{}
	}
	return r.readBody(d, e.key, e.key, r.entries(e.node))
}

// readBody checks Type, and gives the properties if they are a mapping. at is
// where missing keys are reported.
func (r *reader) readBody(d dialect, at, name String, entries []entry) (String, entry) {
	keys, others := r.keys(d, entries, "Type", "Properties")
	r.unknownProperties(d, others, "Type", "Properties")
	if d.key != "" && name.Present() && name.Value != d.key && !r.isTemplate(name) {
		r.warn("ECS-004", name.Range(), "the resource is named "+show(keyName(name))+"; the User Guide knows only "+d.key, "Write "+d.key+":")
	}
	switch v := r.value(keys["Type"]); {
	case isBlank(v):
		place := at.Range()
		if keys["Type"].node != nil {
			place = r.valueRange(keys["Type"])
		}
		r.fails(d.ids.kind, place, "the resource has no Type", "", "Add Type: "+d.resource+".")
	case v.Value != d.resource && !r.isTemplate(v):
		r.fails(d.ids.kind, v.Range(), "the resource's Type is "+show(v.Value)+", not "+d.resource, "", "Write Type: "+d.resource+".")
	}
	properties := keys["Properties"]
	switch {
	case properties.node == nil:
		r.fails(d.ids.properties, at.Range(), "the resource has no Properties", "", "Add "+strings.Join(d.properties, ", ")+" below Properties:")
	case properties.node.Kind != yaml.MappingNode:
		r.fails(d.ids.properties, r.valueRange(properties), "Properties is not a mapping", "", "Write its keys below it, indented and without a dash.")
		properties = entry{}
	}
	return name, properties
}

// example is a key that the resource may have.
func (d dialect) example() string {
	if d.key != "" {
		return d.key
	}
	return "MyFunction"
}
