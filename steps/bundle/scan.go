package bundle

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/bundle"
	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/known"
	"github.com/codedeploy-steps/codedeploy-steps/internal/revision"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// scan finds out what the bundle will hold. Files that an earlier scan has seen
// as they are now are not read; their digests are proven before they are packed.
func (b *Bundle) scan(ctx context.Context, env *step.Env, leave []string, listed func(*bundle.Tree) error) (*bundle.Tree, error) {
	o := b.options
	options := o.Selection.Options()
	options.AppSpec, options.Leave, options.Level, options.Listed = b.revision.AppSpec, leave, o.Level, listed
	options.Progress = func(p bundle.Progress) {
		name := "bundle"
		if p.Stage == bundle.Writing && b.Writing != "" {
			name = b.Writing
		}
		env.Events.Emit(event.Progress{Step: name, Done: p.Bytes, Total: p.BytesOf, Files: p.Entries, FilesOf: p.Of})
	}
	folder := cache(env, o.Cache)
	if folder == "" {
		return bundle.Scan(ctx, b.revision.Path, *options)
	}
	began := time.Now()
	opened := sync.OnceValue(func() *known.Files { return known.Open(folder, b.revision.Path) })
	go opened() // while the folder is listed
	wrong := map[string][32]byte{}
	options.Known = func(name string, s bundle.Stamp) ([32]byte, bool) {
		digest, ok := opened().Digest(name, s)
		if ok && o.Verify {
			wrong[name], ok = digest, false
		}
		return digest, ok
	}
	t, err := bundle.Scan(ctx, b.revision.Path, *options)
	if err != nil {
		return nil, err
	}
	for i := range t.Entries {
		if was, ok := wrong[t.Entries[i].Name]; ok && was != t.Entries[i].Digest {
			opened().Wrong()
			env.Warn("%s: the cache had another digest for it; it changed while its time and size stayed", t.Entries[i].Name)
		}
	}
	saved := opened().Save(t, began)
	env.OnExit(func(context.Context) error {
		switch err := <-saved; {
		case err == nil:
		case o.Cache != "":
			env.Warn("--cache %s can't be written: %v", o.Cache, revision.Reason(err))
		default: // not every machine has a place for it, and nobody asked
			env.Debug("the cache in %s can't be written: %v", folder, err)
		}
		return nil
	})
	return t, nil
}

// cache is the folder that remembers digests; "" for none.
func cache(env *step.Env, given string) string {
	switch given {
	case "none":
		return ""
	case "":
		dir, err := os.UserCacheDir()
		if err != nil {
			return ""
		}
		return filepath.Join(dir, "codedeploy-steps")
	}
	return env.Path(given)
}

// patterns reports whether some leave out what lies in the folder.
func (b *Bundle) patterns() bool {
	_, err := os.Lstat(filepath.Join(b.revision.Path, bundle.IgnoreName))
	return len(b.options.Include)+len(b.options.Exclude) > 0 || err == nil
}

// warnOfIdle warns of patterns that match nothing of a folder.
func warnOfIdle(env *step.Env, include []string, m *bundle.Manifest) {
	for _, p := range bundle.Idle(include, m) {
		env.Warn("--include %s matches nothing: is it misspelt?", strconv.Quote(p))
	}
}

// warn warns of names that other systems take for one.
func (b *Bundle) warn(env *step.Env) {
	const shown = 3
	pairs := b.collisions
	for _, p := range pairs[:min(len(pairs), shown)] {
		env.Warn("%s", revision.Alike(p))
	}
	if more := len(pairs) - shown; more > 0 {
		env.Warn("and %d more such pairs", more)
	}
}
