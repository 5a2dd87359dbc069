package appspec

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// signs are the top-level keys that tell the platform of a document.
type signs struct {
	os        entry // the agent needs it
	server    entry // the first of os, files and permissions
	resources entry
	hooks     entry
	template  entry // AWSTemplateFormatVersion: no AppSpec
}

func signsOf(top []entry) signs {
	var s signs
	for _, e := range top {
		if e.key.Kind != Text {
			continue
		}
		lower := strings.ToLower(e.key.Value)
		switch lower {
		case "resources":
			s.resources = e
		case "hooks":
			s.hooks = e
		case "awstemplateformatversion":
			s.template = e
		case "os", "files", "permissions":
			if s.server.node == nil {
				s.server = e
			}
			if lower == "os" {
				s.os = e
			}
		}
	}
	return s
}

// platform tells which compute platform a document is for. A document that
// does not tell has none and is read as one for servers, unless told is false:
// then it has been reported and makes sense as none.
func (r *reader) platform(top []entry) (p Platform, told bool) {
	s := signsOf(top)
	if r.options.Platform != "" {
		return r.options.Platform, true
	}
	service := r.serviceOf(s)
	switch {
	case s.server.node != nil && s.resources.node != nil:
		p, help := Server, "Keep one AppSpec file for each platform; the agent ignores resources."
		if s.os.node == nil && service.ofService() {
			p, help = service, "Keep one AppSpec file for each platform."
		}
		r.mixed = true
		r.fails("YAML-020", s.resources.key.Range(),
			fmt.Sprintf("the file mixes two platforms: %s is for EC2/on-premises, %s for Amazon ECS and AWS Lambda", show(s.server.key.Value), show(s.resources.key.Value)),
			"", help)
		return p, true
	case s.server.node != nil:
		return Server, true
	case service != "":
		return service, true
	case s.resources.node != nil:
		r.fails("YAML-021", s.resources.key.Range(), "the file does not tell its platform: "+show(s.resources.key.Value)+" names neither an Amazon ECS service nor an AWS Lambda function", "",
			"Is this an AppSpec file? One for EC2/on-premises has os and no resources; a resource of the others has Type: AWS::ECS::Service or AWS::Lambda::Function.")
		return "", false
	case s.hooks.node != nil && s.hooks.node.Kind == yaml.SequenceNode:
		r.fails("YAML-021", s.hooks.key.Range(), "the file does not tell its platform: it has no resources, and such hooks exist for Amazon ECS and for AWS Lambda", "",
			"Add Resources with Type: AWS::ECS::Service or AWS::Lambda::Function.")
		return "", false
	case s.hooks.node != nil && s.hooks.node.Kind == yaml.MappingNode:
		return Server, true
	}
	return "", true
}

// serviceOf guesses from the resources and hooks of a document for which
// platform they are; "" if they do not tell.
func (r *reader) serviceOf(s signs) Platform {
	var byType, byKey Platform
	const levels = 4 // list, item, resource, properties
	r.eachKey(s.resources.node, levels, func(e entry) {
		switch strings.ToLower(e.key.Value) {
		case "type":
			byType = either(byType, platformOfType(r.value(e).Value))
		case "taskdefinition", "loadbalancerinfo", "containername", "containerport":
			byKey = either(byKey, ECS)
		case "currentversion", "targetversion":
			byKey = either(byKey, Lambda)
		}
	})
	switch {
	case s.resources.node != nil && s.template.node != nil:
		return "" // a template of CloudFormation
	case s.resources.node != nil || s.hooks.node == nil || s.hooks.node.Kind != yaml.SequenceNode:
		return either(byType, byKey)
	}
	return r.platformOfHooks(s.hooks.node)
}

// platformOfHooks tells the platform by a list of hooks alone.
func (r *reader) platformOfHooks(hooks *yaml.Node) (p Platform) {
	for _, item := range r.items(hooks) {
		if item.Kind != yaml.MappingNode {
			continue
		}
		for _, e := range r.entries(item) {
			switch _, found := foldName(e.key, ecsDialect().events); {
			case e.node.Kind != yaml.ScalarNode && !r.isTemplate(r.value(e)):
				return Server // scripts
			case found && !strings.HasSuffix(strings.ToLower(e.key.Value), "allowtraffic"):
				p = ECS
			}
		}
	}
	return p
}

func platformOfType(name string) Platform {
	name = strings.ToLower(name)
	switch {
	case strings.Contains(name, "::ecs::"):
		return ECS
	case strings.Contains(name, "::lambda::"), strings.Contains(name, "::serverless::"):
		return Lambda
	}
	return ""
}

func either(a, b Platform) Platform {
	if a != "" {
		return a
	}
	return b
}

// eachKey visits the keys below a node, so many levels deep.
func (r *reader) eachKey(n *yaml.Node, levels int, visit func(entry)) {
	switch {
	case n == nil || levels == 0:
	case n.Kind == yaml.SequenceNode:
		for _, item := range r.items(n) {
			r.eachKey(item, levels-1, visit)
		}
	case n.Kind == yaml.MappingNode:
		for _, e := range r.entries(n) {
			visit(e)
			r.eachKey(e.node, levels-1, visit)
		}
	}
}

var (
	serviceType = lazily(`(?i)AWS::(?:ECS|Lambda)::|TaskDefinition|TargetVersion`)
	serverKey   = lazily(`(?m)^["']?(?:os|files|permissions)["']?[ \t]*:`)
)

// forService tells before the text is read as YAML if the service reads it, as
// a text that is not YAML never tells later.
func (r *reader) forService(text []byte) bool {
	if p := r.options.Platform; p != "" || len(text) > maxText {
		return p.ofService()
	}
	return serviceType().Match(text) && !serverKey().Match(text)
}

// who reads the document.
func (r *reader) who() string {
	if r.ofService {
		return "CodeDeploy"
	}
	return "the agent"
}
