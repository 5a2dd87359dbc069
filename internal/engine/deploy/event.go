// Package deploy is the engine's CodeDeploy: applications, groups,
// configurations, revisions, deployments and the orchestration of a deployment
// over its instances.
//
// Everything that happens is an Event, appended to a log before anything is
// done about it. The state of the world is a fold over that log (world.go), and
// the orchestrator's decisions are a function of the state (next.go): killed at
// any moment, the engine reads the log and goes on. Instances are not called:
// they poll for commands and report results (hosts.go), as agents do.
//
// Requests and answers are the SDK's own structs. Facts come from the CodeDeploy
// User Guide (instances-health, deployments-stop, deployments-rollback-and-redeploy,
// limits, error-codes) and from the API's model.
package deploy

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// Event is one thing that happened; exactly one of its pointers is set.
type Event struct {
	At time.Time

	ApplicationCreated *ApplicationCreated `json:",omitempty"`
	ApplicationDeleted *ApplicationDeleted `json:",omitempty"`
	GroupPut           *GroupPut           `json:",omitempty"`
	GroupDeleted       *GroupDeleted       `json:",omitempty"`
	ConfigCreated      *ConfigCreated      `json:",omitempty"`
	ConfigDeleted      *ConfigDeleted      `json:",omitempty"`
	RevisionRegistered *RevisionRegistered `json:",omitempty"`
	InstanceAdded      *InstanceAdded      `json:",omitempty"`
	InstanceRemoved    *InstanceRemoved    `json:",omitempty"`
	InstanceReplaced   *InstanceReplaced   `json:",omitempty"`
	DeploymentCreated  *DeploymentCreated  `json:",omitempty"`
	DeploymentStarted  *DeploymentStarted  `json:",omitempty"`
	DeploymentFailing  *DeploymentFailing  `json:",omitempty"`
	StopRequested      *StopRequested      `json:",omitempty"`
	EventStarted       *EventStarted       `json:",omitempty"`
	EventEnded         *EventEnded         `json:",omitempty"`
	TargetEnded        *TargetEnded        `json:",omitempty"`
	DeploymentEnded    *DeploymentEnded    `json:",omitempty"`
}

type ApplicationCreated struct {
	ID, Name string
}

type ApplicationDeleted struct{ Name string }

// GroupPut creates a group or replaces what was declared of it.
type GroupPut struct{ Info types.DeploymentGroupInfo }

type GroupDeleted struct{ Application, Group string }

type ConfigCreated struct {
	ID, Name string
	Minimum  types.MinimumHealthyHosts
}

type ConfigDeleted struct{ Name string }

type RevisionRegistered struct {
	Application string
	Location    types.RevisionLocation
	Description string
}

// InstanceAdded tells of a built-in instance.
type InstanceAdded struct {
	ID, Hostname  string
	Kind, Network string
	Tags          map[string]string
}

type InstanceRemoved struct{ ID string }

// InstanceReplaced tells that an instance lost its disk: nothing is deployed to it.
type InstanceReplaced struct{ ID string }

type DeploymentCreated struct {
	ID, Application, Group string
	Config                 string
	Revision               types.RevisionLocation
	Previous               *types.RevisionLocation `json:",omitempty"`
	Creator                types.DeploymentCreator
	Description            string
	FileExists             types.FileExistsBehavior
	AutoRollback           *types.AutoRollbackConfiguration `json:",omitempty"`
	IgnoreStopFailures     bool
	OnlyOutdated           bool
	RollbackOf             string `json:",omitempty"` // the deployment that this one rolls back
}

// DeploymentStarted fixes the targets in the order in which they are tried, and
// the minimum of healthy ones, a number now.
type DeploymentStarted struct {
	ID      string
	Targets []string
	Events  []string // lifecycle events, in order
	Minimum int
}

// DeploymentFailing means: no further target is begun.
type DeploymentFailing struct {
	ID    string
	Error types.ErrorInformation
}

type StopRequested struct {
	ID       string
	Rollback *bool // the request's autoRollbackEnabled; nil: as configured
}

type EventStarted struct{ Deployment, Target, Name string }

type EventEnded struct {
	Deployment, Target, Name string
	Status                   types.LifecycleEventStatus
	Diagnostics              *types.Diagnostics `json:",omitempty"`
}

type TargetEnded struct {
	Deployment, Target string
	Status             types.TargetStatus
}

type DeploymentEnded struct {
	ID     string
	Status types.DeploymentStatus
	Error  *types.ErrorInformation `json:",omitempty"`
	// RollbackMessage says why no rollback follows although one was configured.
	RollbackMessage string `json:",omitempty"`
}
