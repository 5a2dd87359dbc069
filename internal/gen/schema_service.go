package main

import "encoding/json"

// Pipelines fill templates in: where one may stand, nothing is known of a value.
const template = `<[^<>]+>|\$[{(]|\{\{|%\w+%|@\w+@|#\{|^\[`

// functionName is the pattern of a Lambda function's name or ARN.
const functionName = `^[A-Za-z0-9_:$-]+$|` + template

// service is a document that the service reads itself.
func (d definitions) service(name string, resource schema, events ...string) schema {
	hooks := schema{}
	for _, event := range events {
		hooks[event] = schema{"type": "string", "pattern": functionName, "description": "The Lambda function that validates the deployment at this event, by its name or ARN."}
	}
	hook := closed("One event and its function.", hooks)
	hook["minProperties"], hook["maxProperties"] = 1, 1
	d.cased(name, "The CodeDeploy service reads it.", schema{
		"Resources": schema{"type": "array", "minItems": 1, "maxItems": 1, "description": "What is deployed: one resource.",
			"items": schema{"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": resource}},
		"Hooks": list("Functions that validate the deployment, each at one lifecycle event.", hook),
	}, "Resources")
	s := d[name].(schema)
	s["properties"].(schema)["version"] = schema{"enum": []any{json.RawMessage("0.0"), "0.0"}, "description": "Always 0.0."}
	s["required"] = []string{"version"}
	return s
}

func (d definitions) ecsResource() schema {
	network := d.cased("network", "Subnets, security groups and the public address: all three or none.", schema{
		"Subnets":        filled("Subnets of the tasks.", text("A subnet's id, subnet-…")),
		"SecurityGroups": filled("Security groups of the tasks.", text("A security group's id, sg-…")),
		"AssignPublicIp": oneOf("Whether the tasks get public addresses.", "ENABLED", "DISABLED"),
	}, "Subnets", "SecurityGroups", "AssignPublicIp")
	count := schema{"type": []string{"integer", "null"}, "minimum": 0, "description": "A number from 0."}
	properties := d.cased("taskSet", "The task set.", schema{
		"TaskDefinition": schema{"type": "string", "pattern": `^\s*arn:|` + template, "description": "The ARN of the task definition, with its revision."},
		"LoadBalancerInfo": d.cased("loadBalancer", "Where the load balancer sends traffic.", schema{
			"ContainerName": text("A container of the task definition."),
			"ContainerPort": schema{"type": []string{"integer", "string"}, "minimum": 1, "maximum": 65535, "pattern": `^\d+$|` + template, "description": "The container's port."},
		}, "ContainerName", "ContainerPort"),
		"PlatformVersion":          schema{"type": []string{"string", "number", "null"}, "description": "The Fargate platform's version in quotes, or LATEST."},
		"NetworkConfiguration":     d.cased("networkConfiguration", "The tasks' network.", schema{"AwsvpcConfiguration": network}, "AwsvpcConfiguration"),
		"CapacityProviderStrategy": list("How the tasks are spread over capacity providers.", d.cased("capacityProvider", "A capacity provider.", schema{"CapacityProvider": text("Its name, such as FARGATE_SPOT."), "Base": count, "Weight": count})),
	}, "TaskDefinition", "LoadBalancerInfo")
	return d.cased("ecsService", "The Amazon ECS service.", schema{"Type": schema{"const": ecsType, "description": "Always " + ecsType + "."}, "Properties": properties}, "Type", "Properties")
}

func (d definitions) lambdaResource() schema {
	version := func(description string) schema {
		return schema{"type": []string{"string", "integer"}, "minimum": 1, "pattern": `^[1-9][0-9]*$|` + template, "description": description}
	}
	properties := d.cased("function", "The function and its versions.", schema{
		"Name":           schema{"type": "string", "pattern": functionName, "description": "The function's name or ARN."},
		"Alias":          text("The alias that traffic goes to."),
		"CurrentVersion": version("The version that the alias points to now, in quotes."),
		"TargetVersion":  version("The version that traffic is shifted to, in quotes."),
	}, "Name", "Alias", "CurrentVersion", "TargetVersion")
	return d.cased("lambdaFunction", "The AWS Lambda function.", schema{"Type": schema{"const": lambdaType, "description": "Always " + lambdaType + "."}, "Properties": properties}, "Type", "Properties")
}
