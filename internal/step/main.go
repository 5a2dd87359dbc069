package step

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/codedeploy-steps/codedeploy-steps/internal/ci"
	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
)

// Program is a set of steps in one executable.
type Program struct {
	Name    string
	Version string
	Summary string
	// Steps by name. A program of one step takes that step's inputs at once;
	// one of several takes the step's name first.
	Steps []Step
}

// Main runs a program in this process and returns its exit code.
func (p *Program) Main() int {
	putOffGC()
	dir, err := os.Getwd()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return int(Misused)
	}
	ctx, stop := withSignals(context.Background(), os.Stderr)
	defer stop()
	fd := int(os.Stdout.Fd())
	return int(p.Run(ctx, Process{
		Args: os.Args[1:], Stdout: os.Stdout, Stderr: os.Stderr,
		Getenv: os.Getenv, Environ: os.Environ, Dir: dir,
		Terminal: term.IsTerminal(fd) && os.Getenv("TERM") != "dumb",
		Width: func() int {
			w, _, err := term.GetSize(fd)
			if err != nil || w <= 0 {
				return 80
			}
			return w
		},
	}))
}

// withSignals gives a context that SIGINT or SIGTERM cancels, with the signal
// as its cause. A second signal of the same kind ends the process at once: the
// state on disk is made to be picked up.
func withSignals(parent context.Context, stderr io.Writer) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		var first os.Signal
		for {
			select {
			case s := <-signals:
				if first == nil {
					first = s
					cancel(Signal{s})
				} else if s == first {
					fmt.Fprintf(stderr, "%s once more: ended at once; what was begun may be left behind\n", Signal{s})
					os.Exit(int(ExitCode(Signal{s})))
				}
			case <-done:
				return
			}
		}
	}()
	return ctx, func() { signal.Stop(signals); close(done); cancel(nil) }
}

// Run runs a program in the given process.
func (p *Program) Run(ctx context.Context, proc Process) Code {
	s, args, err := p.chosen(proc)
	if err != nil {
		return p.complain(proc, err)
	}
	if s == nil {
		p.help(proc, args)
		return OK
	}
	in := s.New()
	env, reporter, err := p.prepare(s, in, proc, args)
	if errors.Is(err, pflag.ErrHelp) {
		p.stepHelp(proc, s)
		return OK
	}
	if err != nil {
		return p.complain(proc, err)
	}
	end := env.listen(ctx, in)
	err = in.Run(ctx, env)
	if err != nil && ctx.Err() != nil {
		var sig Signal
		if errors.As(context.Cause(ctx), &sig) && !errors.As(err, &sig) {
			if err.Error() == context.Canceled.Error() {
				err = sig // that is all there is to say
			} else {
				err = fmt.Errorf("%w (%w)", err, sig)
			}
		}
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Hour)
	if ctx.Err() != nil {
		closing, cancel = context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	}
	defer cancel()
	heard := make(chan struct{}) // a cancel leaves the same seconds to both
	go func(err error) { defer close(heard); end(closing, err) }(err)
	if cerr := env.close(closing); err == nil {
		err = cerr
	}
	<-heard
	code := ExitCode(err)
	if err != nil {
		reporter.Fail(s.Name, describe(err))
	}
	if rerr := reporter.Close(); rerr != nil {
		fmt.Fprintf(proc.Stderr, "%s: %v\n", s.Name, rerr)
		if code == OK {
			code = Misused
		}
	}
	return code
}

