package bundle

import (
	"archive/tar"
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/klauspost/compress/gzip"
)

func eachTGZ(m *meter, r io.ReaderAt, visit func(*item) error) error {
	z, err := gzip.NewReader(bufio.NewReaderSize(io.NewSectionReader(r, 0, m.size), 128<<10))
	if err != nil {
		return damaged("", err)
	}
	defer z.Close()
	stream := &meteredStream{Reader: z, meter: m}
	err = eachTar(m, stream, func(it *item) error {
		stream.name = it.Name
		return visit(it)
	})
	if err != nil {
		return err
	}
	// What follows the tar's end is padding, but gzip's checksum comes after it.
	if _, err := io.Copy(io.Discard, struct{ io.Reader }{stream}); err != nil {
		return damaged("", err)
	}
	return nil
}

// eachTar goes through a tar from front to back. If r can seek, contents that nobody reads aren't read.
func eachTar(m *meter, r io.Reader, visit func(*item) error) error {
	end := &zeroes{Reader: r}
	t := tar.NewReader(end.seeking())
	files := map[string]Entry{} // for hard links
	for n := 1; ; n++ {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return damaged("", err)
		}
		if err := m.entry(h.Name); err != nil {
			return err
		}
		if h.Typeflag == tar.TypeXGlobalHeader {
			continue // git archive puts the commit there
		}
		it, err := tarItem(h, files)
		if err != nil {
			return err
		}
		if it.Name == "." {
			continue
		}
		it.header, it.open = n, func() (io.ReadCloser, error) { return io.NopCloser(t), nil }
		if err := visit(it); err != nil {
			return err
		}
	}
	// A tar that was cut between two entries looks sound but for this.
	if end.run < 512 {
		return fmt.Errorf("%w: the tar ends without its end marker, so it seems to be cut off", ErrFormat)
	}
	return nil
}

func tarItem(h *tar.Header, files map[string]Entry) (*item, error) {
	name, err := cleanName(h.Name)
	if err != nil {
		return nil, err
	}
	perm := fs.FileMode(h.Mode & 0o777)
	it := &item{Entry: Entry{Name: name}, perm: perm}
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeCont, tar.TypeGNUSparse:
		if name == "." {
			return nil, refused(h.Name, "it is a file in place of the root")
		}
		it.Mode, it.Size = normalFile(perm), h.Size
		files[name] = it.Entry
	case tar.TypeDir:
		it.Mode = modeFolder
	case tar.TypeSymlink:
		it.Mode, it.Link = modeLink, h.Linkname
		delete(files, name)
		if err := checkLink(name, it.Link); err != nil {
			return nil, err
		}
	case tar.TypeLink:
		target, err := cleanName(h.Linkname)
		if err != nil {
			return nil, refused(name, "it is a hard link to %q, which is no entry's name", h.Linkname)
		}
		first, ok := files[target]
		if !ok || target == name {
			return nil, refused(name, "it is a hard link to %s, which is no file before it in the archive", printable(target))
		}
		it.Mode, it.Size, it.hard, it.perm = first.Mode, first.Size, target, first.Mode
		files[name] = it.Entry
	case tar.TypeChar, tar.TypeBlock:
		return nil, refused(name, "it is a device: a bundle holds files, links and folders")
	case tar.TypeFifo:
		return nil, refused(name, "it is a named pipe: a bundle holds files, links and folders")
	default:
		return nil, refused(name, "it is of type %q: a bundle holds files, links and folders", h.Typeflag)
	}
	return it, nil
}

// zeroes counts the zero bytes at the end of what was read.
type zeroes struct {
	io.Reader
	run int
}

func (z *zeroes) Read(p []byte) (int, error) {
	n, err := z.Reader.Read(p)
	tail := 0
	for tail < n && p[n-1-tail] == 0 {
		tail++
	}
	if tail == n {
		z.run += n
	} else {
		z.run = tail
	}
	return n, err
}

// seeking returns a reader that seeks if the one below does; archive/tar skips contents so.
func (z *zeroes) seeking() io.Reader {
	s, ok := z.Reader.(io.Seeker)
	if !ok {
		return z
	}
	return struct {
		io.Reader
		io.Seeker
	}{z, s}
}
