package appspec

// Service is the Amazon ECS service that a file deploys
// (reference-appspec-file-structure-resources.md).
type Service struct {
	Name            String // the resource's own key, TargetService
	TaskDefinition  String // an ARN, or a placeholder that a pipeline fills in
	ContainerName   String
	ContainerPort   String
	PlatformVersion String   // absent: LATEST
	Network         *Network // nil: the service's own settings stay
	// CapacityProviders is empty where the service's own strategy stays.
	CapacityProviders []CapacityProvider
}

// Network is where the tasks of a service run.
type Network struct {
	Subnets, SecurityGroups []String
	AssignPublicIP          String // ENABLED or DISABLED
}

// CapacityProvider is one item of a capacity provider strategy. Base and
// Weight count 0 where they are absent.
type CapacityProvider struct {
	Name, Base, Weight String
}

// Function is the AWS Lambda function whose alias a file moves from one
// version to another.
type Function struct {
	Key                           String // the resource's own key, any name
	Name, Alias                   String
	CurrentVersion, TargetVersion String
}

// Validation is the Lambda function that runs at one lifecycle event of a
// deployment to Amazon ECS or AWS Lambda.
type Validation struct {
	Event    String
	Function String // its name or ARN
}

// Name is what the User Guide calls the platform, "" for an unknown one.
func (p Platform) Name() string {
	switch p {
	case Server:
		return "EC2/on-premises"
	case ECS:
		return "Amazon ECS"
	case Lambda:
		return "AWS Lambda"
	}
	return ""
}

// ofService is true for documents that the service reads and no agent does.
func (p Platform) ofService() bool { return p == ECS || p == Lambda }
