// Package bundle is the step that packs a revision into a reproducible archive.
package bundle

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/codedeploy-steps/codedeploy-steps/appspec"
	"github.com/codedeploy-steps/codedeploy-steps/bundle"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
	"github.com/codedeploy-steps/codedeploy-steps/internal/revision"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// Options are the inputs of every step that packs a revision.
type Options struct {
	revision.Inputs
	Selection
	BundleType   string `flag:"bundle-type" enum:"zip,tar,tgz" default:"zip" help:"Type of the archive; where nobody gives one, that of the name in --bundle-output counts before the default."`
	BundleOutput string `flag:"bundle-output" file:"no" help:"Where the bundle is kept; without it, release and push keep none, and bundle writes NAME.zip into the working folder."`
	Level        int    `flag:"compression-level" default:"6" help:"How hard to compress: 1 (fast) to 9 (small)."`
	Cache        string `flag:"cache" file:"no" help:"Folder that remembers the digests of files by time and inode, so that an unchanged source is not read again; none for no such folder, by default one in the user's cache folder."`
	Verify       bool   `flag:"verify" help:"Read every file, whatever the cache says, and tell where it was wrong."`
	State        string `flag:"state" default:".codedeploy-steps" file:"no" help:"Folder of the engine's state, for --endpoint local. Never part of a bundle."`
}

// Ready looks at where the bundle will be kept.
func (o *Options) Ready(env *step.Env) error {
	if o.BundleOutput == "" {
		return nil
	}
	return env.CheckPlace("bundle-output", o.BundleOutput)
}

// Check refuses what no bundle can be made with.
func (o *Options) Check() error {
	if o.Level < 1 || o.Level > 9 {
		return step.Errorf(step.Misused, "--compression-level %d: it is 1 (fast) to 9 (small)", o.Level)
	}
	return nil
}

// archive is the type of the archive that a folder gets.
func (o *Options) archive(env *step.Env) bundle.Type {
	if t, ok := bundle.TypeOf(o.BundleOutput); ok && !env.Given("bundle-type") {
		return t
	}
	return bundle.Type(o.BundleType)
}

// Inputs of the step.
type Inputs struct {
	step.Common
	Options
	DryRun bool `flag:"dry-run" help:"Say what would be done, and do nothing."`
}

// Step declares the step.
func Step() step.Step {
	return step.Step{
		Name:    "bundle",
		Summary: "Pack a revision into an archive: the same content gives the same bytes.",
		Outputs: []string{"bundle", "bundle-digest", "bundle-size"},
		First:   true,
		New:     func() step.Inputs { return &Inputs{} },
	}
}

// Ready looks at where the bundle will be written.
func (in *Inputs) Ready(env *step.Env) error {
	in.name(env)
	return in.Options.Ready(env)
}

// name names the bundle after the source where nobody named it.
func (in *Inputs) name(env *step.Env) {
	if in.BundleOutput != "" {
		return
	}
	source := env.Path(in.Source)
	name, archive := filepath.Base(source), in.BundleType
	if t, ok := bundle.TypeOf(name); ok {
		name = strings.TrimSuffix(strings.TrimSuffix(name, filepath.Ext(name)), ".tar")
		if info, err := os.Stat(source); err == nil && !info.IsDir() && !env.Given("bundle-type") {
			archive = string(t) // it is taken as it is
		}
	}
	in.BundleOutput = name + "." + archive
}

// Run checks the revision and writes its bundle.
func (in *Inputs) Run(ctx context.Context, env *step.Env) error {
	in.name(env)
	b, err := Open(ctx, env, in.Options, in.Common, func() error { return nil })
	if err != nil {
		return err
	}
	return env.Stage("bundle", func() error {
		if err := b.Describe(env); err != nil {
			return err
		}
		if in.DryRun {
			env.Done("%s; would be written to %s", b.Words(), in.BundleOutput)
			return nil
		}
		size, err := b.Stream(ctx, env, io.Discard)
		if err != nil {
			return err
		}
		env.Done("%s; %s, %s", b.Words(), env.Relative(env.Path(in.BundleOutput)), report.Bytes(size))
		return nil
	})
}

// Bundle is a revision that was scanned and can be written.
type Bundle struct {
	Digest  string // of the manifest
	Type    bundle.Type
	Entries int
	Size    int64 // of the contents, in bytes
	Most    int64 // bytes that the archive may take

	// Writing is the step that packs it, in whose name progress is told.
	Writing string

	options    Options
	revision   *revision.Revision
	tree       *bundle.Tree // nil for an archive that is taken as it is
	read       fs.FileInfo  // what that was before it was read
	collisions [][2]string  // of the tree's names: in an archive it is too late for others
}

