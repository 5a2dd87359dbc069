// Package step is what all steps have in common: how a step's inputs are
// declared and read, how its outputs reach the next step, which exit code an
// error has, and the main function that puts these together.
//
// A step is a struct whose fields are its inputs, with a method Run. The tags
// of the fields are the only place where an input is described; flags,
// environment variables, help, action.yml and reference pages come from them:
//
//	flag     the input's name, in every CI system (required)
//	help     one sentence
//	default  value when nobody set it
//	enum     comma-separated values that are allowed
//	arg      "true": the positional arguments set it too
//	list     "lines": the values of a list are told apart by line breaks only,
//	         not by commas; for paths
//	env      further environment variables, comma-separated, that set it
//	file     "no": not taken from .codedeploy-steps.yml, which comes with the checkout
//	bare     value of the flag without one, and of true, as in --fix
//	output   "no": not taken from the outputs of an earlier step
//	secret   "true": never shown
//	required "true": nothing is done without it; "aws": but for the endpoint local
//	group    the heading that it stands below in help; see [Groups]
//
// A field of struct type without a flag tag is descended into. Where the same
// name occurs more than once, all its fields get the one value, and the first
// occurrence describes it: so a step that is made of others embeds their inputs.
//
// The package knows no CI system (see package ci), no AWS and no network.
package step

import (
	"context"

	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
)

// Step declares one step.
type Step struct {
	Name    string   // as typed; "engine serve" is a step of the group "engine"
	Summary string   // one sentence, for lists
	Details string   // further help, for its own page
	Outputs []string // names in OutputHelp
	// First says that the step begins a chain: it reads nothing from the outputs
	// file, where an earlier run may have left its own.
	First bool
	// Documents are the values of --format, besides those of Common, that are one
	// document with what was found. See [Env.Report] too.
	Documents map[string]report.Format
	// Calls are the operations of AWS that the step calls. The tests compare them
	// with what it really calls; package policy makes its permissions of them.
	Calls []Call
	// New returns a pointer to a fresh inputs struct.
	New func() Inputs
}

// Call is an operation of AWS that a step calls.
type Call struct {
	Operation string // service and operation as the SDK names them: "S3 PutObject"
	// If names the inputs that have to be set for the call to be made, as
	// "wait", or "on-cancel=stop" for a value.
	If        []string
	EachGroup bool // made for every deployment group of the application, not for one
	Version   bool // of the object's version that a revision names, where it names one
}

// Inputs is a pointer to a struct of inputs that embeds Common.
type Inputs interface {
	// Run carries out the step. What it has to say goes through env.
	Run(ctx context.Context, env *Env) error
	common() *Common
}

// ready is inputs that look at what a step will need, before it runs;
// a dry run needs nothing.
type ready interface{ Ready(env *Env) error }

// Common are the inputs of every step.
type Common struct {
	_       struct{} `group:"Every step"`
	Format  string   `flag:"format" enum:"text,json" default:"text" help:"How events are written: text for people, json for one object a line."`
	Outputs string   `flag:"outputs" file:"no" help:"File that gets the outputs as name=value lines; inputs that nobody set are read from it."`
	Dotenv  string   `flag:"dotenv" file:"no" help:"File that gets the outputs as variables, such as CODEDEPLOY_DEPLOYMENT_ID=d-…: for GitLab's artifacts:reports:dotenv and its like. It is data, not a script for a shell."`
	Verbose bool     `flag:"verbose" env:"RUNNER_DEBUG" help:"Say more: requests and decisions, secrets left out."`
}

func (c *Common) common() *Common { return c }

// OutputHelp describes every output. The names are the same in every CI system
// and a promise from the first release on.
var OutputHelp = map[string]string{
	"application":            "Name of the application.",
	"deployment-group":       "Name of the deployment group.",
	"bundle":                 "Path of the bundle, relative to the workspace where it lies in it.",
	"revision":               "Location of the revision: s3://bucket/key?versionId=…&etag=…",
	"bundle-digest":          "SHA-256 of the bundle's manifest (names, modes, contents), whatever its type.",
	"bundle-size":            "Size of the bundle in bytes.",
	"etag":                   "ETag that S3 gave the bundle.",
	"version-id":             "Version that S3 gave the bundle, in a versioned bucket.",
	"unchanged":              "true if the same content was there already and nothing was uploaded.",
	"deployment-id":          "Id of the deployment.",
	"status":                 "Last status of the deployment, in the service's words.",
	"rollback-deployment-id": "Id of the deployment that went back to the last good revision.",
}
