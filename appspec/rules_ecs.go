package appspec

import "slices"

// ecsRules are the rules about documents for Amazon ECS.
func ecsRules() []Rule {
	return slices.Concat(ecsFrameRules(), ecsPropertyRules(), ecsOptionRules(), ecsHookRules())
}

// What the examples are made of.
const (
	ecsHead      = "version: 0.0\nResources:\n  - TargetService:\n      Type: AWS::ECS::Service\n      Properties:\n"
	ecsTask      = "        TaskDefinition: arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7\n"
	ecsBalancer  = "        LoadBalancerInfo:\n          ContainerName: web\n          ContainerPort: 8080\n"
	ecsWhole     = ecsHead + ecsTask + ecsBalancer
	ecsContainer = ecsHead + ecsTask + "        LoadBalancerInfo:\n"
	ecsNetwork   = ecsWhole + "        NetworkConfiguration:\n          AwsvpcConfiguration:\n"
	ecsStrategy  = ecsWhole + "        CapacityProviderStrategy:\n"
)

const (
	chapterStructure = "reference-appspec-file-structure"
	chapterResources = "reference-appspec-file-structure-resources"
	chapterHooks     = "reference-appspec-file-structure-hooks"
)

// ecsFrameRules are about what surrounds the properties.
func ecsFrameRules() []Rule {
	return []Rule{
		{ID: "ECS-001", Severity: Error, Varies: true, Title: "version of an ECS file",
			Why:    "The only version of an AppSpec file is 0.0, and every file has to name it. Text in quotes is warned of only: the User Guide speaks of a string, while all of its files have the number.",
			Remedy: "Begin the file with version: 0.0.", Chapter: chapterStructure,
			Fails:  "version: «1.0»\n" + ecsWhole[len("version: 0.0\n"):],
			Passes: ecsWhole},
		{ID: "ECS-002", Severity: Error, Title: "no resource for ECS",
			Why:    "Resources names the service to deploy: a list with one item. Without it, or as a mapping, the file says nothing about what CodeDeploy is to do.",
			Remedy: "Write Resources: and below it - TargetService: with Type and Properties.", Chapter: chapterResources,
			Fails:  "version: 0.0\nResources:\n  «TargetService:»\n    Type: AWS::ECS::Service\n    Properties:\n      TaskDefinition: arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7\n      LoadBalancerInfo: {ContainerName: web, ContainerPort: 8080}\n",
			Passes: ecsWhole},
		{ID: "ECS-003", Severity: Error, Title: "more than one service",
			Why:    "A deployment replaces the tasks of one service, so Resources has one item, and the item one key. A line that is indented too little becomes a second key: Type then stands beside TargetService, which is left empty.",
			Remedy: "Keep one service, and indent Type and Properties below its key.", Chapter: chapterResources,
			Fails:  "version: 0.0\nResources:\n  - TargetService:\n    «Type»: AWS::ECS::Service\n    Properties:\n      TaskDefinition: arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7\n      LoadBalancerInfo: {ContainerName: web, ContainerPort: 8080}\n",
			Passes: ecsWhole},
		{ID: "ECS-004", Severity: Warning, Title: "another name than TargetService",
			Why:    "All files of the User Guide name the resource TargetService. The name of the service itself is a setting of the deployment group, not of the AppSpec file.",
			Remedy: "Name the resource TargetService.", Chapter: chapterResources,
			Fails:  "version: 0.0\nResources:\n  - «WebService»:\n      Type: AWS::ECS::Service\n      Properties:\n" + ecsTask + ecsBalancer,
			Passes: ecsWhole},
		{ID: "ECS-005", Severity: Error, Title: "Type of an ECS resource",
			Why:    "Type tells CodeDeploy that the resource is an Amazon ECS service. It is compared letter by letter; other types of CloudFormation mean nothing here.",
			Remedy: "Write Type: AWS::ECS::Service.", Chapter: chapterResources,
			Fails:  "version: 0.0\nResources:\n  - TargetService:\n      Type: «AWS::ECS::TaskDefinition»\n      Properties:\n" + ecsTask + ecsBalancer,
			Passes: ecsWhole},
		{ID: "ECS-006", Severity: Error, Title: "no Properties in an ECS file",
			Why:    "Properties holds all that is to be deployed: the task definition, and the container and port that get the traffic. It is a mapping.",
			Remedy: "Write Properties: with TaskDefinition and LoadBalancerInfo below it.", Chapter: chapterResources,
			Fails:  "version: 0.0\nResources:\n  - «TargetService»:\n      Type: AWS::ECS::Service\n",
			Passes: ecsWhole},
		{ID: "ECS-033", Severity: Error, Title: "keys for servers in an ECS file",
			Why:    "os, files and permissions are for EC2/on-premises. With Amazon ECS nothing is copied to a server: what runs is in the image that the task definition names.",
			Remedy: "Remove os, files and permissions.", Chapter: chapterStructure,
			With:   Situation{Options: Options{Platform: ECS}},
			Fails:  "version: 0.0\n«os»: linux\n" + ecsWhole[len("version: 0.0\n"):],
			Passes: ecsWhole},
		{ID: "ECS-034", Severity: Warning, Title: "unknown property in an ECS file",
			Why:    "The User Guide knows no such key at this place. It is misspelt, or it belongs one level up or down; what it says has probably no effect.",
			Remedy: "Correct the key, move it to its place, or remove it.", Chapter: chapterResources,
			Fails:  ecsHead + ecsTask + "        «ContainerName»: web\n" + ecsBalancer,
			Passes: ecsWhole},
		{ID: "ECS-035", Severity: Warning, Title: "unusual case of a key in an ECS file",
			Why:    "The User Guide writes keys as TaskDefinition in one chapter and all in lower case in another, so both are taken. A third spelling is documented nowhere and may be passed over.",
			Remedy: "Write the key as the User Guide does.", Chapter: chapterResources,
			Fails:  ecsHead + "        «taskDefinition»: arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7\n" + ecsBalancer,
			Passes: "version: 0.0\nresources:\n  - TargetService:\n      type: AWS::ECS::Service\n      properties:\n        taskdefinition: arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7\n        loadbalancerinfo: {containername: web, containerport: 8080}\n"},
	}
}

