package validate

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/appspec"
	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// lookUp finds a rule that an input names.
func lookUp(input, id string) (appspec.Rule, error) {
	rule, ok := appspec.LookUp(id)
	if !ok {
		return rule, step.Errorf(step.Misused, "%s: there is no rule %q%s", input, id, step.DidYouMean(strings.ToUpper(id), appspec.RuleIDs())).
			Do("`--explain all` lists the rules.")
	}
	return rule, nil
}

// explain tells what there is to know about a rule, or names them all.
func explain(env *step.Env, id string) error {
	if id == "all" {
		for _, r := range appspec.Rules() {
			env.Events.Emit(event.Rule{ID: r.ID, Severity: string(r.Severity), Title: r.Title})
		}
		return nil
	}
	r, err := lookUp("--explain", id)
	if err != nil {
		return err
	}
	env.Events.Emit(event.Rule{
		ID: r.ID, Severity: severity(r), Title: r.Title, Why: r.Why, Agent: verdict(r.Agent), Remedy: r.Remedy, Chapter: r.Chapter,
		Fails: example(r.Fails), Passes: example(r.Passes),
	})
	return nil
}

func severity(r appspec.Rule) string {
	switch {
	case !r.Varies:
		return string(r.Severity)
	case r.Severity == appspec.Error:
		return "error, or warning"
	}
	return "warning, or error"
}

// verdict says what the agent does, as a sentence.
func verdict(v appspec.Verdict) string {
	switch v {
	case appspec.Refuses:
		return "It refuses the file as soon as it reads it."
	case appspec.Accepts:
		return "It reads the file without a word: this fails later, or does something else than is written."
	case appspec.Depends:
		return "It depends on its Ruby: one version takes the file, another refuses it."
	}
	return ""
}

// example reads an example of a rule.
func example(text string) []event.ExampleFile {
	files, at := appspec.Example(text)
	var all []event.ExampleFile
	for _, f := range files {
		e := event.ExampleFile{Name: f.Name, Text: f.Text}
		switch {
		case f.Mode.IsDir():
			e.Name += "/"
		case f.Mode&fs.ModeSymlink != 0:
			e.Name, e.Text = fmt.Sprintf("%s -> %s", f.Name, f.Text), ""
		case f.Name != "appspec.yml":
			e.Name = fmt.Sprintf("%s (mode %04o)", f.Name, f.Mode.Perm())
		}
		if f.Name == "appspec.yml" || f.Name == "appspec.yaml" {
			e.Line, e.Column, e.EndLine, e.EndColumn = at.Start.Line, at.Start.Column, at.End.Line, at.End.Column
		}
		all = append(all, e)
	}
	return all
}
