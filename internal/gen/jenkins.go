package main

import (
	"fmt"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/owner"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps"
)

// jenkins is the shared library's part that is made of the steps: for each a
// function vars/codedeployPush.groovy and its page in Jenkins' "Global Variables
// Reference". vars/codedeployStep.groovy, which they call, is written by hand.
func jenkins() []file {
	var all []file
	for _, s := range steps.All(owner.Connect) {
		at := "vars/" + jenkinsFunction(s)
		all = append(all, file{at + ".groovy", func() []byte { return jenkinsStep(s) }}, file{at + ".txt", func() []byte { return jenkinsPage(s) }})
	}
	return all
}

// camel is a name as Groovy writes names: s3-bucket is s3Bucket.
func camel(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == ' ' })
	for i, w := range words[1:] {
		words[i+1] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, "")
}

func jenkinsFunction(s step.Step) string { return camel("codedeploy " + s.Name) }

// jenkinsKind is what codedeployStep.groovy has to know of an input's value.
func jenkinsKind(f *step.Field) string {
	switch {
	case f.Secret:
		return "secret"
	case f.IsList() && f.Lines:
		return "lines"
	case f.IsList():
		return "list"
	}
	return "text"
}

func jenkinsStep(s step.Step) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "// Made by go run ./internal/gen from the step's Inputs and Outputs.\n// %s\n", s.Summary)
	fmt.Fprintf(&b, "def call(Map given = [:]) {\n    return codedeployStep(given, [\n        name: '%s',\n        inputs: [\n", s.Name)
	for _, f := range step.Fields(s.New()) {
		fmt.Fprintf(&b, "            %s: '%s',\n", camel(f.Name), jenkinsKind(f))
	}
	b.WriteString("        ],\n        outputs: [")
	if len(s.Outputs) == 0 {
		b.WriteString(":")
	}
	for _, name := range s.Outputs {
		fmt.Fprintf(&b, "\n            '%s': '%s',", name, camel(name))
	}
	if len(s.Outputs) > 0 {
		b.WriteString("\n        ")
	}
	fmt.Fprintf(&b, "],\n    ]) { boolean unix ->\n        if (unix) { // exec leaves one process, which gets the signal when the build is aborted\n"+
		"            return sh(label: 'codedeploy-steps %[1]s', script: 'exec codedeploy-steps %[1]s', returnStatus: true)\n        }\n"+
		"        return bat(label: 'codedeploy-steps %[1]s', script: '@codedeploy-steps %[1]s', returnStatus: true)\n    }\n}\n", s.Name)
	return []byte(b.String())
}

// jenkinsPage is plain text, which both of Jenkins' markup formatters can show.
func jenkinsPage(s step.Step) []byte {
	var b strings.Builder
	reports := false
	fmt.Fprintf(&b, "%s\n\nNamed arguments; what is null or empty is not set:\n\n", s.Summary)
	for _, f := range step.Fields(s.New()) {
		reports = reports || f.Name == "report"
		name, kind := camel(f.Name), kind(f)
		if f.Secret {
			name, kind = name+"Credentials", "id of a secret text"
		}
		fmt.Fprintf(&b, "- %s (%s): %s\n", name, kind, f.Describe())
	}
	b.WriteString("- image (text): Image of codedeploy-steps that the step runs in, by the Docker Pipeline plugin. Without it the program is expected on the agent's PATH.\n" +
		"- awsCredentials (id of AWS credentials): Bound as AWS_ACCESS_KEY_ID and its like, by the AWS Credentials plugin.\n")
	if reports {
		b.WriteString("- junit (text): Path of a JUnit report that is written and shown by the junit step.\n" +
			"- html (text): Path of a page that is written and shown by the publishHTML step.\n")
	}
	if len(s.Outputs) == 0 {
		return []byte(b.String())
	}
	b.WriteString("\nReturns a map with those of these that the step came to:\n\n")
	for _, name := range s.Outputs {
		fmt.Fprintf(&b, "- %s: %s\n", camel(name), step.OutputHelp[name])
	}
	return []byte(b.String())
}
