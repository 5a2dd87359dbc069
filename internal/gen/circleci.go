package main

import (
	"fmt"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/owner"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps"
)

// orb is the source of the orb for CircleCI: one command for each step, and one
// that installs the program. It is one file, so that it is published, inlined
// or named by its address as it is (circleci.com/docs: "Reusable config
// reference", "Create, test, and use URL orbs").
//
// Parameters stand in environment only, which CircleCI takes literally.
// CircleCI has no unset switch and no unset number: a switch is handed over if
// it is not as by default (the section <<# x >> is there if x is true, <<^ x >>
// if not), and numbers are strings.
func orb() []byte {
	var b strings.Builder
	b.WriteString(`# Made by go run ./internal/gen from the steps' Inputs and install/install.sh.
version: 2.1
description: Steps for AWS CodeDeploy, from a checked revision to a followed deployment, with or without an account.
display:
  home_url: https://github.com/codedeploy-steps/codedeploy-steps
  source_url: https://github.com/codedeploy-steps/codedeploy-steps
commands:
  install:
    description: Put the checksummed program on the PATH of the job.
    parameters:
      version: {type: string, default: '', description: 'Version such as v1.2.3; the newest release if empty.'}
      sha256: {type: string, default: '', description: 'SHA-256 that the program must have; the checksums of the release hold all the same.'}
    steps:
      - run:
          name: Install codedeploy-steps
          environment:
            VERSION: << parameters.version >>
            SHA256: << parameters.sha256 >>
          command: |
` + inBlock(installScript(), 12))
	for _, s := range steps.All(owner.Connect) {
		b.WriteString(orbCommand(s))
	}
	return []byte(b.String())
}

func orbCommand(s step.Step) string {
	var parameters, environment strings.Builder
	for _, f := range step.Fields(s.New()) {
		if f.Secret {
			continue // a parameter is shown to everybody who sees the pipeline; secrets come from a context
		}
		fmt.Fprintf(&parameters, "      %s: {%s, description: %s}\n", f.Name, orbType(f), quoted(describe(f)))
		fmt.Fprintf(&environment, "            %s: %s\n", pluginVariable(f), orbValue(f))
	}
	return fmt.Sprintf(`  %s:
    description: %s
    parameters:
%s    steps:
      - run:
          name: codedeploy-steps %s
          environment:
%s          command: codedeploy-steps %s
`, commandName(s), quoted(s.Summary), &parameters, s.Name, &environment, s.Name)
}

func orbType(f *step.Field) string {
	switch {
	case isSwitch(f):
		return fmt.Sprintf("type: boolean, default: %t", f.Default == "true")
	case f.IsBool():
		return "type: enum, enum: ['', 'true', 'false'], default: ''"
	case len(f.Enum) > 0:
		return "type: enum, enum: ['', '" + strings.Join(f.Enum, "', '") + "'], default: ''"
	}
	return "type: string, default: ''"
}

func orbValue(f *step.Field) string {
	switch {
	case isSwitch(f) && f.Default == "true":
		return fmt.Sprintf("<<^ parameters.%[1]s >>false<</ parameters.%[1]s >>", f.Name)
	case isSwitch(f):
		return fmt.Sprintf("<<# parameters.%[1]s >>true<</ parameters.%[1]s >>", f.Name)
	}
	return "<< parameters." + f.Name + " >>"
}
