package main

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/owner"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps"
)

// published is an image as a tagged release names it: by digest, so that what
// was tested is what runs. Anything else is built from the Dockerfile.
var published = regexp.MustCompile(`^docker://[a-z0-9][a-z0-9._:/-]*@sha256:[0-9a-f]{64}$`)

// icon is a step's picture in the marketplace, of GitHub's list.
func icon(name string) string {
	word, _, _ := strings.Cut(name, " ")
	return map[string]string{
		"release": "send", "validate": "check-circle", "bundle": "package", "push": "upload-cloud", "register": "bookmark",
		"deploy": "play-circle", "wait": "clock", "rollback": "rewind", "stop": "stop-circle", "revisions": "archive",
	}[word]
}

// actions are the container actions, one for each step but those of the engine,
// which outlive no container. The step release stands at the root too.
func actions(image string) []file {
	var all []file
	for _, s := range steps.All(owner.Connect) {
		if s.Name == "release" {
			all = append(all, actionFile("action.yml", s, image))
		}
		all = append(all, actionFile(path.Join("steps", path.Join(strings.Fields(s.Name)...), "action.yml"), s, image))
	}
	return all
}

func actionFile(at string, s step.Step, image string) file {
	return file{at, func() []byte {
		if image == "" {
			image = strings.Repeat("../", strings.Count(at, "/")) + "Dockerfile"
		}
		return action(s, image)
	}}
}

// describe is an input's help with what action.yml has no place for. There is
// no default: an input that nobody set arrives empty, and the step decides.
func describe(f *step.Field) string {
	text := f.Describe()
	if len(f.Enum) > 0 {
		text += " One of " + strings.Join(f.Enum, ", ") + "."
	}
	if f.IsList() {
		text += separated(f)
	}
	return text
}

func separated(f *step.Field) string {
	if f.Lines {
		return " One a line."
	}
	return " Several: one a line, or with commas between them."
}

// action writes the metadata of a container action.
func action(s step.Step, image string) []byte {
	if icon(s.Name) == "" {
		panic("step " + s.Name + " has no icon")
	}
	var b strings.Builder
	b.WriteString("# Made by go run ./internal/gen from the step's Inputs. For Linux runners; install/action.yml is for all.\n")
	fmt.Fprintf(&b, "name: %s\n", quoted("codedeploy-steps "+s.Name))
	fmt.Fprintf(&b, "description: %s\n", quoted(s.Summary))
	b.WriteString("author: The authors of codedeploy-steps\n")
	fmt.Fprintf(&b, "branding:\n  icon: %s\n  color: orange\n", icon(s.Name))
	b.WriteString("inputs:\n")
	for _, f := range step.Fields(s.New()) {
		if strings.HasPrefix(f.Name, "gitlab-") {
			continue // GitLab's jobs have them
		}
		fmt.Fprintf(&b, "  %s:\n    description: %s\n    required: false\n", f.Name, quoted(describe(f)))
	}
	if len(s.Outputs) > 0 {
		b.WriteString("outputs:\n")
	}
	for _, name := range s.Outputs {
		fmt.Fprintf(&b, "  %s:\n    description: %s\n", name, quoted(step.OutputHelp[name]))
	}
	fmt.Fprintf(&b, "runs:\n  using: docker\n  image: %s\n  args: [%s]\n", image, strings.Join(strings.Fields(s.Name), ", "))
	return []byte(b.String())
}

// quoted is a text as a YAML scalar in single quotes, in which nothing is special.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
