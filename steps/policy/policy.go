// Package policy writes IAM policies: what a role may do that carries out the
// named steps, and no more (policy), and who may act as it (policy trust).
//
// What a step calls is declared beside the step (step.Step.Calls); what an
// operation needs stands in one table here. Nothing is asked of AWS, and nothing
// here can tell what IAM makes of a policy: there is no IAM to try it with.
package policy

import (
	"context"
	"slices"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// Inputs of the step. Those of the steps that it is about are named as there;
// where one is not set, the step's own default counts.
type Inputs struct {
	step.Common
	Steps []string `flag:"steps" arg:"true" list:"lines" help:"Names of the steps, one a line; also the positional arguments."`
	Place
	Application      string   `flag:"application" help:"Name of the application; * and ? are wildcards."`
	DeploymentGroup  string   `flag:"deployment-group" help:"Name of the deployment group; * and ? are wildcards."`
	DeploymentConfig string   `flag:"deployment-config" help:"Deployment configuration; any if empty, since the group's own may be any."`
	Wait             *bool    `flag:"wait" help:"Whether deploy, release, rollback and stop follow the deployment."`
	OnCancel         string   `flag:"on-cancel" enum:"stop,leave" help:"What becomes of a deployment that is followed when the step is cancelled."`
	OnTimeout        string   `flag:"on-timeout" enum:"stop,leave" help:"What becomes of a deployment that is followed when the time is over."`
	IfBusy           string   `flag:"if-busy" enum:"fail,wait,stop" help:"What deploy, release and rollback do if the group has a deployment running already."`
	GitHubAccount    string   `flag:"github-account" help:"Name of the connection to GitHub, if deploy is given one."`
	S3Bucket         string   `flag:"s3-bucket" help:"Bucket that has the bundles."`
	S3Key            string   `flag:"s3-key" help:"Key of the bundles, as push is given it: what {…} stands for may be anything."`
	S3Prefix         string   `flag:"s3-prefix" help:"Folder that the keys begin with."`
	S3Versioned      bool     `flag:"s3-versioned" help:"The bucket keeps versions: revisions name them."`
	S3KMSKey         string   `flag:"s3-kms-key" help:"ARN or id of the KMS key that encrypts the bundles, also where the bucket's own settings name it."`
	S3ACL            string   `flag:"s3-acl" help:"Canned ACL, if push is given one."`
	S3Tags           []string `flag:"s3-tags" help:"Tags of the object, if push is given some."`
	Delete           bool     `flag:"delete" file:"no" help:"Whether revisions prune really deletes."`
	NextRole         []string `flag:"next-role" list:"lines" help:"ARN of the role that this one assumes next, in a chain of --role-to-assume; the steps may be left out then."`
	RoleTags         bool     `flag:"role-tags" help:"Whether sessions of the next role are tagged, as --role-tags does it."`
	By               string   `flag:"by" enum:"user-guide,service-authorization" default:"user-guide" help:"What to go by where AWS's documents differ: the CodeDeploy User Guide, or the Service Authorization Reference, which allows StopDeployment, the listing of targets and of connections to GitHub on * only."`

	all  []step.Step
	lack []string // inputs that the policy needs and nobody set
}

// Steps declares the steps that write policies for the given ones.
func Steps(all []step.Step) []step.Step {
	// On standard output is the policy alone, so that it can be a file as it is.
	documents := map[string]report.Format{"text": report.Policy}
	return []step.Step{
		{Name: "policy", Summary: "Write the least IAM policy for the named steps.", Documents: documents,
			Details: "policy release --account 123456789012 --region eu-west-1 --application web --deployment-group production --s3-bucket releases",
			New:     func() step.Inputs { return &Inputs{all: all} }},
		{Name: "policy trust", Summary: "Write the trust policy by which a CI system's jobs may act as a role.", Documents: documents,
			Details: providerHelp(),
			New:     func() step.Inputs { return &Trust{} }},
	}
}

// Run writes the policy.
func (in *Inputs) Run(_ context.Context, env *step.Env) error {
	if err := filled(env); err != nil {
		return err
	}
	named, err := in.named()
	if err != nil {
		return err
	}
	if err := in.Place.check(); err != nil {
		return err
	}
	actions, table := map[kind][]string{}, grants()
	for _, s := range named {
		in.allow(env, table, actions, s)
	}
	if len(in.NextRole) > 0 {
		if err := in.chain(actions); err != nil {
			return err
		}
	}
	if in.Account == "" {
		in.lacks("account")
	}
	var statements []statement
	for k := application; k <= nextRole; k++ {
		if len(actions[k]) == 0 {
			continue
		}
		arns, err := in.arns(k)
		if err != nil {
			return err
		}
		slices.Sort(actions[k])
		statements = append(statements, statement{Sid: k.sid(), Effect: "Allow", Action: slices.Compact(actions[k]), Resource: arns})
	}
	if len(in.lack) > 0 && len(statements) > 0 {
		return step.NotSet(in.lack...).Do("%s", in.remedy())
	}
	if len(statements) == 0 {
		return step.Errorf(step.Misused, "%s: nothing there calls AWS, so there is nothing to allow", strings.Join(in.Steps, ", "))
	}
	return say(env, statements)
}

// named finds the steps. The words of a name may be arguments of their own.
func (in *Inputs) named() ([]step.Step, error) {
	words := strings.Fields(strings.Join(in.Steps, " "))
	if len(words) == 0 && len(in.NextRole) == 0 {
		return nil, step.Errorf(step.Misused, "which steps? None is named").Do("Name those that the role carries out: policy release; policy push deploy wait.")
	}
	var named []step.Step
	for len(words) > 0 {
		count := 0
		for _, s := range in.all {
			name := strings.Fields(s.Name)
			if len(name) <= len(words) && len(name) > count && slices.Equal(name, words[:len(name)]) {
				if count > 0 {
					named = named[:len(named)-1]
				}
				named, count = append(named, s), len(name)
			}
		}
		if count == 0 {
			var names []string
			for _, s := range in.all {
				names = append(names, s.Name)
			}
			return nil, step.Errorf(step.Misused, "no step is called %q%s", words[0], step.DidYouMean(words[0], names)).Do("There are %s.", strings.Join(names, ", "))
		}
		words = words[count:]
	}
	return named, nil
}

// allow adds what a step needs.
func (in *Inputs) allow(env *step.Env, table map[string][]grant, actions map[kind][]string, s step.Step) {
	for _, call := range s.Calls {
		if !in.made(env, s, call) {
			continue
		}
		for _, g := range table[call.Operation] {
			on := g.on
			switch {
			case g.when != nil && !g.when(in):
				continue
			case g.wide && in.By == "service-authorization":
				on = anywhere
			case on == group && call.EachGroup:
				on = groups
			}
			actions[on] = append(actions[on], g.action)
			if version := versioned(g.action); version != "" && call.Version && in.S3Versioned {
				actions[on] = append(actions[on], version)
			}
		}
	}
}

// made says if a step makes a call with these inputs.
func (in *Inputs) made(env *step.Env, s step.Step, call step.Call) bool {
	for _, condition := range call.If {
		name, want, exact := strings.Cut(condition, "=")
		value := in.value(env, s, name)
		if exact && value != want || value == "" || value == "false" || value == "0" {
			return false
		}
	}
	return true
}

// value is an input of a step as it would have it: given here, or its default.
func (in *Inputs) value(env *step.Env, s step.Step, name string) string {
	fields := step.Fields(s.New())
	if env.Given(name) {
		fields = step.Fields(in)
	}
	for _, f := range fields {
		switch {
		case f.Name == name && env.Given(name):
			return f.String()
		case f.Name == name:
			return f.Default
		}
	}
	return ""
}

// chain adds what it takes to assume the next role of a chain.
func (in *Inputs) chain(actions map[kind][]string) error {
	for _, role := range in.NextRole {
		if !matches(roleARN, role) {
			return step.Errorf(step.Misused, "--next-role %q is not the ARN of a role", role)
		}
	}
	actions[nextRole] = []string{"sts:AssumeRole"}
	if in.RoleTags {
		actions[nextRole] = append(actions[nextRole], "sts:TagSession")
	}
	return nil
}
