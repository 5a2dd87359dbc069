package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/owner"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps"
)

// GitLab's components (docs.gitlab.com: "CI/CD components", "CI/CD inputs",
// "CI/CD YAML syntax reference"). An input is of type string, also where it is
// a switch or a number: GitLab's other types can't be left unset, and a value
// that nobody gave would hide what the repository's file says. Lists are text
// too, one value a line, because variables hold text.
//
// Values reach the step as INPUT_NAME variables of the job and nothing else.
// An empty one is no value, so that CODEDEPLOY_STEPS_NAME of the pipeline or
// the project is looked at next.

// components are a template for each step, and one for a whole pipeline.
func components(image string) []file {
	image = strings.TrimPrefix(image, "docker://")
	if image == "" {
		image = "codedeploy-steps:local"
	}
	var all []file
	for _, s := range steps.All(owner.Connect) {
		if strings.Contains(s.Name, " ") && s.Name != "revisions prune" {
			continue // looks at something, for people
		}
		name := strings.ReplaceAll(s.Name, " ", "-")
		all = append(all, file{"templates/" + name + ".yml", func() []byte { return component(s, image) }})
	}
	return append(all, file{"templates/pipeline.yml", func() []byte { return pipelineComponent(image) }})
}

// offered are the inputs of a step that a component has. The component itself
// says where documents and outputs go, since its artifacts name them; secrets
// are variables of the project and no part of a pipeline's text; what is shown
// on GitHub is shown by GitHub's own jobs.
func offered(s step.Step) []*step.Field {
	return slices.DeleteFunc(step.Fields(s.New()), func(f *step.Field) bool {
		return f.Secret || slices.Contains([]string{"format", "outputs", "dotenv", "report"}, f.Name) ||
			strings.HasPrefix(f.Name, "github-") && f.Name != "github-account"
	})
}

// input is one of spec:inputs.
type input struct {
	name, text, standard string
	options              []string
}

func inputOf(f *step.Field) input {
	in := input{name: f.Name, text: f.Describe(), options: f.Enum}
	if f.IsBool() {
		in.options = []string{"true", "false"}
	}
	if f.IsList() {
		in.text += separated(f)
	}
	if f.Name == "oidc-audience" { // the job makes the token
		in.text, in.standard = "Audience of the job's OIDC token; in China sts.amazonaws.com.cn.", "sts.amazonaws.com"
	}
	return in
}

func (in input) write(b *strings.Builder) {
	fmt.Fprintf(b, "    %s:\n      description: %s\n      default: %s\n", in.name, quoted(in.text), quoted(in.standard))
	if len(in.options) == 0 {
		return
	}
	values := []string{"''"}
	for _, o := range in.options {
		values = append(values, quoted(o))
	}
	fmt.Fprintf(b, "      options: [%s]\n", strings.Join(values, ", "))
}

const fromSteps = "# Made by go run ./internal/gen from the steps' Inputs and Outputs. docs/gitlab.md tells how to use it.\n"

func header(b *strings.Builder, own []input, fields []*step.Field) {
	b.WriteString(fromSteps + "spec:\n  inputs:\n")
	for _, f := range fields {
		if !slices.ContainsFunc(own, func(in input) bool { return in.name == f.Name }) {
			own = append(own, inputOf(f))
		}
	}
	for _, in := range own {
		in.write(b)
	}
	b.WriteString("---\n")
}

// component is the template of one step.
func component(s step.Step, image string) []byte {
	fields := offered(s)
	own := []input{
		{name: "job", text: "Name of the job.", standard: "codedeploy-" + strings.ReplaceAll(s.Name, " ", "-")},
		{name: "stage", text: "Stage of the job.", standard: "deploy"},
		imageInput(image),
	}
	switch s.Name {
	case "validate":
		own[1].standard = "test"
	case "bundle":
		own[1].standard = "build"
		own = append(own, input{name: "bundle-output", text: "Where the bundle is kept, for later jobs too.", standard: "codedeploy-revision.zip"})
	}
	var b strings.Builder
	header(&b, own, fields)
	fmt.Fprintf(&b, "# %s\n\"$[[ inputs.job ]]\":\n  stage: $[[ inputs.stage ]]\n", s.Summary)
	b.WriteString(runsIn + token(fields))
	b.WriteString("  variables:\n")
	for _, f := range fields {
		b.WriteString(passed(f))
	}
	b.WriteString(kept(s))
	fmt.Fprintf(&b, "  script:\n    - codedeploy-steps %s\n", s.Name)
	return []byte(b.String())
}

func imageInput(image string) input {
	return input{name: "image", text: "Image with the program.", standard: image}
}

// runsIn empties the image's entry point: the runner starts a shell.
const runsIn = "  image:\n    name: $[[ inputs.image ]]\n    entrypoint: ['']\n"

// token gives a job the OIDC token that role-to-assume needs.
func token(fields []*step.Field) string {
	if !slices.ContainsFunc(fields, func(f *step.Field) bool { return f.Name == "oidc-audience" }) {
		return ""
	}
	return "  id_tokens:\n    GITLAB_OIDC_TOKEN:\n      aud: $[[ inputs.oidc-audience ]]\n"
}

func passed(f *step.Field) string {
	return fmt.Sprintf("    INPUT_%s: $[[ inputs.%s ]]\n", variableName(f), f.Name)
}

// kept ends a job's variables with where the step writes, and names that as
// artifacts. What GitLab reads itself is a report; later jobs are given only
// paths, so that what a check found does not get into the next job's bundle.
func kept(s step.Step) string {
	var variables, reports, documents []string
	if len(s.Outputs) > 0 {
		variables = append(variables, "    INPUT_DOTENV: codedeploy.env\n")
		reports = append(reports, "dotenv: codedeploy.env")
	}
	for _, d := range []struct{ kind, file string }{{"junit", "junit.xml"}, {"codequality", "codequality.json"}} {
		if s.Documents[d.kind] != nil {
			documents = append(documents, d.kind+"=codedeploy-reports/"+d.file)
			reports = append(reports, d.kind+": codedeploy-reports/"+d.file)
		}
	}
	path := ""
	if s.Documents["html"] != nil {
		documents = append(documents, "html=codedeploy-reports/deployment.html")
		path = "codedeploy-reports/"
	} else if s.Name == "bundle" {
		path = "$[[ inputs.bundle-output ]]"
	}
	if len(documents) > 0 {
		variables = append(variables, "    INPUT_REPORT: "+strings.Join(documents, ",")+"\n")
	}
	text := strings.Join(variables, "")
	if path == "" && len(reports) == 0 {
		return text
	}
	text += "  artifacts:\n    when: always\n"
	if path != "" {
		text += "    paths: [" + quoted(path) + "]\n"
	}
	if len(reports) > 0 {
		text += "    reports:\n      " + strings.Join(reports, "\n      ") + "\n"
	}
	return text
}
