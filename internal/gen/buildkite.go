package main

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/owner"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps"
)

// plugin is the folder of the Buildkite plugin. The agent makes of its last
// part, without "-buildkite-plugin", what the variables of its configuration
// begin with (buildkite.com/docs: "Writing plugins").
const plugin = "codedeploy-steps-buildkite-plugin"

// pluginMetadata writes plugin.yml, whose configuration is a JSON schema.
func pluginMetadata() []byte {
	var b strings.Builder
	b.WriteString("# Made by go run ./internal/gen from the steps' Inputs. docs/buildkite.md tells how to use it.\n")
	b.WriteString("name: CodeDeploy Steps\ndescription: Steps for pipelines that deploy through AWS CodeDeploy\n")
	fmt.Fprintf(&b, "author: %s\nrequirements: [bash]\nconfiguration:\n  required: [step]\n  additionalProperties: false\n  properties:\n", site)
	var names []string
	for _, s := range steps.All(owner.Connect) {
		names = append(names, s.Name)
	}
	fmt.Fprintf(&b, "    step:\n      description: The step to run.\n      enum: [%s]\n", strings.Join(names, ", "))
	b.WriteString("    image:\n      description: Image to run it in, where codedeploy-steps is not on the agent's PATH.\n      type: string\n")
	for _, f := range everyInput() {
		fmt.Fprintf(&b, "    %s:\n      description: %s\n      %s\n", f.Name, quoted(describe(f)), schemaOf(f))
	}
	return []byte(b.String())
}

// schemaOf tells which values an input takes. A text is taken for each of
// them: what a pipeline puts in for a variable is one.
func schemaOf(f *step.Field) string {
	t := f.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case len(f.Enum) > 0 && f.Bare != "":
		return "enum: [true, " + strings.Join(f.Enum, ", ") + "]"
	case len(f.Enum) > 0:
		return "enum: [" + strings.Join(f.Enum, ", ") + "]"
	case f.IsList():
		return "type: [string, array]\n      items: {type: string}"
	case f.IsBool():
		return "type: [boolean, string]"
	case t == reflect.TypeFor[time.Duration](), t.Kind() == reflect.Int:
		return "type: [integer, string]"
	}
	return "type: [string, number]" // an account's id, say
}

// pluginHook writes the hook that runs the step. No value is ever a part of
// its text: they go from one variable to the other, and by name into the
// container.
func pluginHook(image string) []byte {
	return []byte(strings.ReplaceAll(hookText, "IMAGE_NAME", image))
}

const hookText = `#!/usr/bin/env bash
# Made by go run ./internal/gen. Runs a step: with the program, where the agent has it on its PATH, else in a container.
# In a shell of its own: what a hook exports goes on to the job's later hooks.
(
  set -euo pipefail
  for name in "${!BUILDKITE_PLUGIN_CODEDEPLOY_STEPS_@}"; do
    export "PLUGIN_${name#BUILDKITE_PLUGIN_CODEDEPLOY_STEPS_}=${!name}"
  done
  if command -v codedeploy-steps >/dev/null; then
    codedeploy-steps
  elif command -v docker >/dev/null; then
    run=(docker run --rm --volume "$PWD:$PWD" --workdir "$PWD")
    for name in "${!PLUGIN_@}" "${!CODEDEPLOY_STEPS_@}" "${!BUILDKITE@}" "${!AWS_@}" CI {HTTP,HTTPS,NO}_PROXY {http,https,no}_proxy; do
      run+=(--env "$name")
    done
    if agent=$(command -v buildkite-agent) && [[ $OSTYPE == linux* ]]; then
      run+=(--volume "$agent:/usr/local/bin/buildkite-agent:ro")
    fi
    "${run[@]}" "${BUILDKITE_PLUGIN_CODEDEPLOY_STEPS_IMAGE:-IMAGE_NAME}"
  else
    echo 'codedeploy-steps: the agent has neither codedeploy-steps nor docker on its PATH' >&2
    exit 2
  fi
)
`