func (p *Program) prepare(s *Step, in Inputs, proc Process, args []string) (*Env, report.Reporter, error) {
	fields := Fields(in)
	name := p.command(s)
	fromFlags, empty, err := flags(name, fields, args)
	if err != nil {
		return nil, nil, err
	}
	fromEnv := environment(proc.Getenv)
	fromFile, err := repositoryFile(proc.Dir, s.Name, p.Steps)
	if err != nil {
		return nil, nil, err
	}
	// The names of the files of outputs are inputs: find them first.
	before := []source{fromFlags, fromEnv}
	env := &Env{Process: proc, step: s, Empty: empty, shared: map[any]any{}, said: map[string]string{}, Workspace: proc.Dir}
	env.Stdout, env.Stderr = env.secrets.Writer(proc.Stdout), env.secrets.Writer(proc.Stderr)
	file := func(input string) (*outputs, error) {
		for _, f := range fields {
			for _, from := range before {
				if path, _ := from(f); f.Name == input && path != "" {
					if err := env.CheckFile(input, path); err != nil {
						return nil, err
					}
					return openOutputs(input, env.Path(path))
				}
			}
		}
		return openOutputs(input, "")
	}
	if env.outputs, err = file("outputs"); err != nil {
		return nil, nil, err
	}
	if env.dotenv, err = file("dotenv"); err != nil {
		return nil, nil, err
	}
	env.asked = map[string]bool{}
	for _, f := range fields {
		for _, from := range before {
			if value, _ := from(f); value != "" {
				env.asked[f.Name] = true
			}
		}
	}
	sources := before
	if !s.First {
		sources = append(sources, env.outputs.source)
	}
	if fromFile != nil {
		sources = append(sources, fromFile)
	}
	if env.origins, err = resolve(fields, sources...); err != nil {
		return nil, nil, err
	}
	if err := env.outputs.forget(stale(s, fields)); err != nil {
		return nil, nil, err
	}
	if err := env.dotenv.forget(variables(stale(s, fields))); err != nil {
		return nil, nil, err
	}
	if s.First {
		clear(env.outputs.values) // its parts read what this run puts out, nothing else
	}
	common := in.common()
	env.Verbose = common.Verbose
	system := ci.Detect(proc.Getenv)
	if w := system.Workspace(); w != "" {
		env.Workspace = w
	}
	env.Build = system.Build()
	env.System = system
	if len(s.Outputs) > 0 {
		if err := env.checkSystem(); err != nil {
			return nil, nil, err
		}
	}
	var reporter report.Reporter
	document := s.Documents[common.Format]
	forPrograms := common.Format == "json" || document != nil
	switch {
	case common.Format == "json":
		reporter = report.NewJSON(env.Stdout)
	case document != nil:
		reporter = report.NewText(io.Discard, env.Stderr, report.Plain, false)
	case proc.Terminal && !system.IsCI():
		reporter = report.NewLive(env.Stdout, env.Stderr, style(proc.Getenv), proc.Width, common.Verbose)
	default:
		reporter = report.NewText(env.Stdout, env.Stderr, report.Plain, common.Verbose)
	}
	all := report.NewTee(reporter)
	env.report = func(format report.Format, write func([]byte) error) {
		b := env.Build
		all.Add(report.NewDocument(format, p.Version, write).Of(report.Build{Repository: b.Repository, Commit: b.Commit, Ref: b.Ref, URL: b.URL, Actor: b.Actor}))
	}
	if document != nil {
		env.report(document, func(text []byte) error {
			_, err := env.Stdout.Write(text)
			return err
		})
	}
	if r, ok := in.(reporting); ok {
		if err := r.openReports(env); err != nil {
			return nil, nil, err
		}
	}
	if r, ok := in.(ready); ok && !dry(fields) {
		if err := r.Ready(env); err != nil {
			return nil, nil, err
		}
	}
	reporter = system.Wrap(all, ci.Streams{Stdout: env.Stdout, JSON: forPrograms, Relative: env.Relative, Hide: env.secrets.Hide})
	env.Events = reporter
	commands := proc.Stdout
	if forPrograms {
		commands = proc.Stderr // a runner reads both; Stdout belongs to the data
	}
	env.mask = func(secret string) { system.Mask(env.secrets.Open(commands), secret) }
	env.setCI = func(name, value string) error { return system.SetOutput(env.secrets.Writer(commands), name, value) }
	if name := system.Name(); name != "" {
		env.Debug("this is %s", name)
	}
	p.warnMisspelt(env)
	for _, f := range fields {
		if f.Secret && !f.isZero() {
			env.Secret(f.String())
		} else if env.Verbose && env.origins[f.Name] != fromNowhere && env.origins[f.Name] != fromDefault {
			env.Events.Emit(event.Note{Level: event.Debug, Text: fmt.Sprintf("input %s = %s (from %s)", f.Name, f.String(), env.origins[f.Name])})
		}
	}
	return env, reporter, nil
}

// dry says if nothing is to be done.
func dry(fields []*Field) bool {
	return slices.ContainsFunc(fields, func(f *Field) bool { return f.Name == "dry-run" && f.String() == "true" })
}

// style leaves colours out where the user wants none (no-color.org).
func style(getenv func(string) string) report.Style {
	if getenv("NO_COLOR") != "" {
		return report.Plain
	}
	return report.Colour
}

// stale lists the outputs that an earlier run may have left and this one makes
// anew: all of them for the first step of a chain, else those it does not read.
func stale(s *Step, fields []*Field) []string {
	if s.First {
		return s.Outputs
	}
	reads := map[string]bool{}
	for _, f := range fields {
		reads[f.Name] = !f.NoChain
	}
	var names []string
	for _, name := range s.Outputs {
		if !reads[name] {
			names = append(names, name)
		}
	}
	return names
}

