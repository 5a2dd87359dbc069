package bundle

import (
	"archive/zip"
	"bytes"
	"hash/crc32"
	"io"
	"math"

	"github.com/klauspost/compress/flate"
)

// smallFile is up to what size a file is compressed in memory, so that it is known whether that pays before its header goes out.
const smallFile = 1 << 20

// Values of zip's headers, by APPNOTE.TXT 4.4.
const (
	flagEncrypted  = 1 << 0
	flagDescriptor = 1 << 3 // sizes and checksum follow the content
	flagUTF8       = 1 << 11
	version20      = 20 // folders and deflate
	version45      = 45 // zip64
)

// zipArchive writes zip: names in UTF-8 and marked so, Unix modes, no extra fields but zip64's. It compresses by itself and gives archive/zip
// what is packed already: archive/zip ends an entry's compression only when the next one begins.
type zipArchive struct {
	zip     *zip.Writer
	deflate *flate.Writer
	raw     bytes.Buffer // a small file
	packed  bytes.Buffer // the same, compressed
	buf     []byte
}

func newZip(w io.Writer) (*zipArchive, error) {
	d, err := flate.NewWriter(nil, level)
	if err != nil {
		return nil, err
	}
	return &zipArchive{zip: zip.NewWriter(w), deflate: d, buf: make([]byte, 128<<10)}, nil
}

// header returns an entry's header with all that doesn't depend on content. The time is written as MS-DOS date and time, day one
// of its calendar: the field Modified would add a second, redundant form of it to every entry twice.
func header(e *Entry, name string) *zip.FileHeader {
	h := &zip.FileHeader{Name: name, Flags: flagUTF8, ModifiedDate: 1<<5 | 1 /* 1980-01-01 */}
	h.SetMode(e.Mode)
	h.CreatorVersion |= version20
	h.ReaderVersion = version20
	return h
}

func (a *zipArchive) bare(e *Entry) error {
	if e.Mode.IsDir() {
		_, err := a.zip.CreateRaw(header(e, e.Name+"/"))
		return err
	}
	return a.whole(header(e, e.Name), []byte(e.Link), []byte(e.Link), zip.Store)
}

func (a *zipArchive) file(e *Entry, crc uint32, content *source) error {
	h := header(e, e.Name)
	switch {
	case e.Size <= smallFile:
		return a.small(h, content)
	// archive/zip can't announce a stored file of 4 GiB or more in its local header; deflate's own stored blocks do as well there.
	case e.Size < math.MaxUint32 && !shrinks(content, e.Size, a.deflate):
		return a.stored(h, e, crc, content)
	}
	return a.streamed(h, e, crc, content)
}

// streamed compresses a large file on its way out. How large it gets is known only then, so that follows in a data descriptor.
func (a *zipArchive) streamed(h *zip.FileHeader, e *Entry, crc uint32, content io.Reader) error {
	h.Method, h.Flags = zip.Deflate, h.Flags|flagDescriptor
	w, err := a.zip.CreateRaw(h)
	if err != nil {
		return err
	}
	var packed counter
	a.deflate.Reset(io.MultiWriter(w, &packed))
	if err := copyAll(a.deflate, content, a.buf); err != nil {
		return err
	}
	if err := a.deflate.Close(); err != nil {
		return err
	}
	// archive/zip writes the descriptor from here when the next entry begins.
	h.CRC32, h.UncompressedSize64, h.CompressedSize64 = crc, uint64(e.Size), uint64(packed)
	h.UncompressedSize, h.CompressedSize = uint32(min(e.Size, math.MaxUint32)), uint32(min(packed, math.MaxUint32))
	if e.Size >= math.MaxUint32 || packed >= math.MaxUint32 {
		h.ReaderVersion = version45
	}
	return nil
}

// small compresses a file in memory and stores it where that gains nothing.
func (a *zipArchive) small(h *zip.FileHeader, content io.Reader) error {
	a.raw.Reset()
	if err := copyAll(&a.raw, content, a.buf); err != nil {
		return err
	}
	a.packed.Reset()
	a.deflate.Reset(&a.packed)
	if _, err := a.deflate.Write(a.raw.Bytes()); err != nil {
		return err
	}
	if err := a.deflate.Close(); err != nil {
		return err
	}
	if a.packed.Len() < a.raw.Len() {
		return a.whole(h, a.raw.Bytes(), a.packed.Bytes(), zip.Deflate)
	}
	return a.whole(h, a.raw.Bytes(), a.raw.Bytes(), zip.Store)
}

// whole adds an entry that is all there: its header says its sizes, so readers need no data descriptor.
func (a *zipArchive) whole(h *zip.FileHeader, raw, body []byte, method uint16) error {
	h.Method, h.CRC32 = method, crc32.ChecksumIEEE(raw)
	h.UncompressedSize64, h.CompressedSize64 = uint64(len(raw)), uint64(len(body))
	w, err := a.zip.CreateRaw(h)
	if err != nil {
		return err
	}
	_, err = w.Write(body)
	return err
}

// stored adds a large file as it is. Readers that stream can't find the end of a stored entry whose header doesn't say it, so
// the checksum from the scan goes into the header; the source's own check makes sure that it is right.
func (a *zipArchive) stored(h *zip.FileHeader, e *Entry, crc uint32, content io.Reader) error {
	h.Method, h.CRC32 = zip.Store, crc
	h.UncompressedSize64, h.CompressedSize64 = uint64(e.Size), uint64(e.Size)
	w, err := a.zip.CreateRaw(h)
	if err != nil {
		return err
	}
	return copyAll(w, content, a.buf)
}

func (a *zipArchive) close() error { return a.zip.Close() }
