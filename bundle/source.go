package bundle

import (
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// open opens the file of an entry, unless what has its name is no file any more. The root keeps a folder that became
// a link from leading elsewhere; comparing what was looked at with what was opened keeps a link out that came in between.
func (t *Tree) open(root *os.Root, e *Entry) (*os.File, error) {
	look, open, name := root.Lstat, root.Open, e.Name
	if t.isAppSpec(e) {
		look, open, name = os.Stat, os.Open, t.appSpec
	}
	before, err := look(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, changed(e.Name, "it vanished")
	}
	if err != nil {
		return nil, failed(e.Name, "can't be looked at", err)
	}
	if !before.Mode().IsRegular() {
		return nil, changed(e.Name, "it was a file and is "+kind(before.Mode()))
	}
	f, err := open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, changed(e.Name, "it vanished")
	}
	if err != nil {
		return nil, failed(e.Name, "can't be opened", err)
	}
	if after, err := f.Stat(); err != nil || !os.SameFile(before, after) {
		f.Close()
		return nil, changed(e.Name, "it was replaced while it was opened")
	}
	return f, nil
}

func (t *Tree) isAppSpec(e *Entry) bool { return t.appSpec != "" && e.Name == AppSpecName }

// check tells whether a folder or a link is still what it was.
func (t *Tree) check(root *os.Root, e *Entry) error {
	info, err := root.Lstat(e.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return changed(e.Name, "it vanished")
	}
	if err != nil {
		return failed(e.Name, "can't be looked at", err)
	}
	if info.Mode().Type() != e.Mode.Type() {
		return changed(e.Name, "it was "+kind(e.Mode)+" and is "+kind(info.Mode()))
	}
	if e.Mode.IsDir() {
		return nil
	}
	target, err := root.Readlink(e.Name)
	if err != nil {
		return failed(e.Name, "the link can't be read", err)
	}
	if filepath.ToSlash(target) != e.Link {
		return changed(e.Name, "the link leads elsewhere")
	}
	return nil
}

// source reads a file that was scanned and ends with an error if it isn't byte for byte what was scanned. It never
// gives more than the entry's size, since the archive's header has already promised that.
type source struct {
	ctx   context.Context
	file  *os.File
	entry *Entry
	sum   hash.Hash
	n     int64
}

func (t *Tree) source(ctx context.Context, root *os.Root, e *Entry) (*source, error) {
	f, err := t.open(root, e)
	if err != nil {
		return nil, err
	}
	return &source{ctx: ctx, file: f, entry: e, sum: sha256.New()}, nil
}

// Read implements io.Reader; io.EOF says that the content was the scanned one.
func (s *source) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.file.Read(p)
	s.sum.Write(p[:n])
	if s.n += int64(n); s.n > s.entry.Size {
		return 0, changed(s.entry.Name, "it grew since it was scanned")
	}
	switch {
	case err == nil:
		return n, nil
	case !errors.Is(err, io.EOF):
		return n, failed(s.entry.Name, "can't be read", err)
	case s.n < s.entry.Size:
		return n, changed(s.entry.Name, "it shrank since it was scanned")
	case [32]byte(s.sum.Sum(nil)) != s.entry.Digest:
		return n, changed(s.entry.Name, "its content changed since it was scanned")
	}
	return n, io.EOF
}

// ReadAt looks into the file without counting as reading it.
func (s *source) ReadAt(p []byte, off int64) (int, error) { return s.file.ReadAt(p, off) }

// Close closes the file.
func (s *source) Close() error { return s.file.Close() }
