//go:build linux

package e2e

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/owner"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps"
)

// Every text in every argument of every function is a variable's value and
// nothing else; a shell and the program get each text too.
func jenkinsHostile(t *testing.T) (all []jenkinsBuild) {
	for n, s := range steps.All(owner.Connect) {
		dir := t.TempDir()
		for i, text := range hostileTexts(t) {
			text = jenkinsText(text)
			params, want := map[string]any{}, map[string]string{}
			for _, f := range step.Fields(s.New()) {
				if f.Secret {
					continue
				}
				params[inCamel(f.Name)] = text
				want["CODEDEPLOY_STEPS_"+strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))] = digested(text)
			}
			real := i%len(steps.All(owner.Connect)) == n
			if real {
				params["outputs"], params["dotenv"], params["state"], params["bundleOutput"], params["report"], params["endpoint"] = "", "", "", "", "", "" // paths that the user chooses are the user's
				maps.DeleteFunc(params, func(name string, _ any) bool {
					return !slices.ContainsFunc(step.Fields(s.New()), func(f *step.Field) bool { return inCamel(f.Name) == name }) || len(text) > 10_000 && name != "application" && name != "source"
				}) // no system takes 60 variables of 100 KiB
			}
			all = append(all, jenkinsBuild{Name: fmt.Sprintf("hostile %d in %s", i, s.Name), Script: jenkinsFunction(s) + "(params)", Dir: dir, Params: params, Record: !real,
				check: func(t *testing.T, r jenkinsResult) {
					if fileExists(filepath.Join(dir, "forged")) {
						t.Fatalf("%.200q: a shell made a file", text)
					}
					sh := r.call("sh")
					if sh.Args["script"] != "exec codedeploy-steps "+s.Name || r.count("sh") != 1 {
						t.Errorf("%.200q: the script is %v", text, sh.Args)
					}
					if real {
						if !strings.Contains(r.Error, "ended with exit code 2") {
							t.Errorf("%.200q: %q\n%s", text, r.Error, r.Log)
						}
						return
					}
					got := maps.Clone(sh.Env)
					maps.DeleteFunc(got, func(name, _ string) bool { return strings.HasPrefix(name, "AWS_") || name == asProgram })
					if !maps.Equal(got, want) {
						t.Errorf("%.200q: the variables are\n%.2000v", text, got)
					}
				}})
		}
	}
	return all
}
