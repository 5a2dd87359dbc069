package appspec

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// platform tells by its top-level keys which compute platform a document is
// for. It refuses the documents that the service reads and not the agent;
// mine is false for them. An undecided document has no platform and is read
// as one for servers.
func (r *reader) platform(top []entry) (p Platform, mine bool) {
	if r.options.Platform == Server {
		return Server, true
	}
	var server, resources, hooks entry
	for _, e := range top {
		if e.key.Kind != Text {
			continue
		}
		switch strings.ToLower(e.key.Value) {
		case "os", "files", "permissions":
			if server.node == nil {
				server = e
			}
		case "resources":
			resources = e
		case "hooks":
			hooks = e
		}
	}
	switch {
	case server.node != nil && resources.node != nil:
		r.fails("YAML-020", resources.key.Range(),
			fmt.Sprintf("the file mixes two platforms: %s is for EC2/on-premises, %s for Amazon ECS and AWS Lambda", show(server.key.Value), show(resources.key.Value)),
			"", "Keep one AppSpec file for each platform; the agent ignores resources.")
		return Server, true
	case server.node != nil:
		return Server, true
	case resources.node != nil:
		p = r.resourceType(resources.node, 2)
		if p == "" && resources.node.Kind != yaml.SequenceNode {
			r.fails("YAML-021", resources.key.Range(), "the file does not tell its platform: "+show(resources.key.Value)+" names neither an Amazon ECS service nor an AWS Lambda function",
				"", "Is this an AppSpec file? One for EC2/on-premises has version: 0.0 and os: linux (or windows), and no resources.")
			return "", false
		}
		r.unsupported(resources, p)
		return p, false
	case hooks.node != nil && hooks.node.Kind == yaml.SequenceNode:
		r.unsupported(hooks, "")
		return "", false
	case hooks.node != nil && hooks.node.Kind == yaml.MappingNode:
		return Server, true
	}
	return "", true
}

// unsupported refuses what this package does not read yet.
func (r *reader) unsupported(sign entry, p Platform) {
	words := "Amazon ECS or AWS Lambda"
	switch p {
	case ECS:
		words = "Amazon ECS"
	case Lambda:
		words = "AWS Lambda"
	}
	r.fails("PLATFORM-001", sign.key.Range(),
		"this is an AppSpec file for "+words+", which is not supported yet: only EC2/on-premises files are", "",
		"If it is meant for EC2/on-premises, give it os, files and a mapping of hooks, and no resources.")
}

// resourceType looks for the Type of a resource, at most levels deep.
func (r *reader) resourceType(n *yaml.Node, levels int) Platform {
	var children []*yaml.Node
	switch n.Kind {
	case yaml.SequenceNode:
		children = r.items(n)
	case yaml.MappingNode:
		for _, e := range r.entries(n) {
			if !strings.EqualFold(e.key.Value, "Type") {
				children = append(children, e.node)
				continue
			}
			switch r.value(e).Value {
			case "AWS::ECS::Service":
				return ECS
			case "AWS::Lambda::Function":
				return Lambda
			}
		}
	}
	for _, child := range children {
		if levels == 0 {
			break
		}
		if p := r.resourceType(child, levels-1); p != "" {
			return p
		}
	}
	return ""
}
