package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// filled refuses flags that were given empty: what a policy leaves open, more
// than was meant may do.
func filled(env *step.Env) error {
	switch len(env.Empty) {
	case 0:
		return nil
	case 1:
		return step.Errorf(step.Misused, "%s is empty", env.Empty[0]).Do("Is a variable not set? Leave the flag out if nothing is meant.")
	}
	return step.Errorf(step.Misused, "%s are empty", step.And(env.Empty)).Do("Are variables not set? Leave the flags out if nothing is meant.")
}

// lacks notes an input that is missing.
func (in *Inputs) lacks(name string) {
	if !slices.Contains(in.lack, "--"+name) {
		in.lack = append(in.lack, "--"+name)
	}
}

// remedy says how what is missing is given.
func (in *Inputs) remedy() string {
	text := "Name what the role may act on"
	if slices.Contains(in.lack, "--account") {
		text += "; an account is 12 digits"
	}
	if slices.Contains(in.lack, "--region") {
		text += "; the region may be AWS_REGION"
	}
	if slices.Contains(in.lack, "--application") || slices.Contains(in.lack, "--deployment-group") {
		text += "; a wildcard, such as 'web-*', stands for several"
	}
	return text + "."
}

// names lists the inputs that a template has.
func names(template string) []string {
	var all []string
	for _, name := range regexp.MustCompile(placeholder).FindAllString(template, -1) {
		all = append(all, strings.Trim(name, "<>"))
	}
	return all
}

// oneOf lists the inputs of which a subject names one.
func (p provider) oneOf() []string {
	var all []string
	for _, form := range p.subjects {
		for _, name := range names(form) {
			if !p.always(name) {
				all = append(all, "--"+name)
			}
		}
	}
	slices.Sort(all)
	return all
}

// open says if a subject can do without any of them.
func (p provider) open() bool {
	return slices.ContainsFunc(p.subjects, func(form string) bool {
		return !slices.ContainsFunc(names(form), func(name string) bool { return !p.always(name) })
	})
}

// always says if every subject names an input.
func (p provider) always(name string) bool {
	return !slices.ContainsFunc(p.subjects, func(form string) bool { return !slices.Contains(names(form), name) })
}

// complete refuses at once all inputs that are missing.
func (in *Trust) complete(p provider, values map[string]string) error {
	var lack, forms []string
	need := func(name, value string) {
		if value != "" || slices.Contains(lack, "--"+name) {
			return
		}
		lack = append(lack, "--"+name)
		if form := p.form[name]; form != "" {
			forms = append(forms, fmt.Sprintf("--%s is %s.", name, form))
		}
	}
	if need("account", in.Account); in.Account == "" {
		forms = append(forms, "--account is the account of the role, 12 digits.")
	}
	for _, name := range names(p.subjects[0]) {
		if p.always(name) {
			need(name, values[name])
		}
	}
	for _, template := range []struct{ name, given, usual string }{{"issuer", in.Issuer, p.issuer}, {"oidc-audience", in.Audience, p.audience}} {
		if template.usual == "" {
			need(template.name, template.given)
		}
		if template.given == "" {
			for _, name := range names(template.usual) {
				need(name, values[name])
			}
		}
	}
	if len(lack) == 0 {
		return nil
	}
	given := func(flag string) bool { return values[strings.TrimPrefix(flag, "--")] != "" }
	if or := p.oneOf(); !p.open() && !slices.ContainsFunc(or, given) {
		lack = append(lack, "one of "+strings.Join(or, ", "))
	}
	err := step.NotSet(lack...)
	err.Err = fmt.Errorf("%s: %w", p.title, err.Err)
	return err.Do("%s", strings.Join(forms, " "))
}
