//go:build linux

package e2e

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/owner"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps"
)

func hostileTexts(t *testing.T) (all []string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "ci", "testdata", "hostile.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		quoted, err := strconv.QuotedPrefix(strings.TrimSpace(line))
		if err != nil {
			continue // a comment
		}
		text, _ := strconv.Unquote(quoted)
		if n, err := strconv.Atoi(strings.TrimPrefix(strings.TrimSpace(line)[len(quoted):], "*")); err == nil {
			text = strings.Repeat(text, n)
		}
		all = append(all, jenkinsText(text))
	}
	if len(all) < 50 {
		t.Fatalf("%d texts", len(all))
	}
	return all
}

func jenkinsHostile(t *testing.T) (all []jenkinsBuild) {
	for n, s := range steps.All(owner.Connect) {
		dir := t.TempDir()
		for i, text := range hostileTexts(t) {
			params, want := map[string]any{}, map[string]string{"CODEDEPLOY_STEPS_STEP": s.Name}
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
				for name := range params {
					if !slices.ContainsFunc(step.Fields(s.New()), func(f *step.Field) bool { return inCamel(f.Name) == name }) {
						delete(params, name)
					}
				}
			}
			all = append(all, jenkinsBuild{Name: fmt.Sprintf("hostile %d in %s", i, s.Name), Script: jenkinsFunction(s) + "(params)", Dir: dir, Params: params, Record: !real,
				check: func(t *testing.T, r jenkinsResult) {
					if fileExists(filepath.Join(dir, "forged")) {
						t.Fatalf("%.200q: a shell made a file", text)
					}
					if strings.Contains(text, "\x00") {
						if !strings.Contains(r.Error, "has a NUL character") || r.count("sh") > 0 {
							t.Errorf("%.200q: %s", text, r.Error)
						}
						return
					}
					sh := r.call("sh")
					if sh.Args["script"] != "exec codedeploy-steps $CODEDEPLOY_STEPS_STEP" || r.count("sh") != 1 {
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