// variables are the names of outputs in the file of --dotenv.
func variables(names []string) []string {
	var all []string
	for _, name := range names {
		all = append(all, ci.Variable(name))
	}
	return all
}

// choose finds the step that the arguments name; nil asks for help.
func (p *Program) choose(args []string) (*Step, []string, error) {
	if len(p.Steps) == 1 {
		if len(args) == 1 && args[0] == "--version" {
			return p.version(), nil, nil
		}
		return &p.Steps[0], args, nil
	}
	if len(args) == 0 {
		return nil, nil, Errorf(Misused, "%s: which step? One of %s", p.Name, p.names()).Do("See `%s --help`. In a plugin's settings: step: %s.", p.Name, p.Steps[0].Name)
	}
	switch args[0] {
	case "help", "--help", "-h":
		if len(args) == 1 {
			return nil, nil, nil
		}
		return p.choose(append(args[1:], "--help"))
	case "version", "--version":
		return p.version(), args[1:], nil
	}
	// "bundle list" is a step of its own, and not the step bundle with a folder of that name.
	var longest *Step
	count := 0
	for i := range p.Steps {
		words := strings.Fields(p.Steps[i].Name)
		if len(words) > count && len(args) >= len(words) && strings.Join(args[:len(words)], " ") == p.Steps[i].Name {
			longest, count = &p.Steps[i], len(words)
		}
	}
	if longest != nil {
		return longest, args[count:], nil
	}
	if group := p.group(args[0]); group != nil {
		if len(args) > 1 && (args[1] == "--help" || args[1] == "-h") {
			return nil, args[:1], nil
		}
		return nil, nil, Errorf(Misused, "%s %s: which one? There are %s", p.Name, args[0], strings.Join(group, ", ")).Do("See `%s %s --help`.", p.Name, group[0])
	}
	return nil, nil, Errorf(Misused, "%s: no step is called %q%s", p.Name, args[0], p.meant(args[0])).Do("See `%s --help`.", p.Name)
}

// misspelt refuses the first argument of a step if it is hardly that, but the
// rest of a longer step's name: `bundle lst`. What has that name here, or is
// another step's name, is meant as it is.
func (p *Program) misspelt(dir string, s *Step, args []string) error {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") || strings.ContainsAny(args[0], `/\`) {
		return nil
	}
	var words []string
	for _, name := range p.group(s.Name) {
		words = append(words, strings.TrimPrefix(name, s.Name+" "))
	}
	isStep := slices.ContainsFunc(p.Steps, func(other Step) bool { return strings.Fields(other.Name)[0] == args[0] })
	word := nearest(args[0], words)
	if _, err := os.Lstat(filepath.Join(dir, args[0])); word == "" || isStep || err == nil {
		return nil
	}
	return Errorf(Misused, "%s: no step is called %q, and no file or folder %q; did you mean %s %s?", p.Name, s.Name+" "+args[0], args[0], s.Name, word).
		Do("See `%s --help`.", p.command(s))
}

// meant suggests a step, or lists them.
func (p *Program) meant(word string) string {
	var names []string
	for _, s := range p.Steps {
		names = append(names, s.Name)
	}
	if s := DidYouMean(word, names); s != "" {
		return s
	}
	return "; there are " + p.names()
}

// group lists the steps whose name begins with a word and goes on.
func (p *Program) group(word string) []string {
	var names []string
	for _, s := range p.Steps {
		if strings.HasPrefix(s.Name, word+" ") {
			names = append(names, s.Name)
		}
	}
	return names
}

func (p *Program) names() string {
	var names []string
	for _, s := range p.Steps {
		names = append(names, s.Name)
	}
	return strings.Join(names, ", ")
}

// command is the step's command line as it is typed.
func (p *Program) command(s *Step) string {
	if len(p.Steps) == 1 {
		return p.Name
	}
	return p.Name + " " + s.Name
}

// complain reports an error from before there is a reporter.
func (p *Program) complain(proc Process, err error) Code {
	d := describe(err)
	r := ci.Detect(proc.Getenv).Wrap(report.NewText(proc.Stdout, proc.Stderr, report.Plain, false), ci.Streams{Stdout: proc.Stdout})
	r.Fail("", d)
	r.Close()
	return ExitCode(err)
}

// describe takes an error apart for a reporter.
func describe(err error) report.Failure {
	f := report.Failure{Text: words(err), Code: int(ExitCode(err))}
	var e *Error
	if errors.As(err, &e) {
		f.Remedy, f.Shown = e.Remedy, e.Shown
	}
	return f
}