// Open checks a revision and scans it. An archive is taken as it is. What the caller needs besides is looked at by ready: after the check,
// which asks nobody, and before the revision is read, which may take long.
func Open(ctx context.Context, env *step.Env, o Options, c step.Common, ready func() error) (*Bundle, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	r, err := revision.Open(env, o.Inputs)
	if err != nil {
		return nil, err
	}
	b := &Bundle{options: o, revision: r, Type: o.archive(env)}
	var manifest *bundle.Manifest
	if r.Archive != "" {
		manifest, err = b.archive(ctx, env, ready)
	} else {
		manifest, err = b.folder(ctx, env, c, ready)
	}
	if err != nil {
		return nil, wrap(ctx, r.Shown, err)
	}
	b.Size, b.Entries = manifest.Size, len(manifest.Entries)
	if _, b.Most = r.File(); b.tree != nil {
		b.Most = most(manifest)
	}
	b.Digest = manifest.Digest()
	b.warn(env)
	if t, ok := bundle.TypeOf(o.BundleOutput); ok && t != b.Type {
		env.Warn("--bundle-output %s: by its name it is a %s, and it will be a %s", o.BundleOutput, t, b.Type)
	}
	return b, nil
}

// archive checks a revision that is an archive.
func (b *Bundle) archive(ctx context.Context, env *step.Env, ready func() error) (*bundle.Manifest, error) {
	r, o := b.revision, b.options
	if _, err := r.Check(env); err != nil {
		return nil, err
	}
	if b.Type != r.Archive && env.Given("bundle-type") {
		return nil, step.Errorf(step.Misused, "--bundle-type %s: %s is a %s archive and is taken as it is", o.BundleType, r.Shown, r.Archive)
	}
	b.Type = r.Archive
	if err := ready(); err != nil {
		return nil, err
	}
	f, size := r.File()
	var err error
	if b.read, err = f.Stat(); err != nil {
		return nil, err
	}
	manifest, err := bundle.Read(ctx, f, size, r.Archive)
	if err != nil {
		return nil, wrapArchive(ctx, r.Shown, err)
	}
	return manifest, sound(manifest, o.LinksOutside)
}

// folder reads the AppSpec of a revision that is a folder, then lists what its bundle will hold, checks that around the AppSpec, and reads it.
func (b *Bundle) folder(ctx context.Context, env *step.Env, c step.Common, ready func() error) (*bundle.Manifest, error) {
	leave := []string{env.Path(b.options.State)}
	for _, p := range []string{b.options.BundleOutput, c.Outputs} {
		if p != "" {
			leave = append(leave, env.Path(p))
		}
	}
	rest, err := b.revision.CheckBundle(env, b.patterns())
	if err != nil {
		return nil, err
	}
	listed := func(t *bundle.Tree) error {
		var beside sync.WaitGroup
		beside.Go(func() { b.collisions = t.Collisions() })
		defer beside.Wait()
		warnOfIdle(env, b.options.Include, t.Manifest)
		if err := rest(t.FS()); err != nil {
			return err
		}
		return ready()
	}
	if b.tree, err = b.scan(ctx, env, leave, listed); err != nil {
		return nil, err
	}
	return b.tree.Manifest, nil
}

// most is how many bytes an archive of any type may take. Deflate adds a few bytes a block; an entry has its headers, in a tar beyond ASCII or
// 100 bytes of name those of pax too, and its name, in a zip twice.
func most(m *bundle.Manifest) int64 {
	n := m.Size + m.Size/1000 + 64<<10
	for i := range m.Entries {
		n += 3<<10 + 2*int64(len(m.Entries[i].Name)+len(m.Entries[i].Link))
	}
	return n
}

// sound refuses an archive that an instance would unpack into what its maker
// hardly meant.
func sound(m *bundle.Manifest, linksOutside bool) error {
	if len(m.Twice) > 0 {
		return step.Errorf(step.Misused, "%s stands in the archive twice, and only the last one counts", strconv.Quote(m.Twice[0])).Do("Pack it again.")
	}
	if out := m.LinksOutside(); len(out) > 0 && !linksOutside {
		return step.Errorf(step.Misused, "%s: the link to %s leads out of the revision, to the instance's own files", strconv.Quote(out[0].Name), strconv.Quote(out[0].Link)).
			Do("Leave it out, or say that it is meant with --links-outside.")
	}
	return nil
}

