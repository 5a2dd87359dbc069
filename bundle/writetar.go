package bundle

import (
	"archive/tar"
	"errors"
	"io"
	"io/fs"
	"time"

	"github.com/klauspost/compress/gzip"
)

// tarArchive writes tar: plain ustar headers, with pax records only for what they can't hold (long names, names beyond ASCII,
// files of 8 GiB and more), which is what archive/tar does when it is left the choice.
type tarArchive struct {
	tar  *tar.Writer
	gzip *gzip.Writer // nil for plain tar
	buf  []byte
}

func newTar(w io.Writer) *tarArchive {
	return &tarArchive{tar: tar.NewWriter(w), buf: make([]byte, 128<<10)}
}

// newTGZ wraps tar in gzip. The gzip header keeps its zero value: no name, no time, system unknown.
func newTGZ(w io.Writer) (*tarArchive, error) {
	z, err := gzip.NewWriterLevel(w, level)
	if err != nil {
		return nil, err
	}
	a := newTar(z)
	a.gzip = z
	return a, nil
}

func (a *tarArchive) bare(e *Entry) error {
	h := &tar.Header{Name: e.Name, Mode: int64(e.Mode.Perm()), ModTime: time.Unix(0, 0)}
	if e.Mode&fs.ModeSymlink != 0 {
		h.Typeflag, h.Linkname = tar.TypeSymlink, e.Link
	} else {
		h.Typeflag, h.Name = tar.TypeDir, e.Name+"/"
	}
	return a.tar.WriteHeader(h)
}

func (a *tarArchive) file(e *Entry, _ uint32, content *source) error {
	h := &tar.Header{Typeflag: tar.TypeReg, Name: e.Name, Mode: int64(e.Mode.Perm()), Size: e.Size, ModTime: time.Unix(0, 0)}
	if err := a.tar.WriteHeader(h); err != nil {
		return err
	}
	return copyAll(a.tar, content, a.buf)
}

func (a *tarArchive) close() error {
	err := a.tar.Close()
	if a.gzip != nil {
		err = errors.Join(err, a.gzip.Close())
	}
	return err
}

// copyAll copies through buf only: neither side's own shortcut may bypass the checks of the other.
func copyAll(w io.Writer, r io.Reader, buf []byte) error {
	_, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{r}, buf)
	return err
}
