package bundle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// ExtractOptions say how an archive is unpacked. The zero value is fine for archives of any origin.
type ExtractOptions struct {
	Limits Limits
}

// Extract unpacks an archive into dir, which is made if it is missing. Files get the archive's permission bits (not owners, times or
// set-user-id bits), folders that are no entries 0755, whatever the umask. An entry takes the place of an earlier file or link of its name,
// as with tar and unzip -o, but never that of a folder, and nothing is written through a link. Links are made as they stand, also
// those that lead out of dir, as the agent does; they come into being without being followed. On an error dir holds what was unpacked
// until then: remove it.
func Extract(ctx context.Context, dir string, r io.ReaderAt, size int64, typ Type, o ExtractOptions) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make folder %s: %w", dir, cause(err))
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("open folder %s: %w", dir, cause(err))
	}
	defer root.Close()
	m := newMeter(ctx, size, o.Limits)
	x := &extractor{root: root, meter: m, folders: map[string]fs.FileMode{".": keepMode}, buf: make([]byte, 128<<10)}
	if err := eachWithContent(m, r, typ, x.item); err != nil {
		return err
	}
	return x.finish()
}

// keepMode marks a folder that was there before and is no entry.
const keepMode = fs.ModeIrregular

// extractor makes entries below a root.
type extractor struct {
	root  *os.Root
	meter *meter
	// folders are those known to be real folders, with the mode they get in the end: a read-only one must first be filled.
	folders map[string]fs.FileMode
	buf     []byte
}

func (x *extractor) item(it *item) error {
	// On Windows that keeps out drives, devices such as NUL, and streams.
	if !filepath.IsLocal(filepath.FromSlash(it.Name)) {
		return refused(it.Name, "this system can't have a file of that name")
	}
	for name := range prefixes(it.Name) {
		if len(name) == len(it.Name) {
			break
		}
		if err := x.folder(it.Name, name, 0o755, false); err != nil {
			return err
		}
	}
	switch {
	case it.Mode.IsDir():
		return x.folder(it.Name, it.Name, it.perm, true)
	case it.hard != "":
		return x.hardLink(it)
	case it.Mode&fs.ModeSymlink != 0:
		if err := x.clear(it.Name); err != nil {
			return err
		}
		if err := x.root.Symlink(it.Link, it.Name); err != nil {
			return failed(it.Name, "the link can't be made", err)
		}
		return nil
	}
	return x.file(it)
}

// folder makes sure that name is a folder, for the entry. What is on disk counts, not what earlier entries said, so that file
// systems that don't tell case or normal forms apart can't be used to slip a link in.
func (x *extractor) folder(entry, name string, perm fs.FileMode, explicit bool) error {
	if _, ok := x.folders[name]; !ok {
		info, err := x.root.Lstat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			// Open to its owner until finish, whatever it gets then.
			if err := x.root.Mkdir(name, 0o700); err != nil {
				return failed(name, "the folder can't be made", err)
			}
			x.folders[name] = perm
		case err != nil:
			return failed(name, "can't be looked at", err)
		case !info.IsDir():
			return clash(entry, name, info.Mode())
		default:
			x.folders[name] = keepMode
		}
	}
	if explicit {
		x.folders[name] = perm
	}
	return nil
}

// clear removes a file or link that is in the way.
func (x *extractor) clear(name string) error {
	info, err := x.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return failed(name, "can't be looked at", err)
	case info.IsDir():
		return clash(name, name, info.Mode())
	}
	if err := x.root.Remove(name); err != nil {
		return failed(name, "what was there can't be replaced", err)
	}
	return nil
}

func (x *extractor) file(it *item) error {
	if err := x.clear(it.Name); err != nil {
		return err
	}
	content, err := it.open()
	if err != nil {
		return err
	}
	defer content.Close()
	// O_EXCL: whatever came into the way since is neither followed nor written to.
	f, err := x.root.OpenFile(it.Name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return failed(it.Name, "the file can't be made", err)
	}
	if err := x.fill(f, it, content); err != nil {
		f.Close()
		return err
	}
	// Some file systems find out only now that they are full.
	if err := f.Close(); err != nil {
		return failed(it.Name, "the file can't be written", err)
	}
	return nil
}

func (x *extractor) fill(f *os.File, it *item, content io.Reader) error {
	in := &readError{Reader: &metered{content, x.meter, it.Name}}
	n, err := io.CopyBuffer(struct{ io.Writer }{f}, in, x.buf)
	switch {
	case in.err != nil:
		return damaged(it.Name, in.err)
	case err != nil:
		return failed(it.Name, "the file can't be written", err)
	case n != it.Size:
		return damaged(it.Name, fmt.Errorf("it has %d bytes and should have %d", n, it.Size))
	}
	if err := f.Chmod(it.perm); err != nil {
		return failed(it.Name, "its mode can't be set", err)
	}
	return nil
}

// readError remembers that reading failed: a copy's error doesn't tell which side it was.
type readError struct {
	io.Reader
	err error
}

func (r *readError) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

// hardLink makes another name for a file of this archive.
func (x *extractor) hardLink(it *item) error {
	for name := range prefixes(it.hard) {
		info, err := x.root.Lstat(name)
		if err != nil {
			return failed(it.Name, "its hard link's target "+printable(it.hard)+" can't be looked at", err)
		}
		last := len(name) == len(it.hard)
		if last && !info.Mode().IsRegular() || !last && !info.IsDir() {
			return refused(it.Name, "it is a hard link to %s, and %s is %s", printable(it.hard), printable(name), kind(info.Mode()))
		}
	}
	if err := x.clear(it.Name); err != nil {
		return err
	}
	if err := x.root.Link(it.hard, it.Name); err != nil {
		return failed(it.Name, "the hard link can't be made", err)
	}
	return nil
}

// finish gives the folders their modes, inner ones first.
func (x *extractor) finish() error {
	names := make([]string, 0, len(x.folders))
	for name, perm := range x.folders {
		if perm != keepMode {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) })
	for _, name := range names {
		if err := x.root.Chmod(name, x.folders[name]); err != nil {
			return failed(name, "its mode can't be set", err)
		}
	}
	return nil
}
