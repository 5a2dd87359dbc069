package step

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// ownVariable begins the names of variables that are nobody's but ours.
const ownVariable = "CODEDEPLOY_STEPS_"

var ofList = regexp.MustCompile(`_\d+$`)

// warnMisspelt warns of variables of ours that set no input and are one slip away
// from one that does. Others are let pass: a program of one step doesn't know the
// inputs of the rest, an installer may have its version there, and Kubernetes
// tells of a service called codedeploy-steps in such variables.
func (p *Program) warnMisspelt(env *Env) {
	if env.Environ == nil {
		return
	}
	var given []string
	for _, variable := range env.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		if name, ours := strings.CutPrefix(name, ownVariable); ours && value != "" {
			given = append(given, name)
		}
	}
	if len(given) == 0 {
		return
	}
	known := map[string]bool{}
	for _, s := range p.Steps {
		for _, f := range Fields(s.New()) {
			for _, name := range EnvNames(f) {
				if name, ours := strings.CutPrefix(name, ownVariable); ours {
					known[name] = true
				}
			}
		}
	}
	names := slices.Sorted(maps.Keys(known))
	slices.Sort(given)
	for _, name := range given {
		list := ofList.ReplaceAllString(name, "") // one value of it
		if known[name] || known[list] {
			continue
		}
		if i := slices.IndexFunc(names, func(other string) bool { return distance(list, other) == 1 }); i >= 0 {
			env.Warn("the variable %s%s sets no input; did you mean %s%s?", ownVariable, name, ownVariable, names[i])
		}
	}
}
