package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// What the templates have in common that run the program itself, in a shell of
// the system: inputs reach it through its environment, and nothing else.

// installScript is the script that puts the program on the PATH. A template
// that can't name a second file holds its text.
func installScript() string {
	for _, root := range []string{".", filepath.Join("..", "..")} { // of main, and of the tests
		if text, err := os.ReadFile(filepath.Join(root, "install", "install.sh")); err == nil {
			return string(text)
		}
	}
	panic("install/install.sh is not there")
}

// pluginVariable is the variable that hands an input over. Of the forms that a
// step takes, this one counts before CODEDEPLOY_STEPS_*, so that an empty input
// leaves to a job what it has by that name; and Azure's tasks drop what begins
// with INPUT_.
func pluginVariable(f *step.Field) string {
	return "PLUGIN_" + variableName(f)
}

// variableName is an input's name as a part of a variable's.
func variableName(f *step.Field) string { return strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_")) }

// isSwitch says that an input is on or off, with no third value.
func isSwitch(f *step.Field) bool { return f.Type.Kind() == reflect.Bool }

// commandName is a step's name as one word.
func commandName(s step.Step) string { return strings.ReplaceAll(s.Name, " ", "-") }

// inBlock is a text in a YAML block, each line n spaces in.
func inBlock(text string, n int) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" {
			b.WriteString(strings.Repeat(" ", n))
		}
		b.WriteString(line)
	}
	return b.String()
}
