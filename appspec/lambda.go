package appspec

import (
	"fmt"
	"strings"
)

// lambdaFunction reads the properties of a function.
func (r *reader) lambdaFunction(d dialect, name String, properties entry) *Function {
	f := &Function{Key: name}
	if properties.node == nil {
		return f
	}
	keys, others := r.keys(d, r.entries(properties.node), d.properties...)
	r.unknownProperties(d, others, d.properties...)
	f.Name = r.functionName(keys["Name"], properties)
	f.Alias = r.alias(keys["Alias"], properties)
	current, target := keys["CurrentVersion"], keys["TargetVersion"]
	f.CurrentVersion, f.TargetVersion = r.value(current), r.value(target)
	if isBlank(f.CurrentVersion) {
		r.fails("LAM-008", r.missing(current, properties), lacking(current, "CurrentVersion"), "", "Give the version that the alias points to now.")
	}
	if isBlank(f.TargetVersion) {
		r.fails("LAM-009", r.missing(target, properties), lacking(target, "TargetVersion"), "", "Give the version that the alias is to point to.")
	}
	from, known := r.functionVersion(current)
	to, alsoKnown := r.functionVersion(target)
	switch {
	case !known || !alsoKnown:
	case from == to:
		r.warn("LAM-012", f.TargetVersion.Range(), fmt.Sprintf("TargetVersion is version %d, as CurrentVersion is: no traffic moves", to), "Publish a new version and give its number; CodeDeploy may refuse the deployment as it is.")
	case to < from:
		r.warn("LAM-013", f.TargetVersion.Range(), fmt.Sprintf("TargetVersion %d is older than CurrentVersion %d", to, from), "Nothing is to do if you mean to go back.")
	}
	return f
}

func (r *reader) functionName(e, properties entry) String {
	v := r.value(e)
	const help = "Give the function's name: letters, digits, - and _, at most 64."
	switch {
	case isBlank(v):
		r.fails("LAM-006", r.missing(e, properties), lacking(e, "Name"), "", "Give the name of the function to deploy.")
	case r.isTemplate(v):
	case v.Kind != Text:
		r.fails("LAM-006", v.Range(), "Name "+show(v.Raw)+" is not text", "", "Quote it.")
	default:
		if _, ok := parseFunction(v.Value); !ok {
			r.fails("LAM-006", v.Range(), "Name "+show(v.Value)+" is no name of a Lambda function", "", help)
		}
	}
	return v
}

func (r *reader) alias(e, properties entry) String {
	v := r.value(e)
	const help = "Give an alias of the function: letters, digits, - and _, not digits alone."
	switch {
	case isBlank(v):
		r.fails("LAM-007", r.missing(e, properties), lacking(e, "Alias"), "", "Give the alias whose traffic is shifted.")
	case r.isTemplate(v):
	case v.Kind == Bool:
		r.warn("LAM-007", v.Range(), fmt.Sprintf("Alias %s is the boolean %s to YAML", v.Raw, v.Value), "Quote it.")
	case v.Kind == List || v.Kind == Mapping || !aliasRule().MatchString(v.Raw) || strings.Trim(v.Raw, "0123456789") == "":
		r.fails("LAM-007", v.Range(), "Alias "+show(v.Raw)+" is no name of an alias", "", help)
	}
	return v
}

// functionVersion reads the number of a version; known is false if it cannot
// be told.
func (r *reader) functionVersion(e entry) (n int64, known bool) {
	v := r.value(e)
	if isBlank(v) || r.isTemplate(v) {
		return 0, false
	}
	n, bare, ok := plainNumber(v)
	switch {
	case !ok || n == 0:
		help := `Write the number that publishing the version gave, in quotes: "2".`
		if v.Value == "$LATEST" {
			help = "An alias that shifts traffic cannot point to $LATEST: publish a version and give its number."
		}
		r.fails("LAM-010", v.Range(), e.key.Value+" is "+readAs(v)+", not the number of a version", "", help)
		return 0, false
	case bare:
		r.warn("LAM-011", v.Range(), e.key.Value+" is a number; it is documented as text", fmt.Sprintf("Quote it: %q.", v.Raw))
	}
	return n, true
}

// checkLiveCode warns of a function that validates itself.
func (r *reader) checkLiveCode(f *File) {
	deployed, ok := parseFunction(f.Function.Name.Value)
	if !ok {
		return
	}
	for _, hook := range f.Validations {
		called, ok := parseFunction(hook.Function.Value)
		if ok && called.name == deployed.name && called.differs(deployed.place) == "" {
			r.warn("LAM-018", hook.Function.Range(), hook.Event.Value+" calls the function that is deployed", "Write the checks into a function of their own.")
		}
	}
}
