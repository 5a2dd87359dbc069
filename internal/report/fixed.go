package report

import (
	"fmt"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

// fixed shows what was changed in a file, or would be. What is invisible and
// changed is written out.
func (t *Text) fixed(f event.Fixed) {
	what := "would be mended"
	if f.Written {
		what = "mended"
	}
	t.print(fmt.Sprintf("%s%s:%s %s: %s", t.style.bold, Clean(f.File), t.style.off, what, Clean(strings.Join(f.Rules, ", "))))
	invisible := strings.NewReplacer("\t", "⇥   ", "\r", "␍", "\ufeff", "⟨BOM⟩", "\u00a0", "⍽")
	for line := range strings.Lines(f.Diff) {
		colour := ""
		switch line[0] {
		case '-':
			colour = t.style.red
		case '+':
			colour = t.style.green
		case '@':
			colour = t.style.dim
		}
		off := t.style.off
		if colour == "" {
			off = ""
		}
		t.print(indent + colour + Clean(invisible.Replace(strings.TrimSuffix(line, "\n"))) + off)
	}
}