func wrap(ctx context.Context, what string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if told := (*step.Error)(nil); errors.As(err, &told) {
		return err
	}
	e := step.Errorf(step.Misused, "%s: %w", what, err)
	if errors.Is(err, bundle.ErrRefused) {
		return e.Do(appspec.LeaveOut)
	}
	if errors.Is(err, bundle.ErrChanged) {
		return e.Do("Something writes to it, such as this step's own log: wait for that, write it elsewhere, or leave it out by a line in %s. "+
			"If nothing does, --verify reads every file, whatever the cache says.", bundle.IgnoreName)
	}
	return e
}

// wrapArchive is wrap for what is the matter with an archive: nothing is left out of one.
func wrapArchive(ctx context.Context, what string, err error) error {
	told := wrap(ctx, what, err)
	if e := (*step.Error)(nil); errors.As(told, &e) && (errors.Is(err, bundle.ErrRefused) || errors.Is(err, bundle.ErrFormat)) {
		e.Do(revision.PackAgain)
	}
	return told
}

// Describe sets the outputs that are known before a byte is packed.
func (b *Bundle) Describe(env *step.Env) error { return env.Output("bundle-digest", b.Digest) }

// Words says in one line what the bundle holds.
func (b *Bundle) Words() string {
	digest := b.Digest
	return revision.Count(b.Entries, "file") + ", " + report.Bytes(b.Size) + ", " + digest[:min(len(digest), len("sha256:")+12)]
}

// Stream writes the bundle to w and answers its size. It is kept as well
// where --bundle-output says: whole, or not at all.
func (b *Bundle) Stream(ctx context.Context, env *step.Env, w io.Writer) (int64, error) {
	count := &counter{}
	if b.options.BundleOutput == "" {
		if err := b.write(ctx, io.MultiWriter(w, count)); err != nil {
			return 0, wrap(ctx, b.revision.Shown, err)
		}
		return count.size, b.written(env, count.size)
	}
	path := env.Path(b.options.BundleOutput)
	f, err := step.Create(path, 0o644) // a bundle is no secret; CI systems' later jobs read it as other users
	if err != nil {
		return 0, step.Errorf(step.Misused, "--bundle-output %s: %v", env.Relative(path), revision.Reason(err)).
			Do("Give a path in a folder that is there and can be written.")
	}
	if err := step.Place(f, path, b.write(ctx, io.MultiWriter(f, w, count))); err != nil {
		return 0, wrap(ctx, b.revision.Shown, err)
	}
	if err := env.Output("bundle", env.Relative(path)); err != nil {
		return 0, err
	}
	b.warnOfItself(env, path)
	return count.size, b.written(env, count.size)
}

// warnOfItself warns of a bundle that a later step, which doesn't know of it,
// would take for a part of the revision.
func (b *Bundle) warnOfItself(env *step.Env, kept string) {
	if b.tree == nil {
		return
	}
	root := step.Followed(b.tree.Root)
	kept = filepath.Join(step.Followed(filepath.Dir(kept)), filepath.Base(kept))
	rel, err := filepath.Rel(root, kept)
	if err != nil || !filepath.IsLocal(rel) {
		return
	}
	o := bundle.Options{Include: b.options.Include, Exclude: b.options.Exclude}
	if taken, err := o.Takes(root, filepath.ToSlash(rel)); err == nil && taken {
		env.Warn("%s lies in its own source: the next step that packs it would take it for a part of the revision. Leave it out by a line in %s, or write it elsewhere with --bundle-output.",
			env.Relative(kept), bundle.IgnoreName)
	}
}

// write writes the archive: the one that there is, or that of the folder.
func (b *Bundle) write(ctx context.Context, w io.Writer) error {
	if b.tree != nil {
		return bundle.Write(ctx, w, b.tree, b.Type)
	}
	from, size := b.revision.File()
	n, err := io.Copy(w, &canceled{ctx, io.NewSectionReader(from, 0, size)})
	if err != nil {
		return err
	}
	now, err := from.Stat()
	if err == nil && (n < size || now.Size() != size || !now.ModTime().Equal(b.read.ModTime())) {
		err = bundle.ErrChanged // its digest would name what it was
	}
	return err
}

func (b *Bundle) written(env *step.Env, size int64) error {
	return env.Output("bundle-size", strconv.FormatInt(size, 10))
}

type counter struct{ size int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.size += int64(len(p))
	return len(p), nil
}

// canceled reads until the context ends.
type canceled struct {
	ctx context.Context
	r   io.Reader
}

func (c *canceled) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
