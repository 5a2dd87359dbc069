package bundle

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"

	"github.com/klauspost/compress/flate"
)

// eachZip goes through a zip's directory at its end, which is what unzip goes by too; local headers are only skipped over.
func eachZip(m *meter, r io.ReaderAt, visit func(*item) error) error {
	z, err := openZip(r, m.size)
	if err != nil {
		return err
	}
	for _, f := range z.File {
		if err := m.entry(f.Name); err != nil {
			return err
		}
		it, err := zipItem(m, f)
		if err != nil {
			return err
		}
		if it.Name == "." {
			continue
		}
		if err := visit(it); err != nil {
			return err
		}
	}
	return nil
}

func openZip(r io.ReaderAt, size int64) (*zip.Reader, error) {
	z, err := zip.NewReader(r, size)
	// Insecure names are for cleanName to refuse, in its own words.
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, damaged("", err)
	}
	pool := &sync.Pool{New: func() any { return flate.NewReader(strings.NewReader("")) }}
	z.RegisterDecompressor(zip.Deflate, func(r io.Reader) io.ReadCloser {
		d := pool.Get().(io.ReadCloser)
		if err := d.(flate.Resetter).Reset(r, nil); err != nil {
			d = flate.NewReader(r)
		}
		return &pooledReader{d, pool}
	})
	return z, nil
}

// pooledReader gives its decompressor back when it is closed.
type pooledReader struct {
	io.ReadCloser
	pool *sync.Pool
}

func (p *pooledReader) Close() error {
	d := p.ReadCloser
	if d == nil {
		return nil
	}
	p.ReadCloser = nil
	err := d.Close()
	p.pool.Put(d)
	return err
}

func zipItem(m *meter, f *zip.File) (*item, error) {
	name, err := cleanName(f.Name)
	if err != nil {
		return nil, err
	}
	mode, perm := zipMode(f)
	it := &item{Entry: Entry{Name: name, Mode: mode}, perm: perm}
	it.open = func() (io.ReadCloser, error) { return openZipFile(f) }
	switch {
	case mode.IsDir():
		if f.UncompressedSize64 != 0 {
			return nil, refused(name, "it is a folder with content")
		}
	case mode&fs.ModeSymlink != 0:
		if f.UncompressedSize64 > maxName {
			return nil, refused(name, "its link target is longer than %d bytes", maxName)
		}
		if it.Link, err = readLink(m, it); err != nil {
			return nil, err
		}
		return it, checkLink(name, it.Link)
	case mode.IsRegular():
		if f.UncompressedSize64 > 1<<62 {
			return nil, damaged(name, zip.ErrFormat)
		}
		it.Size = int64(f.UncompressedSize64)
	default:
		return nil, refused(name, "it is %s: a bundle holds files, links and folders", kind(mode))
	}
	return it, nil
}

// zipMode returns an entry's normalised mode and the permission bits it has in the archive. Only Unix hosts write such bits; what others
// made, and what left them out, gets the usual ones, as unzip does it.
func zipMode(f *zip.File) (mode, perm fs.FileMode) {
	const unix, darwin = 3, 19
	host, attrs := f.CreatorVersion>>8, f.ExternalAttrs>>16
	folder := strings.HasSuffix(f.Name, "/")
	mode = f.Mode()
	if known := (host == unix || host == darwin) && attrs != 0; !known {
		mode = modeFile
		if folder || f.ExternalAttrs&0x10 != 0 {
			mode = modeFolder
		}
	}
	switch {
	case folder || mode.IsDir():
		return modeFolder, mode.Perm()
	case mode&fs.ModeSymlink != 0:
		return modeLink, mode.Perm()
	case mode.IsRegular():
		return normalFile(mode.Perm()), mode.Perm()
	}
	return mode, mode.Perm()
}

func readLink(m *meter, it *item) (string, error) {
	c, err := it.open()
	if err != nil {
		return "", err
	}
	defer c.Close()
	target, err := io.ReadAll(io.LimitReader(&metered{c, m, it.Name}, maxName+1))
	if err != nil {
		return "", damaged(it.Name, err)
	}
	return string(target), nil
}

func openZipFile(f *zip.File) (io.ReadCloser, error) {
	if f.Flags&flagEncrypted != 0 {
		return nil, refused(f.Name, "it is encrypted")
	}
	c, err := f.Open()
	if errors.Is(err, zip.ErrAlgorithm) {
		err = fmt.Errorf("compression method %d is neither store nor deflate", f.Method)
	}
	if err != nil {
		return nil, damaged(f.Name, err)
	}
	return c, nil
}
