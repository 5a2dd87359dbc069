package revisions

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/codedeploy-steps/codedeploy-steps/bundle"
	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/report"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// Download are the inputs of revisions download.
type Download struct {
	step.Common
	awsconf.Inputs
	Revision     string `flag:"revision" arg:"true" required:"true" help:"Location of the revision: s3://bucket/key?versionId=…&etag=…"`
	BundleOutput string `flag:"bundle-output" file:"no" help:"Where the bundle is put; in the working folder under its own name if empty."`
	Extract      string `flag:"extract" file:"no" help:"Folder to unpack the bundle into as well: a new one, or one that is empty."`

	open awsconf.Opener
}

// Ready looks at what will be written.
func (in *Download) Ready(env *step.Env) error {
	if in.BundleOutput != "" {
		if err := env.CheckPlace("bundle-output", in.BundleOutput); err != nil {
			return err
		}
	}
	if in.Extract != "" {
		if err := empty(env.Path(in.Extract)); err != nil {
			return step.Errorf(step.Misused, "--extract %s: %w", in.Extract, err).
				Do("Name a new folder, or empty this one: what is unpacked is not mixed with what is there.")
		}
		if err := env.CheckInto("extract", in.Extract); err != nil {
			return err
		}
	}
	return in.Inputs.Ready(env)
}

// empty refuses a folder that holds something, and what is no folder.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	var told *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil // it is made
	case errors.As(err, &told):
		return told.Err
	case len(entries) > 0:
		return fmt.Errorf("the folder is not empty: it holds %s", report.Clean(entries[0].Name()))
	}
	return err
}

// Run downloads the bundle. What is not whole, or not what was registered, is
// not left behind.
func (in *Download) Run(ctx context.Context, env *step.Env) error {
	location, err := awsconf.RevisionLocation(in.Revision)
	if err != nil {
		return err
	}
	at := location.S3Location
	if at == nil {
		return step.Errorf(step.Misused, "--revision %s lies on GitHub", in.Revision).Do("Fetch it with git.")
	}
	c, err := in.open.Open(ctx, env, &in.Inputs)
	if err != nil {
		return err
	}
	return env.Stage("download", func() error {
		o, err := open(ctx, c, at)
		if err != nil {
			return err
		}
		to := in.BundleOutput
		if to == "" {
			to = path.Base(aws.ToString(at.Key))
		}
		f, err := o.save(env.Path(to))
		if err != nil {
			return err
		}
		defer f.Close()
		typ := bundle.Type(at.BundleType)
		if in.Extract != "" {
			if err := extract(ctx, env.Path(in.Extract), f, o.size, typ); err != nil {
				e := step.Errorf(step.Failed, "unpack %s into %s: %w", to, in.Extract, err)
				if errors.Is(err, errLeft) {
					return e.Do("Delete %s by hand; the bundle is in %s.", in.Extract, to)
				}
				return e.Do("Nothing of it is left in %s; the bundle is in %s.", in.Extract, to)
			}
		}
		if err := env.Output("bundle", env.Relative(env.Path(to))); err != nil {
			return err
		}
		env.Done("%s, %s", env.Relative(env.Path(to)), report.Bytes(o.size))
		return env.Output("bundle-size", strconv.FormatInt(o.size, 10))
	})
}

// errLeft: a part of a revision that was not unpacked whole could not be deleted.
var errLeft = errors.New("what was unpacked until then could not be deleted")

// extract unpacks a bundle into a folder, whole or not at all: a part of a
// revision looks like one. What was there stays, which may be the bundle itself;
// a folder that was made goes with those above it.
func extract(ctx context.Context, dir string, f *os.File, size int64, t bundle.Type) error {
	made := missing(dir)
	before, _ := os.ReadDir(dir)
	err := bundle.Extract(ctx, dir, f, size, t, bundle.ExtractOptions{})
	if err == nil {
		return nil
	}
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if slices.ContainsFunc(before, func(b fs.DirEntry) bool { return b.Name() == e.Name() }) {
			continue
		}
		if gone := os.RemoveAll(filepath.Join(dir, e.Name())); gone != nil {
			return fmt.Errorf("%w; %w: %w", err, errLeft, gone)
		}
	}
	for _, folder := range made {
		os.Remove(folder) // one that holds something by now is somebody's
	}
	return err
}

// missing lists a folder and those above it that are not there, the folder first.
func missing(dir string) (all []string) {
	for {
		if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			return all
		}
		all, dir = append(all, dir), filepath.Dir(dir)
	}
}

// save writes the bundle to a file, whole or not at all, and opens it.
func (o *object) save(to string) (*os.File, error) {
	body, err := o.get("")
	if err != nil {
		return nil, err
	}
	defer body.Close()
	to = step.Followed(to)
	f, err := step.Create(to, 0o644) // as the step bundle leaves it
	if err != nil {
		return nil, step.Errorf(step.Misused, "--bundle-output: %w", err).Do("Give a path in a folder that is there and can be written.")
	}
	n, err := io.Copy(f, body)
	var written *fs.PathError
	switch {
	case errors.As(err, &written): // the file, and not the network
		err = step.Errorf(step.Misused, "--bundle-output: %w", err).Do("Make room there, or give a path in another folder.")
	case err != nil:
		err = o.c.Explain(err, "download %s", o)
	case n != o.size:
		err = step.Errorf(step.Refused, "download %s: %d of %d bytes came", o, n, o.size)
	}
	// Closed before it gets its name: some file systems find out only then that they are full.
	if err := step.Place(f, to, err); err != nil {
		return nil, err
	}
	return os.Open(to)
}
