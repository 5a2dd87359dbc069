package bundle

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"

	"github.com/klauspost/compress/gzip"
)

// What of a gzipped tar's contents [Open] keeps in memory, in bytes.
const (
	keepFile = 256 << 10 // of one file at most
	keepAll  = 16 << 20  // of all files
)

// Open returns a read-only view of an archive as the folder that it unpacks to. It implements fs.ReadDirFS, fs.StatFS and
// fs.ReadLinkFS, follows links inside the archive, shows the archive's own permission bits, and is safe for concurrent use.
//
// Contents are read when a file is opened. In a zip that costs what the file costs; in a tar the headers before it are read once more; in
// a tgz all that is before it is decompressed once more, except that files of up to 256 KiB are kept in memory by the first pass until
// they are 16 MiB together. r must stay readable for as long as the view is used.
func Open(r io.ReaderAt, size int64, typ Type) (fs.FS, error) {
	l := newLayout()
	m := newMeter(context.Background(), size, Limits{})
	gzipped := false
	if typ != Zip {
		found, err := sniff(device{r}, size)
		if err != nil {
			return nil, err
		}
		gzipped = found == TGZ
	}
	kept := int64(0)
	err := each(m, r, typ, func(it *item) error {
		if err := m.content(it.Name, it.Size); err != nil {
			return err
		}
		switch {
		case it.hard != "":
			first, err := l.hardTarget(it)
			if err != nil {
				return err
			}
			it.open, it.Size, it.perm = first.open, first.Size, first.perm
		case typ == Zip || !it.Mode.IsRegular():
		case gzipped && it.Size <= keepFile && kept+it.Size <= keepAll:
			content, err := readContent(it)
			if err != nil {
				return damaged(it.Name, err)
			}
			kept += it.Size
			it.open = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }
		default:
			header := it.header
			it.open = func() (io.ReadCloser, error) { return tarContent(device{r}, size, gzipped, header) }
		}
		return l.add(it)
	})
	if err != nil {
		return nil, err
	}
	return newView(l), nil
}

func readContent(it *item) ([]byte, error) {
	c, err := it.open()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	content := make([]byte, it.Size)
	_, err = io.ReadFull(c, content)
	return content, err
}

// tarContent opens the content of a tar's n-th header, counted from 1.
func tarContent(r io.ReaderAt, size int64, gzipped bool, n int) (io.ReadCloser, error) {
	section := io.NewSectionReader(r, 0, size)
	c := &tarFile{}
	t := tar.NewReader(section)
	if gzipped {
		z, err := gzip.NewReader(bufio.NewReaderSize(section, 128<<10))
		if err != nil {
			return nil, damaged("", err)
		}
		c.gzip, t = z, tar.NewReader(z)
	}
	for range n {
		if _, err := t.Next(); err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			c.Close()
			return nil, damaged("", err)
		}
	}
	c.Reader = t
	return c, nil
}

// tarFile is one file's content in a tar.
type tarFile struct {
	io.Reader
	gzip *gzip.Reader // nil for plain tar
}

func (f *tarFile) Close() error {
	if f.gzip == nil {
		return nil
	}
	return f.gzip.Close()
}
