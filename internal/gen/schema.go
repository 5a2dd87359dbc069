package main

import (
	"encoding/json"
	"strings"
)

// schemaID is where the JSON Schema is published.
const schemaID = "https://raw.githubusercontent.com/codedeploy-steps/codedeploy-steps/main/docs/reference/appspec.schema.json"

// appspecSchema is a JSON Schema of AppSpec files for all platforms: for editors,
// which show its descriptions and complete its keys. It is written in draft 7,
// which all of them read. It knows a document's shape, and so a part of the
// rules only; keys that are ignored are mistakes to it.
func appspecSchema() []byte {
	text, err := json.MarshalIndent(rootSchema(), "", "  ")
	if err != nil {
		panic(err) // it holds nothing that has no JSON
	}
	return append(text, '\n')
}

// schema is a JSON Schema, or a part of one.
type schema = map[string]any

func rootSchema() schema {
	isServer := schema{"anyOf": []schema{
		{"required": []string{"os"}}, {"required": []string{"files"}}, {"required": []string{"permissions"}},
		{"required": []string{"hooks"}, "properties": schema{"hooks": schema{"type": "object"}}},
	}}
	function := schema{"additionalProperties": schema{
		"anyOf":             []schema{{"required": []string{"Type"}}, {"required": []string{"type"}}},
		"patternProperties": schema{"^[Tt]ype$": schema{"const": lambdaType}},
	}}
	isLambda := schema{
		"anyOf":             []schema{{"required": []string{"Resources"}}, {"required": []string{"resources"}}},
		"patternProperties": schema{"^[Rr]esources$": schema{"type": "array", "minItems": 1, "items": function}},
	}
	d := definitions{"script": script(), "permission": permission()}
	d["server"] = server()
	d["ecs"] = d.service("ecs", d.ecsResource(), "BeforeInstall", "AfterInstall", "AfterAllowTestTraffic", "BeforeAllowTraffic", "AfterAllowTraffic")
	d["lambda"] = d.service("lambda", d.lambdaResource(), "BeforeAllowTraffic", "AfterAllowTraffic")
	return schema{
		"$schema":     "http://json-schema.org/draft-07/schema#",
		"$id":         schemaID,
		"title":       "AppSpec file of AWS CodeDeploy",
		"description": "What a deployment does: files, permissions and scripts on servers (appspec.yml); a task definition or a function version, and functions that validate it, for Amazon ECS and AWS Lambda.",
		"type":        "object",
		"if":          isServer,
		"then":        ref("server"),
		"else": schema{
			"if":   isLambda,
			"then": ref("lambda"),
			"else": ref("ecs"),
		},
		"definitions": d,
	}
}

const (
	ecsType    = "AWS::ECS::Service"
	lambdaType = "AWS::Lambda::Function"
)

// closed is a mapping that has no other keys.
func closed(description string, properties schema, required ...string) schema {
	s := schema{"type": "object", "description": description, "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

// list is a list of items; null and an empty list count as absent.
func list(description string, items schema) schema {
	return schema{"type": []string{"array", "null"}, "description": description, "items": items}
}

// filled is a list of one item or more.
func filled(description string, items schema) schema {
	return schema{"type": "array", "minItems": 1, "description": description, "items": items}
}

func text(description string) schema {
	return schema{"type": "string", "description": description, "pattern": `\S`}
}

// optional is a text that may be left empty.
func optional(description string) schema {
	return schema{"type": []string{"string", "null"}, "description": description}
}

func oneOf(description string, values ...string) schema {
	return schema{"enum": values, "description": description}
}

// definitions are the parts that others refer to, by name.
type definitions schema

func ref(name string) schema { return schema{"$ref": "#/definitions/" + name} }

// cased defines a closed mapping whose keys may also be written in lower case,
// as the service takes them, and refers to it.
func (d definitions) cased(name, description string, properties schema, required ...string) schema {
	s := closed(description, properties)
	lower, all := schema{}, []schema{}
	for key := range properties {
		if l := strings.ToLower(key); l != key {
			lower["^"+l+"$"] = ref(name + "/properties/" + key)
		}
	}
	for _, key := range required {
		all = append(all, schema{"anyOf": []schema{{"required": []string{key}}, {"required": []string{strings.ToLower(key)}}}})
	}
	s["patternProperties"] = lower
	if len(all) > 0 {
		s["allOf"] = all
	}
	d[name] = s
	return ref(name)
}
