// Package awsconf opens what a step talks to: AWS, a CodeDeploy-compatible
// address, or the engine. The step gets SDK clients and never learns which of
// these it has.
//
// The engine itself is not known here: a program that links it hands its opener
// in (Opener), so that the small programs stay small.
package awsconf

import (
	"fmt"
	"net/url"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// Inputs are the inputs of every step that calls the service.
type Inputs struct {
	_        struct{} `group:"Where"`
	Endpoint string   `flag:"endpoint" default:"aws" file:"no" help:"What to talk to: aws, local (the embedded engine; no account is needed) or a URL. With aws the SDK's own AWS_ENDPOINT_URL variables hold too."`
	Region   string   `flag:"region" help:"AWS region; the SDK's own settings (AWS_REGION, profile) if empty."`
	Role
	Engine
}

// Engine are the inputs that concern the engine of --endpoint local.
type Engine struct {
	State        string `flag:"state" default:".codedeploy-steps" file:"no" help:"Folder of the engine's state, for --endpoint local. Never part of a bundle."`
	Instances    *int   `flag:"instances" help:"How many instances the engine has; 2 if nothing else is said, 1 of kind host."`
	InstanceKind string `flag:"instance-kind" enum:"auto,sandbox,container,directory,host" default:"auto" file:"no" help:"What the engine's instances are: auto takes the best kind that works here."`
	InstanceName string `flag:"instance-name" default:"local" help:"Value of the tag Name of the engine's instances, by which deployment groups select them."`
	Network      string `flag:"network" enum:"none,host" default:"none" file:"no" help:"What a sandboxed instance sees of the network: its own loopback, or the machine's network."`
}

// Check refuses what no endpoint can be and no engine can have, before anything
// is begun.
func (in *Inputs) Check() error {
	if in.Endpoint != "aws" && in.Endpoint != "local" {
		if u, err := url.Parse(in.Endpoint); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return step.Errorf(step.Misused, "--endpoint %q is neither aws, local nor a URL such as http://127.0.0.1:4100", in.Endpoint)
		}
	}
	if in.Endpoint == "local" {
		if len(in.RoleToAssume) > 0 {
			return step.Errorf(step.Misused, "--role-to-assume has no meaning with --endpoint local, which needs no account")
		}
		return in.Engine.Check()
	}
	return in.Role.check()
}

// Ready refuses a folder of the engine's state that can't be made.
func (in *Inputs) Ready(env *step.Env) error {
	if in.Endpoint != "local" {
		return nil
	}
	return in.Engine.Ready(env)
}

// Ready refuses a folder of the engine's state that can't be made.
func (in *Engine) Ready(env *step.Env) error { return env.CheckFolder("state", in.State) }

// Check refuses what no engine can have.
func (in *Engine) Check() error {
	switch n := in.Instances; {
	case n != nil && (*n < 1 || *n > MaxInstances):
		return step.Errorf(step.Misused, "--instances %d: the engine has from 1 to %d instances", *n, MaxInstances)
	case n != nil && *n != 1 && in.InstanceKind == "host":
		return step.Errorf(step.Misused, "--instances %d: the kind host is this machine, one instance", *n)
	case in.InstanceKind == "container":
		return step.Errorf(step.Misused, "--instance-kind container: instances of that kind are not there yet").
			Do("Take sandbox, directory or host.")
	}
	return nil
}

// MaxInstances bounds what one machine is asked to carry.
const MaxInstances = 100

// Plan fills in the names that nobody gave, as Clients.Complete would, and
// refuses missing ones, without asking anybody or making anything.
func (in *Inputs) Plan(n *Names) error {
	if in.Endpoint == "local" {
		n.fill()
	}
	return n.Check()
}

// Command is a command line for the user: a step with its inputs, at the
// endpoint at hand.
func (in *Inputs) Command(line string, args ...any) string {
	line = fmt.Sprintf(line, args...)
	if in.Endpoint != "aws" {
		line += " --endpoint " + in.Endpoint
	}
	if in.Endpoint == "local" {
		line = AtState(line, in.State)
	}
	return line
}

// AtState is a command line for the user that concerns the engine of a state
// folder, which is named where it is not the default.
func AtState(line, state string) string {
	if state == ".codedeploy-steps" {
		return line
	}
	return line + " --state " + state
}

// Names are the names that a release needs. The opener of the engine fills in
// what is empty and makes what is missing; with AWS the user names them.
type Names struct {
	Application string
	Group       string
	Bucket      string
	Source      string // folder or archive of the revision, to name the application after

	WantApplication, WantBucket, WantGroup bool // what the step can't do without

	Existing bool // the application has to be there: nothing is made
	Guessed  bool // nobody named the application: it is that of the source
}
