package step

import (
	"context"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"strings"
	"time"
)

// help lists the steps of a program.
func (p *Program) help(w io.Writer) {
	fmt.Fprintf(w, "%s\n\nUsage: %s <step> [inputs]\n\nSteps:\n", p.Summary, p.Name)
	for _, s := range p.Steps {
		fmt.Fprintf(w, "  %-14s %s\n", s.Name, s.Summary)
	}
	fmt.Fprintf(w, "\n`%s <step> --help` lists a step's inputs.\n", p.Name)
}

// stepHelp lists the inputs and outputs of a step.
func (p *Program) stepHelp(w io.Writer, s *Step) {
	fields := Fields(s.New())
	arg := ""
	for _, f := range fields {
		if f.Arg {
			arg = " [" + f.Name + "]"
		}
	}
	fmt.Fprintf(w, "%s\n\nUsage: %s [inputs]%s\n", s.Summary, p.command(s), arg)
	if s.Details != "" {
		fmt.Fprintf(w, "\n%s\n", s.Details)
	}
	fmt.Fprintf(w, "\nInputs (as a flag; from the environment: INPUT_NAME, PLUGIN_NAME, CODEDEPLOY_STEPS_NAME; or in %s,\nbut for those that a checkout must not decide):\n", FileName)
	for _, g := range Groups(fields) {
		if g.Heading != "" {
			fmt.Fprintf(w, "\n%s:\n", g.Heading)
		}
		for _, f := range g.Fields {
			fmt.Fprintf(w, "  --%s\n      %s\n", f.usage(), f.Describe())
		}
	}
	if len(s.Outputs) > 0 {
		fmt.Fprint(w, "\nOutputs:\n")
		for _, name := range s.Outputs {
			fmt.Fprintf(w, "  %-24s %s\n", name, OutputHelp[name])
		}
	}
	fmt.Fprint(w, "\nExit codes: 0 done, 1 the deployment or check failed, 2 wrong usage or input, 3 the service or\nnetwork refused, 4 timed out, 130 or 143 cancelled.\n")
}

func (f *Field) usage() string {
	switch {
	case f.IsBool():
		return f.Name + "[=false]"
	case f.Bare != "":
		return f.Name + "[=" + strings.Join(f.Enum, "|") + "]"
	case len(f.Enum) > 0:
		return f.Name + " " + strings.Join(f.Enum, "|")
	}
	t := f.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case f.IsList():
		return f.Name + " VALUES"
	case t == reflect.TypeFor[time.Duration]():
		return f.Name + " DURATION"
	case t.Kind() == reflect.Int || t.Kind() == reflect.Int64:
		return f.Name + " NUMBER"
	}
	return f.Name + " TEXT"
}

// Describe gives an input's help with its default, as one line.
func (f *Field) Describe() string {
	help := f.Help + f.Need()
	if f.Default != "" && f.Default != "false" {
		help += fmt.Sprintf(" Default: %q.", f.Default)
	}
	if len(f.Env) > 0 {
		help += " Also " + strings.Join(f.Env, ", ") + "."
	}
	return help
}

func (p *Program) version() *Step {
	return &Step{Name: "version", New: func() Inputs { return &version{p: p} }}
}

// version is the step behind --version.
type version struct {
	Common
	p *Program
}

func (v *version) Run(_ context.Context, env *Env) error {
	_, err := fmt.Fprintf(env.Stdout, "%s %s %s/%s\n", v.p.Name, v.p.Version, runtime.GOOS, runtime.GOARCH)
	return err
}
