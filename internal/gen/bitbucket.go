package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/owner"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps"
)

const site = "https://github.com/codedeploy-steps/codedeploy-steps"

// boxes are what Bitbucket and Buildkite read of a container that is all steps.
// (Woodpecker and Drone read nothing: a plugin is its image.)
func boxes(image string) []file {
	name := strings.TrimPrefix(image, "docker://")
	if name == "" {
		name = "codedeploy-steps:local" // what the Dockerfile's first lines make
	}
	return []file{
		{"pipe.yml", func() []byte { return pipe(name) }},
		{plugin + "/plugin.yml", pluginMetadata},
		{plugin + "/hooks/command", func() []byte { return pluginHook(name) }},
	}
}

// everyInput merges the inputs of all steps by name: what one of them takes,
// the box takes, and the step at hand decides.
func everyInput() []*step.Field {
	var all []*step.Field
	index := map[string]*step.Field{}
	for _, s := range steps.All(owner.Connect) {
		for _, f := range step.Fields(s.New()) {
			known := index[f.Name]
			if known == nil {
				index[f.Name] = f
				all = append(all, f)
				continue
			}
			if f.IsList() {
				known.Type, known.Lines = f.Type, f.Lines
			}
			if f.Default != known.Default {
				known.Default = ""
			}
			if len(f.Enum) == 0 {
				known.Enum = nil
			}
			for _, word := range f.Enum {
				if len(known.Enum) > 0 && !slices.Contains(known.Enum, word) {
					known.Enum = append(known.Enum, word)
				}
			}
		}
	}
	return all
}

// pipe writes the metadata of a pipe.
func pipe(image string) []byte {
	var b strings.Builder
	b.WriteString("# Made by go run ./internal/gen from the steps' Inputs. docs/bitbucket.md tells how to use it.\n")
	b.WriteString("name: codedeploy-steps\n")
	fmt.Fprintf(&b, "image: %s\n", image)
	b.WriteString("category: Deployment\ndescription: Steps for pipelines that deploy through AWS CodeDeploy.\n")
	fmt.Fprintf(&b, "repository: %s\n", site)
	for _, who := range []string{"vendor", "maintainer"} {
		fmt.Fprintf(&b, "%s:\n  name: The authors of codedeploy-steps\n  website: %s\n", who, site)
	}
	b.WriteString("tags: [deployment, aws, codedeploy]\nvariables:\n  - name: PLUGIN_STEP\n")
	for _, f := range everyInput() {
		fmt.Fprintf(&b, "  - name: %s\n", pluginVariable(f))
	}
	return []byte(b.String())
}
