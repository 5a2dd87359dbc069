package step

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// Origin names where an input's value came from, in words for the user
// ("--s3-bucket", "INPUT_S3-BUCKET", ".codedeploy-steps.yml:3", "default").
type Origin string

const (
	fromDefault Origin = "default"
	fromNowhere Origin = ""
)

// Typed says that the value stands on the command line.
func (o Origin) Typed() bool {
	return strings.HasPrefix(string(o), "--") || strings.HasPrefix(string(o), "argument ")
}

// source is one place that inputs are read from. An empty value is no value.
type source func(f *Field) (value string, from Origin)

// resolve gives every input its value: the first source that has one wins.
// The order is flag, INPUT_* and PLUGIN_*, CODEDEPLOY_STEPS_*, an earlier
// step's outputs, the repository's file, the default.
func resolve(fields []*Field, sources ...source) (map[string]Origin, error) {
	origins := map[string]Origin{}
	for _, f := range fields {
		for _, s := range append(sources, defaults) {
			value, from := s(f)
			if value == "" {
				continue
			}
			if err := f.set(value); err != nil {
				if f.Secret {
					err = fmt.Errorf("the value cannot be read") // it may be in the error's text
				}
				return nil, Errorf(Misused, "%s: %w", from, err)
			}
			origins[f.Name] = from
			break
		}
	}
	return origins, nil
}

func defaults(f *Field) (string, Origin) { return f.Default, fromDefault }

// flags parses the command line. Flags and positional arguments may mix.
func flags(name string, fields []*Field, args []string) (from source, empty []string, err error) {
	set := pflag.NewFlagSet(name, pflag.ContinueOnError)
	set.SortFlags = false
	set.Usage = func() {}
	values := map[string]*text{}
	var positional *Field
	for _, f := range fields {
		v := &text{list: f.IsList()}
		values[f.Name] = v
		flag := set.VarPF(v, f.Name, "", f.Help)
		if f.IsBool() {
			flag.NoOptDefVal = "true"
		}
		if f.Bare != "" {
			flag.NoOptDefVal = f.Bare
		}
		if f.Arg {
			positional = f
		}
	}
	if err := set.Parse(args); err != nil {
		if err == pflag.ErrHelp {
			return nil, nil, err
		}
		var unknown *pflag.NotExistError
		if errors.As(err, &unknown) && strings.HasPrefix(err.Error(), "unknown flag: --") {
			var names []string
			for _, f := range fields {
				names = append(names, "--"+f.Name)
			}
			flag := "--" + unknown.GetSpecifiedName()
			err = fmt.Errorf("unknown flag: %s%s", flag, DidYouMean(flag, names))
		}
		return nil, nil, Errorf(Misused, "%s: %w", name, err).Do("See `%s --help`.", name)
	}
	rest := set.Args()
	switch {
	case len(rest) == 0:
	case positional == nil:
		return nil, nil, Errorf(Misused, "%s: unexpected argument %q", name, rest[0]).
			Do("A switch takes its value with an equals sign, as in --name=false. See `%s --help`.", name)
	case len(rest) > 1 && !positional.IsList():
		return nil, nil, Errorf(Misused, "%s: one argument is taken, %d were given: %q", name, len(rest), rest).
			Do("A switch takes its value with an equals sign, as in --wait=false. See `%s --help`.", name)
	case values[positional.Name].value != "":
		return nil, nil, Errorf(Misused, "%s: --%s and the argument %q say the same thing; give one", name, positional.Name, rest[0])
	}
	for _, f := range fields {
		if values[f.Name].value == "" && set.Changed(f.Name) {
			empty = append(empty, "--"+f.Name)
		}
	}
	return func(f *Field) (string, Origin) {
		if f == positional && len(rest) > 0 {
			return strings.Join(rest, "\n"), Origin("argument " + rest[0])
		}
		return values[f.Name].value, Origin("--" + f.Name)
	}, empty, nil
}

// text is a flag's value, unparsed: parsing is the same for every source.
type text struct {
	value string
	list  bool
}

func (t *text) String() string { return t.value }
func (t *text) Type() string   { return "value" }
func (t *text) Set(s string) error {
	if t.list && t.value != "" {
		s = t.value + "\n" + s
	}
	t.value = s
	return nil
}

// environment reads the variables by which CI systems hand inputs over:
// INPUT_S3-BUCKET and INPUT_S3_BUCKET (GitHub), PLUGIN_S3_BUCKET (Woodpecker,
// Drone), then our own CODEDEPLOY_STEPS_S3_BUCKET and what the tag env names.
func environment(getenv func(string) string) source {
	return func(f *Field) (string, Origin) {
		for _, name := range EnvNames(f) {
			if v := strings.TrimSpace(getenv(name)); v != "" { // as GitHub's toolkit does: a block of YAML ends with a line end
				return v, Origin(name)
			}
			if f.IsList() {
				if v := numbered(getenv, name); v != "" {
					return v, Origin(name + "_0")
				}
			}
		}
		return "", fromNowhere
	}
}

// numbered reads a list of which each value is a variable of its own, NAME_0
// and so on: so Bitbucket and Buildkite hand the lists of a pipeline over. An
// empty value is none; ten of them in a row are the end.
func numbered(getenv func(string) string, name string) string {
	var values []string
	for i, last := 0, 0; i <= last+10; i++ {
		if v := getenv(name + "_" + strconv.Itoa(i)); v != "" {
			values, last = append(values, v), i
		}
	}
	return strings.Join(values, "\n")
}

// EnvNames lists the environment variables that set an input, in their order;
// those of a list also by NAME_0, NAME_1 and so on.
func EnvNames(f *Field) []string {
	upper := strings.ToUpper(f.Name)
	snake := strings.ReplaceAll(upper, "-", "_")
	names := []string{"INPUT_" + upper}
	if snake != upper {
		names = append(names, "INPUT_"+snake)
	}
	names = append(names, "PLUGIN_"+snake, "CODEDEPLOY_STEPS_"+snake)
	return append(names, f.Env...)
}
