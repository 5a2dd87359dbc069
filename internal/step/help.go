package step

import (
	"context"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/codedeploy-steps/codedeploy-steps/internal/ci"
)

// help lists the steps of a program, or those whose names begin with a word.
func (p *Program) help(proc Process, word []string) {
	w, width := proc.Stdout, helpWidth(proc)
	fmt.Fprintf(w, "%s\n\nUsage: %s <step> [inputs]\n\nSteps:\n", fold("", p.Summary, width), p.Name)
	var shown []Step
	column := 0
	for _, s := range p.Steps {
		if len(word) == 0 || strings.HasPrefix(s.Name, word[0]+" ") {
			shown, column = append(shown, s), max(column, len(s.Name))
		}
	}
	for _, s := range shown {
		fmt.Fprintln(w, fold(fmt.Sprintf("  %-*s  ", column, s.Name), s.Summary, width))
	}
	fmt.Fprintf(w, "\n`%s <step> --help` lists a step's inputs.\n", p.Name)
}

// stepHelp lists the inputs and outputs of a step.
func (p *Program) stepHelp(proc Process, s *Step) {
	w, width := proc.Stdout, helpWidth(proc)
	fields := Fields(s.New())
	arg := ""
	for _, f := range fields {
		if f.Arg {
			arg = " [" + f.Name + "]"
			if f.IsList() {
				arg += "..."
			}
		}
	}
	fmt.Fprintf(w, "%s\n\nUsage: %s [inputs]%s\n", fold("", s.Summary, width), p.command(s), arg)
	if s.Details != "" {
		fmt.Fprintf(w, "\n%s\n", s.Details)
	}
	fmt.Fprintf(w, "\n%s\n", fold("", "Inputs (as a flag; from the environment: INPUT_NAME, PLUGIN_NAME, CODEDEPLOY_STEPS_NAME; or in "+FileName+",\nbut for those that a checkout must not decide):", width))
	for _, g := range Groups(fields) {
		if g.Heading != "" {
			fmt.Fprintf(w, "\n%s:\n", g.Heading)
		}
		for _, f := range g.Fields {
			fmt.Fprintf(w, "  --%s\n%s\n", f.usage(), fold("      ", f.Describe(), width))
		}
	}
	if len(s.Outputs) > 0 {
		fmt.Fprint(w, "\nOutputs:\n")
		for _, name := range s.Outputs {
			fmt.Fprintln(w, fold(fmt.Sprintf("  %-24s ", name), OutputHelp[name], width))
		}
	}
	fmt.Fprintf(w, "\n%s\n", fold("", "Exit codes: 0 done, 1 the deployment or check failed, 2 wrong usage or input, 3 the service or\nnetwork refused, 4 timed out, 130 or 143 cancelled.", width))
}

// helpWidth is that of the terminal that somebody reads; 0 for a pipe or a log.
func helpWidth(proc Process) int {
	if !proc.Terminal || ci.Detect(proc.Getenv).IsCI() {
		return 0
	}
	return proc.Width()
}

// fold puts a text behind its lead and breaks it between words, so that its lines
// stand below each other and within the width; 0 leaves the text as it is. The
// last column stays free, as some terminals begin a line when it is written.
func fold(lead, text string, width int) string {
	if width == 0 {
		return lead + text
	}
	indent := utf8.RuneCountInString(lead)
	column := indent
	for i, word := range strings.Fields(text) {
		size := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case column+1+size >= width:
			lead, column = lead+"\n"+strings.Repeat(" ", indent), indent
		default:
			lead, column = lead+" ", column+1
		}
		lead, column = lead+word, column+size
	}
	return lead
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
