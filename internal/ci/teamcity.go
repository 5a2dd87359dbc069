package ci

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
)

// teamcity is TeamCity (jetbrains.com/help/teamcity: "Service Messages",
// "List of Predefined Build Parameters"). A message may stand anywhere in a
// line. There is none that hides a secret.
type teamcity struct{ known }

func detectTeamCity(v variables) System {
	if v("TEAMCITY_VERSION") == "" {
		return nil
	}
	return &teamcity{known{variables: v, name: "TeamCity", commit: "BUILD_VCS_NUMBER", run: "BUILD_NUMBER", url: "BUILD_URL"}}
}

// message writes a service message of names and values.
func (t *teamcity) message(w io.Writer, name string, pairs ...string) {
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		fmt.Fprintf(&b, " %s='%s'", pairs[i], teamcityValue(pairs[i+1]))
	}
	say(w, "##teamcity[%s%s]", name, &b)
}

// teamcityValue escapes a value, all but ASCII too: the agent reads the log in
// an encoding of its own.
func teamcityValue(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n':
			b.WriteString("|n")
		case r == '\r':
			b.WriteString("|r")
		case strings.ContainsRune("'|[]", r):
			b.WriteByte('|')
			b.WriteRune(r)
		case r < 0x20 || r > 0x7e:
			for _, unit := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&b, "|0x%04x", unit)
			}
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// SetOutput sets a parameter that later steps have as a variable.
func (t *teamcity) SetOutput(w io.Writer, name, value string) error {
	t.message(w, "setParameter", "name", "env."+Variable(name), "value", report.Clean(value))
	return nil
}

// Wrap adds blocks; findings become inspections where they have a place in a
// file, else warnings in the log and problems of the build.
func (t *teamcity) Wrap(r report.Reporter, s Streams) report.Reporter {
	types := map[string]bool{}
	return wrap(r, s, marks{
		open:  func(stage string) { t.message(s.log(), "blockOpened", "name", report.Clean(stage)) },
		close: func(stage string) { t.message(s.log(), "blockClosed", "name", report.Clean(stage)) },
		finding: func(d event.Diagnostic) {
			switch {
			case d.File != "":
				if !types[d.Rule] {
					types[d.Rule] = true
					t.message(s.log(), "inspectionType", "id", d.Rule, "name", d.Rule, "description", "Rule "+d.Rule+" of codedeploy-steps", "category", "AppSpec")
				}
				t.message(s.log(), "inspection", "typeId", d.Rule, "message", d.Message, "file", d.File, "line", number(d.Line), "SEVERITY", strings.ToUpper(d.Severity))
			case d.Severity == "warning":
				t.message(s.log(), "message", "text", d.Message, "status", "WARNING")
			default:
				text := strings.TrimPrefix(d.Rule+": "+d.Message, ": ")
				sum := sha256.Sum256([]byte(text))
				t.message(s.log(), "buildProblem", "description", cut(text, 3900), "identity", "codedeploy-steps-"+hex.EncodeToString(sum[:8]))
			}
		},
	})
}
