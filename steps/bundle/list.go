package bundle

import (
	"context"
	"os"

	"github.com/codedeploy-steps/codedeploy-steps/bundle"
	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
	"github.com/codedeploy-steps/codedeploy-steps/internal/revision"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// Looks declares the steps that look into bundles.
func Looks() []step.Step {
	return []step.Step{
		{Name: "bundle list", Summary: "List what a bundle holds, or what one of a folder would.", First: true,
			New: func() step.Inputs { return &list{} }},
		{Name: "bundle diff", Summary: "Compare two bundles, or a bundle and a folder.", First: true,
			Details: "Exit code 1 says that they differ.",
			New:     func() step.Inputs { return &diff{} }},
	}
}

// Selection is what of a folder goes into a bundle, as the step bundle has it.
type Selection struct {
	Include      []string `flag:"include" help:"Patterns, in gitignore's syntax, of what alone goes into the bundle."`
	Exclude      []string `flag:"exclude" help:"Patterns, in gitignore's syntax, of what stays out of the bundle; they come after those of a file .codedeployignore at the root of the source."`
	LinksOutside bool     `flag:"links-outside" help:"Take symbolic links along that lead out of the source: on an instance they lead to its own files."`
	FollowLinks  bool     `flag:"follow-links" help:"Put what a symbolic link leads to in its place, if that lies in the source."`
}

// Options are those of a scan.
func (s Selection) Options() *bundle.Options {
	return &bundle.Options{Include: s.Include, Exclude: s.Exclude, FollowLinks: s.FollowLinks, LinksOutside: s.LinksOutside}
}

// Preview is what of a folder would go into its bundle.
type Preview struct {
	Selection
	AppSpec string `flag:"appspec" help:"Path of an AppSpec that would go to the root of a folder's bundle."`
}

type list struct {
	step.Common
	Preview
	Source  string `flag:"source" arg:"true" default:"." help:"Folder or archive (zip, tar, tgz)."`
	Largest int    `flag:"largest" help:"Only so many files, the largest first; 0 for all, by name."`
}

// Run lists the entries.
func (in *list) Run(ctx context.Context, env *step.Env) error {
	return env.Stage("bundle", func() error {
		m, err := in.manifest(ctx, env, in.Source)
		if err != nil {
			return err
		}
		entries := m.Entries
		if in.Largest > 0 {
			entries = m.Largest(in.Largest)
		}
		for _, e := range entries {
			env.Events.Emit(event.Entry{Path: e.Name, Mode: e.Mode.String(), Size: e.Size, Link: e.Link})
		}
		if out := m.LinksOutside(); len(out) > 0 && !in.LinksOutside {
			env.Warn("the link %s leads to %s, out of the revision: without --links-outside no step takes it", out[0].Name, out[0].Link)
		}
		t := m.Totals()
		env.Done("%s, %s unpacked, %s", revision.Count(t.Files, "file", t.Links, "link", t.Folders, "folder"), report.Bytes(t.Bytes), m.Digest())
		return nil
	})
}

type diff struct {
	step.Common
	Preview
	Sources []string `flag:"source" arg:"true" list:"lines" help:"What was, and what is: two folders or archives (zip, tar, tgz), one a line; also the positional arguments."`
}

// Run tells the differences.
func (in *diff) Run(ctx context.Context, env *step.Env) error {
	if len(in.Sources) != 2 {
		return step.Errorf(step.Misused, "bundle diff compares two folders or archives, and %d are given", len(in.Sources)).Do("See `bundle diff --help`.")
	}
	return env.Stage("bundle", func() error {
		var manifests [2]*bundle.Manifest
		for i, source := range in.Sources {
			m, err := in.manifest(ctx, env, source)
			if err != nil {
				return err
			}
			manifests[i] = m
		}
		changes := bundle.Diff(manifests[0], manifests[1])
		for _, c := range changes {
			e := c.After
			if e == nil {
				e = c.Before
			}
			env.Events.Emit(event.Entry{Path: c.Name, Mode: e.Mode.String(), Size: e.Size, Link: e.Link, Change: c.Words()})
		}
		if len(changes) == 0 {
			env.Done("the same: %s, %s", revision.Count(len(manifests[0].Entries), "file"), manifests[0].Digest())
			return nil
		}
		return step.ShownError(step.Failed, "%s between %s and %s", revision.Count(len(changes), "difference"), in.Sources[0], in.Sources[1])
	})
}

// manifest reads what a folder's bundle would hold, or an archive holds.
func (s Preview) manifest(ctx context.Context, env *step.Env, source string) (*bundle.Manifest, error) {
	path := env.Path(source)
	info, err := os.Stat(path)
	if err != nil {
		return nil, step.Errorf(step.Misused, "%s: %w", source, revision.Reason(err))
	}
	if info.IsDir() {
		o := s.Options()
		o.LinksOutside = true
		if s.AppSpec != "" {
			o.AppSpec = env.Path(s.AppSpec)
		}
		t, err := bundle.Scan(ctx, path, *o)
		if err != nil {
			return nil, wrap(ctx, source, err)
		}
		warnOfIdle(env, s.Include, t.Manifest)
		return t.Manifest, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, step.Errorf(step.Misused, "%s: %w", source, revision.Reason(err))
	}
	defer f.Close()
	t, err := bundle.Identify(f, info.Size())
	if err != nil {
		return nil, wrapArchive(ctx, source, err)
	}
	m, err := bundle.Read(ctx, f, info.Size(), t)
	if err != nil {
		return nil, wrapArchive(ctx, source, err)
	}
	return m, nil
}
