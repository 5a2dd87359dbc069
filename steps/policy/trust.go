package policy

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// Trust are the inputs of policy trust.
type Trust struct {
	step.Common
	Provider string `flag:"provider" arg:"true" help:"The CI system: github, gitlab, bitbucket, circleci, buildkite, azure or jenkins; or role, for a role that another one assumes."`
	Place
	Narrow
	Issuer    string `flag:"issuer" help:"Issuer of the tokens, where it is not the system's usual one: a GitLab of one's own, https://HOST/_services/token of a GitHub Enterprise Server, https://HOST/oidc of a Jenkins."`
	Audience  string `flag:"oidc-audience" help:"Audience of the tokens; what the steps ask for, or the system's own, if empty."`
	Principal string `flag:"principal" help:"ARN of the role that may assume this one, with the provider role."`
	RoleTags  bool   `flag:"role-tags" help:"Whether that role tags its sessions, as --role-tags does it."`
}

// Narrow are the inputs that say which jobs may act as the role. Each system
// takes those that its tokens tell.
type Narrow struct {
	_                 struct{} `group:"Whose jobs"`
	Organization      string   `flag:"organization" help:"Organization, or workspace: its name, for CircleCI its id."`
	OrganizationID    string   `flag:"organization-id" help:"Id of the organization in Azure DevOps."`
	Project           string   `flag:"project" help:"Project: its id for CircleCI, its name for Azure; the pipeline's name for Buildkite."`
	Repository        string   `flag:"repository" help:"Repository: owner/name for GitHub, group/project for GitLab, its id for Bitbucket, github.com/owner/name for CircleCI."`
	Branch            string   `flag:"branch" help:"Branch whose jobs may act as the role; release/* stands for all that begin so."`
	Tag               string   `flag:"tag" help:"Tag whose jobs may act as the role; v* stands for all that begin so."`
	Environment       string   `flag:"environment" help:"Environment whose jobs may act as the role; for Bitbucket its id."`
	ServiceConnection string   `flag:"service-connection" help:"Service connection in Azure DevOps whose token it is."`
	Job               string   `flag:"job" help:"Address of the job in Jenkins."`
}

const roleARN = `^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$`

// Run writes the trust policy.
func (in *Trust) Run(_ context.Context, env *step.Env) error {
	if err := filled(env); err != nil {
		return err
	}
	if in.Provider == "role" {
		return in.role(env)
	}
	known := providers()
	i := slices.IndexFunc(known, func(p provider) bool { return p.name == in.Provider })
	if i < 0 {
		names := []string{"role"}
		for _, p := range known {
			names = append(names, p.name)
		}
		if in.Provider == "" {
			return step.Errorf(step.Misused, "which system? None is named").Do("There are %s.", strings.Join(names, ", "))
		}
		return step.Errorf(step.Misused, "which system? %q is none that is known%s", in.Provider, step.DidYouMean(in.Provider, names)).
			Do("There are %s.", strings.Join(names, ", "))
	}
	if err := in.Place.check(); err != nil {
		return err
	}
	p := known[i]
	values, err := in.values(p)
	if err != nil {
		return err
	}
	if err := in.complete(p, values); err != nil {
		return err
	}
	subject, err := p.subject(values)
	if err != nil {
		return err
	}
	issuer, err := in.issuer(p, values)
	if err != nil {
		return err
	}
	audience := in.Audience
	if strings.TrimSpace(audience) != audience {
		return step.Errorf(step.Misused, "--oidc-audience %q names nothing: it begins or ends with a blank", audience)
	}
	if audience == "" {
		if audience, err = p.fill(p.audience, "oidc-audience", values); err != nil {
			return err
		}
	}
	is := map[string]map[string]string{"StringEquals": {issuer + ":aud": audience}}
	if strings.ContainsAny(subject, "*?") {
		is["StringLike"] = map[string]string{issuer + ":sub": subject}
	} else {
		is["StringEquals"][issuer+":sub"] = subject
	}
	return say(env, []statement{{
		Effect: "Allow", Action: []string{"sts:AssumeRoleWithWebIdentity"}, Condition: is,
		Principal: map[string]string{"Federated": "arn:" + in.Partition + ":iam::" + in.Account + ":oidc-provider/" + issuer},
	}})
}

// role is the trust policy of a role that another one assumes.
func (in *Trust) role(env *step.Env) error {
	if in.Principal == "" {
		return step.NotSet("--principal").Do("Name the role that may assume this one, by its ARN.")
	}
	if !matches(roleARN, in.Principal) {
		return step.Errorf(step.Misused, "--principal %q is not the ARN of a role", in.Principal).Do("Name the role that may assume this one. A wildcard is not taken: it would let others in.")
	}
	actions := []string{"sts:AssumeRole"}
	if in.RoleTags {
		actions = append(actions, "sts:TagSession")
	}
	return say(env, []statement{{Effect: "Allow", Principal: map[string]string{"AWS": in.Principal}, Action: actions}})
}

