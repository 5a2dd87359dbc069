package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// download carries out the DownloadBundle event: it makes room, fetches the
// bundle, unpacks it in place of what this deployment had unpacked before, and
// notes that this revision is the most recent one.
func (a *Agent) download(ctx context.Context, s Specification) error {
	if err := a.removeOldDeployments(s); err != nil {
		return fmt.Errorf("remove old revisions: %w", err)
	}
	if err := a.pruneResults(); err != nil {
		return fmt.Errorf("remove old results: %w", err)
	}
	if err := a.fetch(ctx, s); err != nil {
		return err
	}
	archive := a.archiveDir(s)
	if err := RemoveTree(archive); err != nil {
		return err
	}
	if err := os.Mkdir(archive, 0o755); err != nil {
		return err
	}
	if err := unpack(ctx, a.bundleFile(s), archive, s.Revision.BundleType); err != nil {
		return err
	}
	return writePointer(a.mostRecent(s.DeploymentGroupID), a.deploymentDir(s))
}

// fetch copies the bundle into the deployment's folder, under the one name that
// it has whatever its type.
func (a *Agent) fetch(ctx context.Context, s Specification) (err error) {
	if a.Fetch == nil {
		return errors.New("this agent has no way to fetch a bundle")
	}
	source, etag, err := a.Fetch(ctx, s.Revision)
	if err != nil {
		return fmt.Errorf("fetch s3://%s/%s: %w", s.Revision.Bucket, s.Revision.Key, err)
	}
	defer source.Close()
	if expected, actual := bareETag(s.Revision.ETag), bareETag(etag); expected != "" && expected != actual {
		return fmt.Errorf("Expected deployment artifact bundle etag %s but was actually %s", expected, actual) //nolint:staticcheck // the agent's own words
	}
	// A link of that name is not written through: the folder may be older.
	name := a.bundleFile(s)
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	target, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	info, err := source.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("the bundle %s is not a regular file", filepath.Base(source.Name()))
	}
	if err == nil {
		_, err = source.Seek(0, io.SeekStart) // it may have been read before
	}
	if err == nil {
		_, err = io.Copy(target, source) // from file to file, which the kernel can do
	}
	if closing := target.Close(); err == nil {
		err = closing
	}
	return err
}

func bareETag(etag string) string { return strings.ReplaceAll(etag, `"`, "") }
