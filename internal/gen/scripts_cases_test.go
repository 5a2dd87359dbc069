package main

import (
	"slices"
	"strings"
	"testing"
)

// TestScriptsThatAreBad: the scan finds what it is there for.
func TestScriptsThatAreBad(t *testing.T) {
	for _, c := range []struct{ file, text, says string }{
		{"action.yml", "runs:\n  using: docker\n  args: [push, '${{ inputs.source }}']", "fills in"},
		{"steps/push/action.yml", "runs:\n  entrypoint: /bin/${{ inputs.x }}", "fills in"},
		{".github/workflows/a.yml", "jobs: {a: {steps: [{run: 'echo ${{ github.head_ref }}'}]}}", "fills in"},
		{".github/workflows/a.yml", "jobs: {a: {steps: [{run: 'eval \"$X\"'}]}}", "makes code"},
		{"install/action.yml", "runs: {steps: [{shell: 'bash ${{ inputs.x }}'}]}", "fills in"},
		{"templates/push.yml", "spec: {inputs: {a: {}}}\n---\npush:\n  script: codedeploy-steps push $[[ inputs.a ]]", "fills in"},
		{"templates/push.yml", "push:\n  before_script:\n    - - echo\n      - \"$[[ inputs.a ]]\"", "fills in"},
		{"templates/push/template.yml", "push: {after_script: ['echo $[[inputs.a]]']}", "fills in"},
		{"templates/push.yml", ".a: &a ['echo $[[inputs.a]]']\npush: {script: *a}", "fills in"},
		{"templates/push.yml", "push: {script: ['bash -ec \"$A\"']}", "makes code"},
		{"orb/orb.yml", "commands: {push: {steps: [{run: 'push << parameters.a >>'}]}}", "fills in"},
		{"orb/orb.yml", "commands: {push: {steps: [{run: {command: 'push <<# parameters.a >>-a<</ parameters.a >>'}}]}}", "fills in"},
		{"orb/src/commands/push.yml", "steps:\n  - run:\n      command: |\n        set -e\n        push <<parameters.a>>", "fills in"},
		{"azure/push.yml", "steps: [{script: 'push ${{ parameters.a }}'}]", "fills in"},
		{"azure/push.yml", "steps: [{bash: 'push $(Build.SourceBranch)'}]", "fills in"},
		{"azure/push.yml", "steps: [{pwsh: 'push $[variables.a]'}]", "fills in"},
		{"azure/push.yml", "steps: [{script: 'push %A%'}]", "cmd.exe"},
		{"azure/push.yml", "steps: [{powershell: 'push ${{ parameters.a }}'}]", "fills in"},
		{"pipe.yml", "script: ['push ${A}']", "fills in"},
		{"vars/a.groovy", `sh "push ${a}"`, "no single-quoted"},
		{"vars/a.groovy", `sh("push $a")`, "no single-quoted"},
		{"vars/a.groovy", `sh 'push ' + a`, "no single-quoted"},
		{"vars/a.groovy", `sh(script: 'push ' + a, returnStatus: true)`, "no single-quoted"},
		{"vars/a.groovy", `def s = sh returnStatus: true, script: "push $a"`, "no single-quoted"},
		{"vars/a.groovy", "sh(returnStatus: true,\n  script: '''push''' + a)", "no single-quoted"},
		{"vars/a.groovy", `sh """push"""`, "no single-quoted"},
		{"vars/a.groovy", `sh command`, "no single-quoted"},
		{"vars/a.groovy", `sh(command)`, "no single-quoted"},
		{"vars/a.groovy", `sh(options + [script: 'push'])`, "no single-quoted"},
		{"vars/a.groovy", `steps.sh(/push/)`, "no single-quoted"},
		{"vars/a.groovy", `isUnix() ? sh('push') : bat("push $a")`, "no single-quoted"},
		{"vars/a.groovy", `bat 'push %A%'`, "cmd.exe"},
		{"vars/a.groovy", `powershell "push $a"`, "no single-quoted"},
		{"vars/a.groovy", `sh 'push '.concat(a)`, "no single-quoted"},
		{"vars/a.groovy", `sh 'eval "$A"'`, "makes code"},
		{"vars/a.groovy", `"push $a".execute()`, "runs a program"},
		{"vars/a.groovy", `evaluate(a)`, "makes code"},
		{"vars/a.groovy", "// it's\n/* \" */ def q = /'/\nsh \"$a\"", "no single-quoted"},
		{"hooks/command", "#!/bin/bash\neval \"codedeploy-steps $ARGS\"", "makes code"},
		{"hooks/command", "#!/bin/sh\nsh -c \"codedeploy-steps $ARGS\"", "makes code"},
		{"lib/a.bash", "source <(echo \"$A\")", "makes code"},
	} {
		all, known, err := scriptsOf(c.file, []byte(c.text))
		if err != nil || !known {
			t.Errorf("%s: %v, %v: %s", c.file, known, err, c.text)
			continue
		}
		if !slices.ContainsFunc(all, func(s scriptText) bool { return strings.Contains(s.problem(), c.says) }) {
			t.Errorf("%s: nothing says %q of\n%s\n%+v", c.file, c.says, c.text, all)
		}
	}
}

// TestScriptsThatAreGood: the scan finds nothing where nothing is.
func TestScriptsThatAreGood(t *testing.T) {
	for _, c := range []struct {
		file, text string
		scripts    int
	}{
		{".github/workflows/a.yml", "jobs: {a: {steps: [{env: {A: '${{ inputs.a }}'}, run: 'echo \"$A\"'}]}}", 1},
		{"templates/push.yml", "push: {variables: {A: '$[[ inputs.a ]]'}, script: ['codedeploy-steps push']}", 1},
		{"orb/orb.yml", "commands: {push: {steps: [{run: {environment: {A: << parameters.a >>}, command: 'cat \\<<E >>f'}}]}}", 1},
		{"azure/push.yml", "steps: [{bash: 'a=$(uname -s)', env: {A: '${{ parameters.a }}', B: '$(System.AccessToken)'}}]", 1},
		{"vars/a.groovy", "def call(Map a) {\n  withEnv([\"A=$a.x\"]) {\n    isUnix() ? sh(script: 'codedeploy-steps push', returnStatus: true) : bat('codedeploy-steps push')\n  }\n  sh '''\n    echo \"it's $A\"\n  '''\n  sh(returnStatus: true, script: 'a',\n  )\n}", 4},
		{"vars/a.groovy", "def m = [sh: 1, bat: 2]\nm.sh = 3\necho \"sh(a)\"", 0},
		{"hooks/command", "#!/bin/bash\n# no eval here\nexec codedeploy-steps push", 1},
	} {
		all, known, err := scriptsOf(c.file, []byte(c.text))
		if err != nil || !known || len(all) != c.scripts {
			t.Errorf("%s: %d scripts, %v, %v: %+v", c.file, len(all), known, err, all)
		}
		for _, s := range all {
			if problem := s.problem(); problem != "" {
				t.Errorf("%s: %s\n%s", s.at, problem, c.text)
			}
		}
	}
}
