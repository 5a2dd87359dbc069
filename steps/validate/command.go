package validate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/appspec"
	"github.com/codedeploy-steps/codedeploy-steps/internal/revision"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps/bundle"
)

// command is the inputs of the step alone.
type command struct {
	Format string `flag:"format" group:"Every step" enum:"text,json,sarif,codequality,junit,checkstyle" default:"text" help:"How findings are written: text for people, json for one object a line, else one document at the end: SARIF 2.1.0, GitLab code quality, JUnit XML, Checkstyle XML."`
	step.Common
	Sources []string `flag:"source" arg:"true" list:"lines" default:"." help:"Folders and archives (zip, tar, tgz) of revisions, and AppSpec files, one a line; also the positional arguments."`
	AppSpec string   `flag:"appspec" help:"Path of the AppSpec, if it is not at the root of the one source that is given."`
	Report  []string `flag:"report" group:"Reports" file:"no" help:"Documents that are written to files beside what is shown, as kind=path: sarif=out.sarif,junit=report.xml. Kinds: sarif, codequality, junit, checkstyle."`
	step.Reports
	Severity string   `flag:"severity" enum:"error,warning" default:"error" help:"The least severity that fails the step. Findings below it are shown all the same."`
	Ignore   []string `flag:"ignore" help:"Ids of rules whose findings are ignored. They are counted, and documents have them as suppressed."`
	Explain  string   `flag:"explain" help:"Id of a rule to explain instead of a check, or all for a list of the rules."`
	Fix
	Situation
	bundle.Selection
}

// Situation is what may be known besides the revisions.
type Situation struct {
	_                struct{} `group:"Target"`
	Platform         string   `flag:"platform" enum:"server,ecs,lambda" help:"Compute platform that the files are for, if their keys do not tell."`
	Spacing          bool     `flag:"spacing" help:"Ask for the spacing of the User Guide, too."`
	TargetSystem     string   `flag:"target-system" enum:"linux,windows" help:"What the servers run."`
	DeploymentType   string   `flag:"deployment-type" enum:"in-place,in-place-load-balancer,blue-green,blue-green-original,blue-green-replacement" help:"Kind of deployment; it tells which lifecycle events run."`
	TargetUsers      []string `flag:"target-users" help:"Users that the servers have."`
	TargetGroups     []string `flag:"target-groups" help:"Groups that the servers have."`
	TargetContainers []string `flag:"target-containers" help:"Containers of the task definition, for Amazon ECS."`
	NoTestListener   bool     `flag:"no-test-listener" help:"The load balancer of the Amazon ECS service has no test listener."`
}

func (s Situation) of() appspec.Situation {
	return appspec.Situation{
		Options: appspec.Options{Platform: appspec.Platform(s.Platform), Spacing: s.Spacing},
		Target: appspec.Target{
			System: s.TargetSystem, Deployment: appspec.DeploymentType(s.DeploymentType), Users: s.TargetUsers, Groups: s.TargetGroups,
			Containers: s.TargetContainers, NoTestListener: s.NoTestListener,
		},
	}
}

// Run checks what is given, or explains a rule.
func (in *command) Run(ctx context.Context, env *step.Env) error {
	if in.Explain != "" {
		return explain(env, in.Explain)
	}
	terms := revision.Terms{Situation: in.of(), FailFrom: appspec.Severity(in.Severity), Bundle: in.Selection.Options()}
	for _, id := range in.Ignore {
		rule, err := lookUp("--ignore", id)
		if err != nil {
			return err
		}
		terms.Ignore = append(terms.Ignore, rule.ID)
	}
	return env.Stage("validate", func() error {
		roots, err := in.roots(env)
		if err == nil {
			err = in.fix(env, roots, terms)
		}
		switch {
		case err != nil:
			return err
		case len(roots) == 1:
			return one(ctx, env, roots[0], terms)
		}
		return several(ctx, env, roots, terms)
	})
}

// roots gives the revisions that the sources stand for, in the order of their names.
func (in *command) roots(env *step.Env) ([]revision.Inputs, error) {
	if in.AppSpec != "" {
		if len(in.Sources) > 1 {
			return nil, step.Errorf(step.Misused, "--appspec %s goes with one source, and there are %d", in.AppSpec, len(in.Sources)).
				Do("Name the AppSpec files themselves as sources.")
		}
		return []revision.Inputs{{Source: in.Sources[0], AppSpec: in.AppSpec}}, nil
	}
	var roots []revision.Inputs
	for _, source := range in.Sources {
		found, err := revision.Search(env, source)
		if err != nil {
			return nil, err
		}
		roots = append(roots, found...)
	}
	path := func(in revision.Inputs) string { return env.Path(in.Source) + "\x00" + in.AppSpec }
	slices.SortStableFunc(roots, func(a, b revision.Inputs) int { return strings.Compare(path(a), path(b)) })
	return slices.CompactFunc(roots, func(a, b revision.Inputs) bool { return path(a) == path(b) }), nil
}

// several checks each revision, whatever is wrong with the others.
func several(ctx context.Context, env *step.Env, roots []revision.Inputs, terms revision.Terms) error {
	var unread []error
	failed, withErrors, withWarnings, ignored := 0, 0, 0, 0
	for _, root := range roots {
		if err := ctx.Err(); err != nil {
			return err
		}
		r, err := revision.Open(env, root)
		if err == nil {
			_, err = r.CheckOn(ctx, env, terms)
		}
		if told := (*step.Error)(nil); err != nil && !(errors.As(err, &told) && told.Shown) {
			unread = append(unread, err)
			continue
		} else if err != nil {
			failed++
		}
		counts := r.Counts()
		if ignored += counts.Ignored; counts.Errors > 0 {
			withErrors++
		} else if counts.Warnings > 0 {
			withWarnings++
		}
	}
	summary := summary(len(roots), len(unread), withErrors, withWarnings, ignored)
	env.Done("%s", summary)
	switch {
	case len(unread) > 0:
		return errors.Join(unread...)
	case failed > 0:
		return step.ShownError(step.Failed, "%s", summary)
	}
	return nil
}

// summary gives "7 files: 2 with errors, 1 with warnings, 3 findings ignored".
func summary(files, unread, withErrors, withWarnings, ignored int) string {
	var parts []string
	add := func(n int, text string) {
		if n > 0 {
			parts = append(parts, text)
		}
	}
	add(unread, fmt.Sprintf("%d not read", unread))
	add(withErrors, fmt.Sprintf("%d with errors", withErrors))
	add(withWarnings, fmt.Sprintf("%d with warnings", withWarnings))
	add(ignored, revision.Count(ignored, "finding")+" ignored")
	text := revision.Count(files, "file")
	if len(parts) > 0 {
		text += ": " + strings.Join(parts, ", ")
	}
	return text
}