// ecsPropertyRules are about what every service needs.
func ecsPropertyRules() []Rule {
	return []Rule{
		{ID: "ECS-007", Severity: Error, Title: "no TaskDefinition",
			Why:    "The task definition is what is deployed: CodeDeploy starts a new set of tasks from it. Without it there is nothing to start.",
			Remedy: "Give the ARN of the task definition, with its revision.", Chapter: chapterResources,
			Fails:  ecsHead + "        TaskDefinition: «\"\"»\n" + ecsBalancer,
			Passes: ecsWhole},
		{ID: "ECS-008", Severity: Error, Varies: true, Title: "TaskDefinition is no ARN",
			Why:    "Amazon ECS itself takes family:revision, but an AppSpec file has to give the whole ARN. A placeholder such as <TASK_DEFINITION> is warned of only: CodePipeline and others replace it before the deployment; without them it stays and fails.",
			Remedy: "Write arn:aws:ecs:REGION:ACCOUNT:task-definition/FAMILY:REVISION.", Chapter: chapterResources,
			Fails:  ecsHead + "        TaskDefinition: «web:7»\n" + ecsBalancer,
			Passes: ecsHead + "        TaskDefinition: arn:aws-cn:ecs:cn-north-1:111122223333:task-definition/web:7\n" + ecsBalancer},
		{ID: "ECS-009", Severity: Warning, Title: "task definition without its revision",
			Why:    "The documented form of the ARN ends with the revision. Without one the file does not tell what it deploys, and deploying the same file again may start something else.",
			Remedy: "Put the revision at the end: …task-definition/web:7.", Chapter: chapterResources,
			Fails:  ecsHead + "        TaskDefinition: «arn:aws:ecs:eu-west-1:111122223333:task-definition/web»\n" + ecsBalancer,
			Passes: ecsWhole},
		{ID: "ECS-010", Severity: Error, Title: "no LoadBalancerInfo",
			Why:    "CodeDeploy shifts traffic from the old tasks to the new ones. LoadBalancerInfo tells which container and port the load balancer sends it to.",
			Remedy: "Add LoadBalancerInfo: with ContainerName and ContainerPort below it.", Chapter: chapterResources,
			Fails:  "version: 0.0\nResources:\n  - TargetService:\n      Type: AWS::ECS::Service\n      «Properties»:\n" + ecsTask,
			Passes: ecsWhole},
		{ID: "ECS-011", Severity: Error, Varies: true, Title: "ContainerName",
			Why:    "The load balancer sends traffic to a container of the task definition, by its name. It has to be there, and to be one that the task definition has, which is checked if the task definition's containers are known.",
			Remedy: "Give the container's name as the task definition has it.", Chapter: chapterResources,
			With:   Situation{Target: Target{Containers: []string{"web", "envoy"}}},
			Fails:  ecsContainer + "          ContainerName: «wep»\n          ContainerPort: 8080\n",
			Passes: ecsContainer + "          ContainerName: envoy\n          ContainerPort: 8080\n"},
		{ID: "ECS-012", Severity: Error, Title: "ContainerPort",
			Why:    "The load balancer sends traffic to one port of the container, a number from 1 to 65535. YAML reads 0100 as octal and 80:80 in base 60, so that such a number is another than it looks.",
			Remedy: "Give the port of the container as a plain number, such as ContainerPort: 8080.", Chapter: chapterResources,
			Fails:  ecsContainer + "          ContainerName: web\n          ContainerPort: «80:8080»\n",
			Passes: ecsWhole},
		{ID: "ECS-013", Severity: Warning, Title: "ContainerPort in quotes",
			Why:    "ContainerPort is the only property that is documented as a number; all others are text. A template of the User Guide has empty quotes there, which many fill in.",
			Remedy: "Remove the quotes.", Chapter: chapterResources,
			Fails:  ecsContainer + "          ContainerName: web\n          ContainerPort: «\"8080\"»\n",
			Passes: ecsWhole},
	}
}

