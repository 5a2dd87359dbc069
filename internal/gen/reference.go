package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps/engine"
)

// stepsPage is the reference of all steps: inputs, outputs, exit codes.
func stepsPage() []byte {
	var b strings.Builder
	b.WriteString("# Steps\n\n<!-- Made by go run ./internal/gen from the steps' Inputs and Outputs. -->\n\n" + `The same in every CI system. An input ` + "`s3-bucket`" + ` is taken from the first of these that is not empty:

| Where | Its name there |
|---|---|
| command line | ` + "`--s3-bucket VALUE`" + `, or the positional argument where an input says so |
| GitHub Actions | ` + "`with: s3-bucket:`" + `, which the runner makes ` + "`INPUT_S3-BUCKET`; `INPUT_S3_BUCKET`" + ` is taken too |
| Woodpecker, Drone | ` + "`settings: s3_bucket:`" + `, which the runner makes ` + "`PLUGIN_S3_BUCKET`; `step:`" + ` names the step |
| Bitbucket pipes | ` + "`variables: PLUGIN_S3_BUCKET:`; `PLUGIN_STEP:`" + ` names the step |
| any environment | ` + "`CODEDEPLOY_STEPS_S3_BUCKET`" + `, then the variables that the input names |
| an earlier step | the file of ` + "`--outputs`" + `, for inputs that are outputs too |
| the repository | ` + "`.codedeploy-steps.yml`" + `, but for inputs marked *not from the file* |

A switch is ` + "`true` or `false`" + `. A duration is ` + "`90s`, `30m`, `2h`" + ` or a number of seconds. A list has one value a line, or commas between
values unless it says otherwise; in the environment its values may also be variables of their own, ` + "`…_0`, `…_1`" + ` and so on.
Exit codes are the same for all steps: [exit-codes.md](exit-codes.md). Outputs are text; in GitHub Actions
they are ` + "`${{ steps.ID.outputs.NAME }}`" + `.

`)
	all := engine.Program().Steps
	for _, s := range all {
		fmt.Fprintf(&b, "- [%s](#%s): %s\n", s.Name, stepAnchor(s.Name), prose(s.Summary))
	}
	for _, s := range all {
		b.WriteString(stepSection(s))
	}
	return []byte(b.String())
}

func stepAnchor(name string) string { return strings.ReplaceAll(name, " ", "-") }

func stepSection(s step.Step) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n## %s\n\n%s\n", s.Name, prose(s.Summary))
	if s.Details != "" {
		fmt.Fprintf(&b, "\n%s\n", prose(s.Details))
	}
	b.WriteString("\n| Input | Kind | Default | |\n|---|---|---|---|\n")
	for _, g := range step.Groups(step.Fields(s.New())) {
		if g.Heading != "" {
			fmt.Fprintf(&b, "| **%s** | | | |\n", g.Heading)
		}
		for _, f := range g.Fields {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.Name, cell(kind(f)), code(f.Default), cell(remarks(f)))
		}
	}
	if len(s.Outputs) == 0 {
		return b.String()
	}
	b.WriteString("\n| Output | |\n|---|---|\n")
	for _, name := range s.Outputs {
		fmt.Fprintf(&b, "| `%s` | %s |\n", name, cell(step.OutputHelp[name]))
	}
	return b.String()
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

// kind says what values an input takes.
func kind(f *step.Field) string {
	t := strings.TrimPrefix(f.Type.String(), "*")
	switch {
	case len(f.Enum) > 0:
		return strings.Join(f.Enum, ", ")
	case f.IsBool():
		return "switch"
	case f.Lines:
		return "list, one a line"
	case f.IsList():
		return "list"
	case t == fmt.Sprintf("%T", time.Second):
		return "duration"
	case t == "int":
		return "number"
	}
	return "text"
}

// remarks are an input's help and where it may come from beside the usual.
func remarks(f *step.Field) string {
	text := f.Help + f.Need()
	if f.Arg && !strings.Contains(text, "positional") {
		text += " The positional argument."
	}
	if len(f.Env) > 0 {
		text += " Also " + strings.Join(f.Env, ", ") + "."
	}
	if f.NoFile {
		text += " Not from the file."
	}
	if f.Secret {
		text += " Masked."
	}
	return text
}
