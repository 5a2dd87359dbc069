package step

import (
	"context"
	"strings"
	"testing"
)

// grouped is a step whose inputs come in the order of its parts.
type grouped struct {
	Common
	Engine placed
	Plain  string `flag:"plain" help:"Own."`
	Needed string `flag:"needed" required:"aws" help:"Needed."`
	Part   Narrowed
	Object Options
	Timed  string `flag:"timed" group:"Waiting" help:"Not its own."`
	Source string `flag:"source" arg:"true" help:"A folder."`
}

func (*grouped) Run(context.Context, *Env) error { return nil }

type placed struct {
	_     struct{} `group:"Where"`
	At    string   `flag:"at" help:"Where."`
	Must  string   `flag:"must" required:"true" help:"Must be."`
	Often string   `flag:"often" group:"" help:"Set often."`
}

// Narrowed has no tag, so its name is its heading.
type Narrowed struct {
	Sub string `flag:"sub" help:"A part's."`
	At  string `flag:"at" help:"The first describes it."`
}

// Options have the name of their package.
type Options struct {
	Size string `flag:"size" help:"How large."`
}

// TestGroups: what has to be set comes first, then the argument and the rest of
// the step's own; other headings in the order of use, what every step has last.
func TestGroups(t *testing.T) {
	var got []string
	for _, g := range Groups(Fields(&grouped{})) {
		line := g.Heading + ":"
		for _, f := range g.Fields {
			if line += " " + f.Name; f.Required != "" {
				line += f.Need()
			}
		}
		got = append(got, line)
	}
	want := strings.Join([]string{
		": must Required. needed Required, but for the endpoint local. source often plain",
		"Where: at", "Waiting: timed", "Narrowed: sub", "Step: size",
		"Every step: format outputs dotenv verbose",
	}, "\n")
	if got := strings.Join(got, "\n"); got != want {
		t.Errorf("groups are\n%s\nnot\n%s", got, want)
	}
	out, _ := newSession(t, Step{Name: "only", Summary: "Does.", New: func() Inputs { return &grouped{} }}).must(OK, "--help")
	for _, want := range []string{
		"checkout must not decide):\n  --must TEXT\n      Must be. Required.\n  --needed TEXT\n",
		"\n  --plain TEXT\n      Own.\n\nWhere:\n  --at TEXT\n      Where.\n\nWaiting:\n",
		"\n\nEvery step:\n  --format text|json\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("help lacks %q:\n%s", want, out)
		}
	}
}