// ecsOptionRules are about what a service may have.
func ecsOptionRules() []Rule {
	const subnet, group, public = "            Subnets: [subnet-0a1b2c3d]\n", "            SecurityGroups: [sg-0a1b2c3d]\n", "            AssignPublicIp: DISABLED\n"
	const network = ecsNetwork + subnet + group + public
	const strategy = ecsStrategy + "          - CapacityProvider: FARGATE\n            Base: 1\n            Weight: 1\n          - CapacityProvider: FARGATE_SPOT\n            Weight: 3\n"
	return []Rule{
		{ID: "ECS-014", Severity: Error, Title: "part of the network settings",
			Why:    "Subnets, SecurityGroups and AssignPublicIp are given together or not at all. Without any of them CodeDeploy keeps the current network settings of the service.",
			Remedy: "Add what is missing, or leave NetworkConfiguration out.", Chapter: chapterResources,
			Fails:  ecsWhole + "        NetworkConfiguration:\n          «AwsvpcConfiguration»:\n" + subnet + group,
			Passes: network},
		{ID: "ECS-015", Severity: Error, Title: "Subnets and SecurityGroups are lists",
			Why:    "Both are lists of ids, in YAML as in JSON. Ids that are joined by commas in one text are one id to YAML, which no subnet has.",
			Remedy: "Write a list, even of one: [subnet-0a1b2c3d].", Chapter: chapterResources,
			Fails:  ecsNetwork + "            Subnets: «subnet-0a1b2c3d,subnet-4e5f6a7b»\n" + group + public,
			Passes: network},
		{ID: "ECS-016", Severity: Warning, Title: "no id of a subnet or security group",
			Why:    "Ids begin with subnet- and sg-. A name, or ids in the wrong list, would be looked for in vain.",
			Remedy: "Give the ids.", Chapter: "reference-appspec-file-example",
			Fails:  ecsNetwork + subnet + "            SecurityGroups: [«web-traffic»]\n" + public,
			Passes: network},
		{ID: "ECS-017", Severity: Error, Title: "AssignPublicIp",
			Why:    "The values are ENABLED and DISABLED, in upper case. yes, no, true and false are booleans to YAML.",
			Remedy: "Write ENABLED or DISABLED.", Chapter: chapterResources,
			Fails:  ecsNetwork + subnet + group + "            AssignPublicIp: «no»\n",
			Passes: network},
		{ID: "ECS-018", Severity: Error, Title: "no AwsvpcConfiguration",
			Why:    "The network settings stand below AwsvpcConfiguration, which stands below NetworkConfiguration. Directly below NetworkConfiguration they mean nothing.",
			Remedy: "Write AwsvpcConfiguration: in between and indent the settings below it.", Chapter: chapterResources,
			Fails:  ecsWhole + "        NetworkConfiguration:\n          «Subnets»: [subnet-0a1b2c3d]\n          SecurityGroups: [sg-0a1b2c3d]\n          AssignPublicIp: DISABLED\n",
			Passes: network},
		{ID: "ECS-019", Severity: Error, Varies: true, Title: "CapacityProviderStrategy",
			Why:    "The strategy is a list of mappings. Base is a number from 0 to 100000, the least number of tasks on a provider; Weight is one from 0 to 1000, its share of the others.",
			Remedy: "Begin each provider with a dash, and write Base and Weight as whole numbers.", Chapter: chapterResources,
			Fails:  ecsStrategy + "          - CapacityProvider: FARGATE\n            Weight: «50%»\n",
			Passes: strategy},
		{ID: "ECS-020", Severity: Error, Title: "Base of two providers",
			Why:    "Only one provider of a strategy can have a Base. A Base of 0 is the default and does not count.",
			Remedy: "Keep Base at one provider.", Chapter: chapterResources,
			Fails:  ecsStrategy + "          - CapacityProvider: FARGATE\n            Base: 1\n            Weight: 1\n          - CapacityProvider: FARGATE_SPOT\n            Base: «2»\n            Weight: 3\n",
			Passes: strategy},
		{ID: "ECS-021", Severity: Error, Title: "no provider with a Weight",
			Why:    "The default Weight is 0, and a provider with 0 gets no tasks. If all of several providers have 0, tasks cannot be placed and the deployment fails.",
			Remedy: "Give at least one provider a Weight above 0.", Chapter: chapterResources,
			Fails:  ecsWhole + "        «CapacityProviderStrategy»:\n          - CapacityProvider: FARGATE\n            Base: 1\n          - CapacityProvider: FARGATE_SPOT\n",
			Passes: strategy},
		{ID: "ECS-022", Severity: Warning, Title: "no name of a CapacityProvider",
			Why:    "Each item of the strategy is about one capacity provider, by its short name such as FARGATE_SPOT. Without it Base and Weight belong to nothing.",
			Remedy: "Give the provider's short name.", Chapter: chapterResources,
			Fails:  ecsStrategy + "          - «Weight: 1»\n",
			Passes: strategy},
		{ID: "ECS-023", Severity: Warning, Title: "PlatformVersion",
			Why:    "The platform version of Fargate is text: LATEST, or three numbers such as 1.4.0. Without quotes 1.4 is a number to YAML, and no version.",
			Remedy: "Write \"LATEST\" or a whole version such as \"1.4.0\".", Chapter: chapterResources,
			Fails:  ecsWhole + "        PlatformVersion: «1.4»\n",
			Passes: ecsWhole + "        PlatformVersion: \"1.4.0\"\n"},
	}
}
