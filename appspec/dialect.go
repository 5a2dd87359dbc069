package appspec

// dialect is what the documents of Amazon ECS and AWS Lambda differ in. Their
// frame is the same: a version, a list of one resource, a list of hooks.
type dialect struct {
	platform   Platform
	resource   string   // what Type has to be
	key        string   // the resource's own key, "" if it may be any
	events     []string // that run a function, in run order
	reserved   []string // that the service carries out
	properties []string // of the resource
	ids        ruleIDs
}

// ruleIDs names the rules that both platforms have.
type ruleIDs struct {
	version, resources, single, kind, properties     string
	hooks, event, reserved, function, scripts, twice string
	servers, unknown, keyCase                        string
}

func dialectOf(p Platform) dialect {
	if p == Lambda {
		return lambdaDialect()
	}
	return ecsDialect()
}

func ecsDialect() dialect {
	return dialect{
		platform:   ECS,
		resource:   "AWS::ECS::Service",
		key:        "TargetService",
		events:     []string{"BeforeInstall", "AfterInstall", "AfterAllowTestTraffic", "BeforeAllowTraffic", "AfterAllowTraffic"},
		reserved:   []string{"Start", "Install", "TestTraffic", "AllowTestTraffic", "AllowTraffic", "End"},
		properties: []string{"TaskDefinition", "LoadBalancerInfo", "PlatformVersion", "NetworkConfiguration", "CapacityProviderStrategy"},
		ids: ruleIDs{
			version: "ECS-001", resources: "ECS-002", single: "ECS-003", kind: "ECS-005", properties: "ECS-006",
			hooks: "ECS-024", event: "ECS-025", reserved: "ECS-026", function: "ECS-027", scripts: "ECS-028", twice: "ECS-029",
			servers: "ECS-033", unknown: "ECS-034", keyCase: "ECS-035",
		},
	}
}

func lambdaDialect() dialect {
	return dialect{
		platform:   Lambda,
		resource:   "AWS::Lambda::Function",
		events:     []string{"BeforeAllowTraffic", "AfterAllowTraffic"},
		reserved:   []string{"Start", "AllowTraffic", "End"},
		properties: []string{"Name", "Alias", "CurrentVersion", "TargetVersion"},
		ids: ruleIDs{
			version: "LAM-001", resources: "LAM-002", single: "LAM-003", kind: "LAM-004", properties: "LAM-005",
			hooks: "LAM-014", event: "LAM-015", reserved: "LAM-015", function: "LAM-016", scripts: "LAM-016", twice: "LAM-017",
			servers: "LAM-019", unknown: "LAM-020", keyCase: "LAM-020",
		},
	}
}

func documentKeys() []string { return []string{"version", "Resources", "Hooks"} }
