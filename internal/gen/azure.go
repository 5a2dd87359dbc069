package main

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/owner"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps"
)

// azureTemplates are the templates for Azure Pipelines: one task for each step,
// and one that installs the program (learn.microsoft.com: "Templates",
// "parameters.parameter definition", "Template expressions").
//
// Parameters stand in env only. Azure has no unset parameter but an empty
// string: those of other types are handed over if they are not as by default.
func azureTemplates() []file {
	all := []file{{"azure/install.yml", azureInstall}}
	for _, s := range steps.All(owner.Connect) {
		all = append(all, file{"azure/" + commandName(s) + ".yml", func() []byte { return azureStep(s) }})
	}
	return all
}

func azureInstall() []byte {
	return []byte(`# Made by go run ./internal/gen from install/install.sh: puts the checksummed program on the PATH of the job.
parameters:
  - {name: version, type: string, default: '', displayName: 'Version such as v1.2.3; the newest release if empty.'}
  - {name: sha256, type: string, default: '', displayName: 'SHA-256 that the program must have; the checksums of the release hold all the same.'}
steps:
  - bash: |
` + inBlock(installScript(), 6) + `    displayName: Install codedeploy-steps
    env:
      VERSION: ${{ parameters.version }}
      SHA256: ${{ parameters.sha256 }}
`)
}

func azureStep(s step.Step) []byte {
	var parameters, env strings.Builder
	fields := step.Fields(s.New())
	for _, f := range fields {
		fmt.Fprintf(&parameters, "  - {name: %s, %s, displayName: %s}\n", azureName(f.Name), azureType(f), quoted(describe(f)))
		env.WriteString(azureVariable(f))
	}
	if slices.ContainsFunc(fields, func(f *step.Field) bool { return f.Name == "role-to-assume" }) {
		// What a token is asked for with; Azure hands over neither by itself.
		parameters.WriteString("  - {name: serviceConnectionId, type: string, default: '', displayName: 'Id of the service connection whose OIDC token assumes the role.'}\n")
		env.WriteString(`      ${{ if ne(parameters.serviceConnectionId, '') }}:
        AZURESUBSCRIPTION_SERVICE_CONNECTION_ID: ${{ parameters.serviceConnectionId }}
        SYSTEM_ACCESSTOKEN: $(System.AccessToken)
`)
	}
	return fmt.Appendf(nil, `# Made by go run ./internal/gen from the step's Inputs. install.yml comes first.
# %s
parameters:
  - {name: stepName, type: string, default: %s, displayName: 'Name by which other tasks know its outputs.'}
%ssteps:
  - script: codedeploy-steps %s
    name: ${{ parameters.stepName }}
    displayName: codedeploy-steps %[4]s
    env:
%s`, s.Summary, azureName(s.Name), &parameters, s.Name, &env)
}

func azureType(f *step.Field) string {
	switch {
	case isSwitch(f):
		return fmt.Sprintf("type: boolean, default: %t", f.Default == "true")
	case f.Type.Kind() == reflect.Int:
		return "type: number, default: " + cmp.Or(f.Default, "0")
	case len(f.Enum) > 0 && f.Default != "":
		return "type: string, default: " + f.Default + ", values: [" + strings.Join(f.Enum, ", ") + "]"
	}
	return "type: string, default: ''"
}

// azureVariable is what a template hands over of an input.
func azureVariable(f *step.Field) string {
	name := azureName(f.Name)
	only := func(condition, value string) string {
		return fmt.Sprintf("      ${{ if %s }}:\n        %s: %s\n", condition, pluginVariable(f), value)
	}
	value := "${{ parameters." + name + " }}"
	switch {
	case isSwitch(f) && f.Default == "true":
		return only("not(parameters."+name+")", "'false'")
	case isSwitch(f):
		return only("parameters."+name, "'true'")
	case f.Type.Kind() == reflect.Int:
		return only("ne(parameters."+name+", "+cmp.Or(f.Default, "0")+")", value)
	case len(f.Enum) > 0 && f.Default != "":
		return only("ne(parameters."+name+", '"+f.Default+"')", value)
	}
	return fmt.Sprintf("      %s: %s\n", pluginVariable(f), value)
}

// azureName is a name as Azure's expressions take it: letters and digits.
func azureName(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == ' ' })
	for i, word := range words[1:] {
		words[i+1] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "")
}