// values are the inputs that narrow, checked: none may stand for others.
func (in *Trust) values(p provider) (map[string]string, error) {
	values := map[string]string{"sts": awsconf.Audience(in.Partition)}
	for _, f := range []struct {
		name, given string
		endsOpen    bool // an asterisk may end it
	}{
		{"organization", in.Organization, false}, {"organization-id", in.OrganizationID, false}, {"project", in.Project, false},
		{"repository", in.Repository, false}, {"service-connection", in.ServiceConnection, false}, {"job", in.Job, false},
		{"branch", in.Branch, true}, {"tag", in.Tag, true}, {"environment", in.Environment, false},
	} {
		if f.given == "" {
			continue
		}
		value := f.given
		switch {
		case f.name == "branch":
			value = strings.TrimPrefix(value, "refs/heads/")
		case f.name == "tag":
			value = strings.TrimPrefix(value, "refs/tags/")
		case p.name == "bitbucket":
			value = strings.TrimSuffix(strings.TrimPrefix(value, "{"), "}")
		}
		if why := p.not[f.name]; why != "" {
			return nil, step.Errorf(step.Misused, "--%s can't narrow who acts as the role: %s", f.name, why)
		}
		if value == "" || strings.TrimSpace(value) != value {
			return nil, step.Errorf(step.Misused, "--%s %q names nothing: it is empty, or begins or ends with a blank", f.name, f.given)
		}
		if err := literal(f.name, value, f.endsOpen); err != nil {
			return nil, err
		}
		values[f.name] = value
		switch {
		case p.name == "github" && f.name != "repository":
			values[f.name] = strings.ReplaceAll(value, ":", "%3A")
		case f.name == "job" && !strings.HasSuffix(value, "/"):
			values[f.name] += "/"
		}
	}
	if r := values["repository"]; r != "" && p.name != "bitbucket" && (!matches(`^[^/:\s]+(/[^/:\s]+)+$`, r)) {
		return nil, step.Errorf(step.Misused, "--repository %q is not of the form %s", r, p.form["repository"])
	}
	return values, nil
}

// literal refuses what would stand for others than the one that is meant.
func literal(name, value string, endsOpen bool) error {
	rest := value
	if endsOpen && len(value) > 1 {
		rest = strings.TrimSuffix(value, "*")
	}
	switch {
	case strings.ContainsAny(rest, "*?") && endsOpen:
		return step.Errorf(step.Misused, "--%s %q: a wildcard that stands for any %s lets everybody act as the role who may push one", name, value, name).
			Do("Name the %s. An asterisk may end a name, as in release/*: then protect all that begin so.", name)
	case strings.ContainsAny(rest, "*?"):
		return step.Errorf(step.Misused, "--%s %q: a wildcard there lets jobs act as the role that others than you decide on", name, value).
			Do("Name one %s; a role for several has a statement for each.", name)
	case strings.Contains(rest, "${") || strings.ContainsFunc(rest, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return step.Errorf(step.Misused, "--%s %q can't be a name", name, value).Do("${…} is a variable of IAM's policies.")
	}
	return nil
}

// subject is the first form whose inputs are all given.
func (p provider) subject(values map[string]string) (string, error) {
	var choices []string
	for _, name := range []string{"branch", "tag", "environment"} {
		if values[name] != "" {
			choices = append(choices, "--"+name)
		}
	}
	if len(choices) > 1 {
		return "", step.Errorf(step.Misused, "%s: a subject names one of them", strings.Join(choices, " and ")).
			Do("Give one. A role for several has a statement for each.")
	}
	for _, form := range p.subjects {
		if subject, err := p.fill(form, "", values); err == nil {
			return subject, nil
		}
	}
	return "", step.Errorf(step.Misused, "%s: which of its jobs? None of %s is set, and any job of the repository could act as the role", p.title, strings.Join(p.oneOf(), ", ")).
		Do("Name one; a pull request's jobs are then left out.")
}

// fill puts the inputs into a template, which is an input's own value if empty.
func (p provider) fill(template, input string, values map[string]string) (string, error) {
	if template == "" {
		return "", p.missing(input)
	}
	var err error
	text := regexp.MustCompile(placeholder).ReplaceAllStringFunc(template, func(s string) string {
		name := strings.Trim(s, "<>")
		if values[name] == "" && err == nil {
			err = p.missing(name)
		}
		return values[name]
	})
	return text, err
}

func (p provider) missing(input string) error {
	err := step.Errorf(step.Misused, "%s: --%s is not set", p.title, input)
	if form := p.form[input]; form != "" {
		return err.Do("It is %s.", form)
	}
	return err
}

// issuer is the issuer's address as IAM names it, without a scheme.
func (in *Trust) issuer(p provider, values map[string]string) (string, error) {
	address := in.Issuer
	if address == "" {
		var err error
		if address, err = p.fill(p.issuer, "issuer", values); err != nil {
			return "", err
		}
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil || strings.ContainsAny(address, "*?$ ") {
		return "", step.Errorf(step.Misused, "--issuer %q is not the address of an issuer", address).Do("IAM takes https:// addresses without a query.")
	}
	return strings.TrimSuffix(strings.TrimPrefix(address, "https://"), "/"), nil
}
