package agent

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/codedeploy-steps/codedeploy-steps/bundle"
)

// unpack unpacks a bundle into a folder and takes away a single top folder, as
// archives of a repository have one.
func unpack(ctx context.Context, archive, dir, kind string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	want := bundle.Type(kind)
	// The agent leaves it to tar to find out whether a tar is compressed.
	if is, err := bundle.Identify(f, info.Size()); err == nil && is != want && is != bundle.Zip && want != bundle.Zip {
		want = is
	}
	if err := bundle.Extract(ctx, dir, f, info.Size(), want, bundle.ExtractOptions{}); err != nil {
		if ctx.Err() == nil && want != bundle.Zip && errors.Is(err, bundle.ErrFormat) {
			return fmt.Errorf("Error extracting tar archive: 2 (%w)", err) //nolint:staticcheck // the agent's own words
		}
		return fmt.Errorf("unpack the bundle: %w", err)
	}
	return bundle.StripTopFolder(dir)
}
