package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/owner"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps"
)

// pipelineComponent is the template of a whole pipeline: the check everywhere,
// then a release into an environment, with jobs that go back and that stop it.
// Its inputs are the release's; the other jobs share them.
func pipelineComponent(image string) []byte {
	all := map[string]step.Step{}
	for _, s := range steps.All(owner.Connect) {
		all[s.Name] = s
	}
	release := all["release"]
	fields := offered(release)
	var b strings.Builder
	header(&b, []input{
		{name: "environment", text: "Environment that the release goes to, and the resource group of the jobs that deploy.", standard: "production"},
		{name: "release-if", text: "When to release, as in rules:if.", standard: "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"},
		{name: "jobs", text: "What the names of the jobs begin with.", standard: "codedeploy"},
		{name: "stage", text: "Stage of the jobs that deploy.", standard: "deploy"},
		{name: "validate-stage", text: "Stage of the check.", standard: "test"},
		imageInput(image),
	}, fields)

	b.WriteString("# What the jobs have in common.\n\".$[[ inputs.jobs ]]\":\n" + runsIn + token(fields) + "  variables:\n")
	var own []*step.Field // which another step of the pipeline means otherwise
	for _, f := range fields {
		if slices.ContainsFunc([]string{"rollback", "stop"}, func(name string) bool { return differs(f, all[name]) }) {
			own = append(own, f)
			continue
		}
		b.WriteString(passed(f))
	}
	job := func(name, stage, what, variables string, more string) {
		fmt.Fprintf(&b, "\n# %s\n\"$[[ inputs.jobs ]]-%s\":\n  extends: .$[[ inputs.jobs ]]\n  stage: $[[ inputs.%s ]]\n", what, name, stage)
		kept := kept(all[name])
		if variables != "" || strings.HasPrefix(kept, "    ") {
			b.WriteString("  variables:\n" + variables)
		}
		b.WriteString(kept + more + "  script:\n    - codedeploy-steps " + name + "\n")
	}
	var only strings.Builder
	for _, f := range own {
		only.WriteString(passed(f))
	}
	const manual = "  rules:\n    - if: $[[ inputs.release-if ]]\n      when: manual\n      allow_failure: true\n  needs: []\n"
	environment := "  environment:\n    name: $[[ inputs.environment ]]\n"
	job("validate", "validate-stage", "For every push, and once where a merge request is open. It runs nothing of the revision.", "", `  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS
      when: never
    - if: $CI_COMMIT_BRANCH
`)
	job("release", "stage", release.Summary, only.String(), "  rules:\n    - if: $[[ inputs.release-if ]]\n"+
		environment+"    on_stop: $[[ inputs.jobs ]]-stop\n  resource_group: $[[ inputs.environment ]]\n")
	job("rollback", "stage", all["rollback"].Summary, "", manual+environment+"  resource_group: $[[ inputs.environment ]]\n")
	job("stop", "stage", "Stop what the environment has running. It is in no resource group: it would wait for what it is to stop.", "",
		manual+environment+"    action: stop\n")
	return []byte(b.String())
}

// differs says if a step has an input of that name that stands for something
// else when nobody sets it.
func differs(f *step.Field, s step.Step) bool {
	for _, other := range step.Fields(s.New()) {
		if other.Name == f.Name {
			return other.Default != f.Default
		}
	}
	return false
}
